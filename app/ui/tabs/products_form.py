"""The form that adds a product or edits one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import ChangedMeanwhileError, InputError
from app.repositories.products import ProductDetails, ProductsRepository, TaxClass
from app.repositories.reference import ReferenceRepository
from app.repositories.stock import StockRepository
from app.ui import format as written
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.insights import is_at_least
from app.ui.tabs import products_changes, products_input
from app.ui.tabs.products_input import LABELS, Opened, TypedProduct
from app.ui.tabs.products_opening import OpeningCounts, counted
from app.workspace import Workspace

_BELOW_COST = "The price is below the cost: every piece sold would lose money."
# Enter in one of these saves; in Barcodes it does not, since that is what a scanner sends.
_ENTER_SAVES = ("name", "sku", "brand", "color", "unit_price", "unit_cost", "reorder_point")


@dataclass(frozen=True, slots=True)
class ProductForm:
    """The components of the form, and what it was opened with."""

    column: gr.Column
    opened: gr.State
    head: gr.HTML
    fields: dict[str, Any]
    opening: gr.Column
    counts: OpeningCounts
    note: gr.HTML
    save: gr.Button
    save_anyway: gr.Button
    cancel: gr.Button

    @property
    def inputs(self) -> list[Any]:
        return [self.opened, self.counts, *self.fields.values()]

    @property
    def outputs(self) -> list[Any]:
        return [
            self.opened,
            self.head,
            *self.fields.values(),
            self.opening,
            self.counts,
            self.note,
            self.save,
            self.save_anyway,
        ]


def place() -> ProductForm:
    """Create the components."""
    with gr.Column(visible=False, elem_id="product-form") as column:
        head = panels.view()
        with gr.Column(elem_classes="card"):
            fields = _place_fields()
            with gr.Column() as opening:
                panels.view(
                    Markup("<h3>Opening stock</h3><p>Pieces counted at each store; empty where none is.</p>")
                )
                counts = OpeningCounts(elem_id="product-opening")
            note = panels.view(elem_id="product-note")
            with gr.Row():
                save = gr.Button("Save", variant="primary", scale=0, min_width=120, elem_id="product-save")
                anyway = gr.Button(
                    "Save anyway", scale=0, min_width=120, visible=False, elem_id="product-save-anyway"
                )
                cancel = gr.Button("Cancel", scale=0, min_width=100, elem_id="product-cancel")
    return ProductForm(column, gr.State(None), head, fields, opening, counts, note, save, anyway, cancel)


def _place_fields() -> dict[str, Any]:
    def text(
        name: str, *, placeholder: str = "", scale: int = 1, min_width: int = 150, lines: int = 1
    ) -> gr.Textbox:
        return gr.Textbox(
            "",
            label=LABELS[name],
            placeholder=placeholder,
            lines=lines,
            max_lines=lines,
            scale=scale,
            min_width=min_width,
            elem_id=f"product-{name.replace('_', '-')}",
            # What the browser has seen typed elsewhere is not this product's.
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )

    def choice(name: str, *, scale: int = 1) -> gr.Dropdown:
        return gr.Dropdown(
            [],
            label=LABELS[name],
            allow_custom_value=True,
            scale=scale,
            min_width=150,
            elem_id=f"product-{name.replace('_', '-')}",
        )

    with gr.Row():
        name = text("name", scale=3, min_width=260)
        sku = text("sku", placeholder="Proposed if left empty")
        brand = text("brand")
        color = text("color")
    with gr.Row():
        # One field for both: Gradio's list breaks where its choices become fewer while it is open.
        category = choice("category", scale=2)
        tax_class = choice("tax_class")
    with gr.Row():
        price = text("unit_price", placeholder="1,299.00")
        cost = text("unit_cost", placeholder="700.00")
        reorder_point = text("reorder_point", placeholder="0")
    barcodes = text("barcodes", placeholder="One a line; scan them here", lines=2)
    return {
        "name": name,
        "sku": sku,
        "brand": brand,
        "color": color,
        "category": category,
        "tax_class": tax_class,
        "unit_price": price,
        "unit_cost": cost,
        "reorder_point": reorder_point,
        "barcodes": barcodes,
    }


def wire(workspace: Workspace, form: ProductForm, context: shell.TabContext) -> None:
    """Connect the components."""

    def try_to_save(
        request: gr.Request, opened: Opened, counts: Mapping[int, str], values: Sequence[Any], *, anyway: bool
    ) -> tuple[Any, Any, Any]:
        hidden = gr.update(visible=False)
        try:
            read = products_input.product(dict(zip(form.fields, values, strict=True)), opened)
            opening = counted(counts)
            if not anyway and (doubts := _doubts(read, opened)):
                return panels.notice(doubts, "warn"), gr.update(visible=True), None
            product_id = save(workspace, opened, read, opening, request)
        except ChangedMeanwhileError:
            return meanwhile(workspace, opened, request), hidden, None
        except Exception as error:
            return panels.notice(explained(error), "bad"), hidden, None
        return "", hidden, context.go("products", product_id)

    def save_now(request: gr.Request, opened: Opened, counts: Mapping[int, str], *values: Any) -> Any:
        return try_to_save(request, opened, counts, values, anyway=False)

    def save_anyway(request: gr.Request, opened: Opened, counts: Mapping[int, str], *values: Any) -> Any:
        return try_to_save(request, opened, counts, values, anyway=True)

    # Gradio runs this without the session: it sees neither the state nor choices that came later.
    def check(_opened: Any, _counts: Any, *values: Any) -> list[Any]:
        found = products_input.problems(dict(zip(form.fields, values, strict=True)))
        messages = ["", "", *(found.get(name, "") for name in form.fields)]
        return [gr.validate(is_valid=not message, message=message) for message in messages]

    outputs = [form.note, form.save_anyway, context.navigator]
    enter = [form.fields[name].submit for name in _ENTER_SAVES]
    gr.on([form.save.click, *enter], save_now, form.inputs, outputs, validator=check, **shell.SAVE)
    form.save_anyway.click(save_anyway, form.inputs, outputs, validator=check, **shell.SAVE)
    form.cancel.click(
        lambda opened: context.go("products", opened.product.product_id if opened.product else ""),
        form.opened,
        context.navigator,
        **shell.READ,
    )


def _doubts(read: TypedProduct, opened: Opened) -> str:
    """What to ask before this is saved; nothing where it is as usual."""
    category = products_input.written_category(read.category, read.subcategory)
    found = [
        f"There is no category {category} yet; saving adds it."
        * products_input.is_new_category(read, opened),
        _BELOW_COST * products_input.is_below_cost(read, opened),
    ]
    return " ".join([*filter(None, found), "Is that meant?"]) if any(found) else ""


def save(
    workspace: Workspace,
    opened: Opened,
    read: TypedProduct,
    counts: Mapping[int, int],
    request: gr.Request | None,
) -> int:
    """Add the product, or change it as it was when the form was opened, in one transaction; its id.

    `counts` is the opening stock of a new product, by store. Raises CrpmError with nothing saved.
    """
    with workspace.transaction(request) as connection:
        products = ProductsRepository(connection)
        details = ProductDetails(
            sku=read.sku or products.propose_sku(),
            name=read.name,
            brand=read.brand,
            color=read.color,
            subcategory_id=products.find_or_add_subcategory(
                category=read.category, subcategory=read.subcategory
            ),
            tax_class_id=_tax_class_id(products, read.tax_class),
            reorder_point=read.reorder_point,
        )
        if opened.product is None:
            product_id = products.add(details=details)
            stock = StockRepository(connection)
            for store_id, count in counts.items():
                stock.open(store_id=store_id, product_id=product_id, quantity=Decimal(count))
        else:
            product_id = opened.product.product_id
            products.update(product_id=product_id, row_version=opened.product.row_version, details=details)
        products.set_barcodes(product_id=product_id, barcodes=read.barcodes)
        if read.new_price is not None:
            products.add_price(
                product_id=product_id, currency_code=opened.currency_code, unit_price=read.new_price
            )
        if read.new_cost is not None:
            products.add_cost(product_id=product_id, unit_cost=read.new_cost)
    return product_id


def _tax_class_id(products: ProductsRepository, name: str) -> int:
    for one in products.tax_classes():
        if one.name == name:
            return one.tax_class_id
    raise InputError(f"There is no tax class {name}. Choose one of the list.")


def meanwhile(workspace: Workspace, opened: Opened, request: gr.Request | None) -> Markup:
    """What somebody else has changed since the form was opened."""
    before = opened.product
    if before is None:
        raise InputError("This product is new.")
    with workspace.transaction(request) as connection:
        repository = ProductsRepository(connection)
        now = repository.get(product_id=before.product_id)
        changes = repository.changes(product_id=before.product_id, limit=1)
    who = changes[0].changed_by if changes and changes[0].changed_at >= now.updated_at else "somebody else"
    return panels.notice(
        Markup(
            "Not saved: {} changed this product at {}. <bdi>{}</bdi>. What you typed is still here; "
            "{} to edit the product as it is now."
        ).format(
            who,
            written.timestamp(now.updated_at),
            products_changes.since(before, now) or "Its cost may be another",
            panels.link("begin again", "products", f"{before.product_id}-edit"),
        ),
        "warn",
    )


def read(
    workspace: Workspace, form: ProductForm, product_id: int | None, request: gr.Request | None
) -> list[Any]:
    """New values for the form's outputs: of a product, or empty for a new one."""
    try:
        if not is_at_least(workspace.actor(request).role, "crpm_manager"):
            raise InputError("Only a manager may add and change products.")
        with workspace.transaction(request) as connection:
            products, reference = ProductsRepository(connection), ReferenceRepository(connection)
            company = reference.settings()
            if company is None:
                raise InputError("Set up your company first, on Settings: prices are in its base currency.")
            stores, categories = reference.stores(), products.categories()
            tax_classes = products.tax_classes()
            product = products.get(product_id=product_id) if product_id else None
            cost = products.costs(product_ids=[product_id]).get(product_id) if product_id else None
    except Exception as error:
        failed = panels.stack(
            panels.heading("Product", back="products"),
            panels.error_state("The product cannot be edited", explained(error)),
        )
        hidden, kept = gr.update(visible=False), gr.skip()
        return [
            Opened(None, None, "", {}),
            failed,
            *[kept] * len(form.fields),
            kept,
            kept,
            "",
            gr.update(interactive=False),
            hidden,
        ]
    written_as = {
        products_input.written_category(row.category, row.subcategory): (row.category, row.subcategory)
        for row in categories
        if row.subcategory
    }
    opened = Opened(product, cost, company.base_currency_code, written_as)
    return [
        opened,
        panels.heading(product.name if product else "New product", back="products"),
        *_values(opened, tax_classes).values(),
        gr.update(visible=product is None and bool(stores)),
        form.counts.show([] if product else stores),
        "",
        gr.update(interactive=True, value="Save" if product else "Add product"),
        gr.update(visible=False),
    ]


def _values(opened: Opened, tax_classes: Sequence[TaxClass]) -> dict[str, Any]:
    """What stands in each field, in the order of the form."""
    product = opened.product
    choices = [one.name for one in tax_classes]
    values = {name: getattr(product, name, None) or "" for name in LABELS}
    return values | {
        "category": gr.update(
            choices=list(opened.categories),
            value=products_input.written_category(product.category, product.subcategory) if product else None,
        ),
        "tax_class": gr.update(
            choices=choices, value=product.tax_class if product else next(iter(choices), None)
        ),
        "unit_price": gr.update(
            value=_amount(opened.unit_price), label=f"{LABELS['unit_price']} ({opened.currency_code})"
        ),
        "unit_cost": gr.update(
            value=_amount(opened.unit_cost), label=f"{LABELS['unit_cost']} ({opened.currency_code})"
        ),
        "reorder_point": f"{product.reorder_point:,}" if product else "",
        "barcodes": "\n".join(product.barcodes) if product else "",
    }


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,f}"
