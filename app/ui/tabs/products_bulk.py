"""Changing the whole filtered list of products: previewed, carried out in one piece, and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup
from psycopg import Connection

from app.errors import InputError, NotFoundError
from app.repositories.bulk_changes import BulkChange, BulkChangesRepository, Plan, PlannedChange, Preview
from app.repositories.products import ProductsRepository
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.handlers import guarded
from app.ui.listing import Shown
from app.ui.tabs import products_filters
from app.workspace import Workspace

_KINDS = [("Price by percent", "price"), ("Status", "status"), ("Category", "category")]
_ENDINGS = [("To .99", "0.99"), ("To .95", "0.95"), ("To whole amounts", "whole"), ("To cents", "cents")]
_STATUSES = [("Active", "true"), ("Inactive", "false")]


@dataclass(frozen=True, slots=True)
class BulkPanel:
    """The panel below the filters; `planned` is what was previewed: the plan, and the products it was for."""

    open: gr.Button
    panel: gr.Column
    kind: gr.Dropdown
    percent: gr.Textbox
    ending: gr.Dropdown
    status: gr.Dropdown
    category: gr.Dropdown
    preview: gr.Button
    close: gr.Button
    told: gr.HTML
    examples: Grid
    apply: gr.Button
    take_back: gr.Button
    changes: Grid
    planned: gr.State
    chosen: gr.State

    @property
    def plan(self) -> list[Any]:
        return [self.kind, self.percent, self.ending, self.status, self.category]

    @property
    def outputs(self) -> list[Any]:
        return [self.planned, self.told, self.examples, self.apply, self.take_back, self.changes]


def place_button() -> gr.Button:
    """The button beside the search, for managers."""
    return gr.Button("Change all\u2026", scale=0, min_width=120, visible=False, elem_id="products-bulk-open")


def place(button: gr.Button) -> BulkPanel:
    """Create the panel."""
    with gr.Column(visible=False, elem_classes="card", elem_id="products-bulk") as panel:
        with gr.Row():
            kind = gr.Dropdown(_KINDS, value="price", label="Change", min_width=150)
            percent = gr.Textbox("", label="Percent", placeholder="5 or -10", max_lines=1, min_width=110)
            ending = gr.Dropdown(_ENDINGS, value="0.99", label="Rounding", min_width=150)
            status = gr.Dropdown(_STATUSES, value="false", label="New status", min_width=130, visible=False)
            category = gr.Dropdown([], label="New category", min_width=200, visible=False)
            preview = gr.Button("Preview", variant="primary", scale=0, min_width=110)
            close = gr.Button("Close", scale=0, min_width=90, elem_classes="closes")
        told = panels.view(elem_id="products-bulk-told")
        examples = Grid(
            [
                Column("sku", "SKU", is_hidden_on_phone=True),
                Column("name", "Product"),
                Column("before", "Before", align="right"),
                Column("after", "After", align="right"),
                Column("cost", "Cost", align="right", is_hidden_on_phone=True),
            ],
            label="Examples",
            row_key="product_id",
            opens="products",
            elem_id="products-bulk-examples",
            visible=False,
        )
        apply = gr.Button("Change them", variant="primary", visible=False, scale=0, min_width=150)
        take_back = gr.Button("Take it back", variant="stop", visible=False, scale=0, min_width=150)
        changes = Grid(
            [
                Column("what", "Change"),
                Column("products", "Products", "integer"),
                Column("changed_at", "When", "timestamp", is_hidden_on_phone=True),
                Column("changed_by", "By", is_hidden_on_phone=True),
                Column("taken_back", "Taken back", value=_taken_back),
            ],
            label="Earlier changes",
            row_key="bulk_change_id",
            empty=("No list has been changed yet", "What is changed here can be taken back later."),
            elem_id="products-bulk-changes",
        )
    return BulkPanel(
        button,
        panel,
        kind,
        percent,
        ending,
        status,
        category,
        preview,
        close,
        told,
        examples,
        apply,
        take_back,
        changes,
        gr.State(None),
        gr.State(0),
    )


def wire(workspace: Workspace, bulk: BulkPanel, navigator: shell.Navigator, refresh: Any) -> None:
    """Connect the panel; `refresh` takes the steps that show the list anew after an event."""

    def open_panel(request: gr.Request) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                categories = [
                    (f"{row.category} / {row.subcategory}", str(row.subcategory_id))
                    for row in ProductsRepository(connection).categories()
                    if row.subcategory_id
                ]
                changes = _changes(bulk, connection)
        except Exception as error:
            return [gr.update(visible=True), gr.skip(), panels.notice(explained(error), "bad"), gr.skip()]
        return [gr.update(visible=True), gr.update(choices=categories), "", changes]

    def show_kind(kind: str) -> list[Any]:
        wanted = {"price": (True, True, False, False), "status": (False, False, True, False)}
        return [gr.update(visible=one) for one in wanted.get(kind, (False, False, False, True))]

    def preview(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        listed = products_filters.ADDRESS.read(key)
        try:
            plan = plan_of(*chosen)
            with workspace.transaction(request) as connection:
                return _previewed(bulk, connection, listed, plan)
        except Exception as error:
            return [None, panels.notice(explained(error), "bad"), *_hidden(), gr.skip()]

    @guarded
    def apply(request: gr.Request, planned: tuple[Shown, Plan, int] | None) -> list[Any]:
        if planned is None:
            raise InputError("Preview the change first.")
        listed, plan, products = planned
        with workspace.transaction(request) as connection:
            numbers = _products(connection, listed)
            if len(numbers) != products:
                raise InputError(
                    f"The list has {len(numbers):,} products by now, not {products:,}. Preview the change again."
                )
            number = BulkChangesRepository(connection).record(product_ids=numbers, plan=plan)
            done = _change(connection, number)
            changes = _changes(bulk, connection)
        text = f"{_pieces(done.products)} changed: {_what(done)}. To take it back, choose it below."
        return [None, panels.notice(text, "good"), *_hidden(), changes]

    def ask(request: gr.Request, event: gr.EventData) -> list[Any]:
        try:
            number = typed.whole_number(str(event._data.get("key", "")), "The number of a change")
            with workspace.transaction(request) as connection:
                done = _change(connection, number)
        except Exception as error:
            return [0, None, panels.notice(explained(error), "bad"), *_hidden(), gr.skip()]
        if done.taken_back_by:
            text = f"Taken back already by {done.taken_back_by}: {_what(done)}."
            return [0, None, panels.notice(text), *_hidden(), gr.skip()]
        text = (
            f"Take back: {_what(done)}, {_pieces(done.products)}, by {done.changed_by}? "
            "Products that somebody has changed since stay as they are."
        )
        hidden = gr.update(visible=False)
        return [number, None, panels.notice(text, "warn"), hidden, hidden, gr.update(visible=True), gr.skip()]

    @guarded
    def take_back(request: gr.Request, number: int) -> list[Any]:
        with workspace.transaction(request) as connection:
            repository = BulkChangesRepository(connection)
            repository.take_back(bulk_change_id=number)
            done = _change(connection, number)
            left = [row.name for row in repository.remaining(bulk_change_id=number)]
            changes = _changes(bulk, connection)
        text = f"As before: {_pieces(done.products - done.remaining)}."
        if left:
            more = f" and {done.remaining - len(left):,} more" if done.remaining > len(left) else ""
            text += f" Changed since, and left as they are: {', '.join(left)}{more}."
        return [None, panels.notice(text, "warn" if left else "good"), *_hidden(), changes]

    bulk.open.click(open_panel, None, [bulk.panel, bulk.category, bulk.told, bulk.changes], **shell.READ)
    bulk.close.click(lambda: gr.update(visible=False), None, bulk.panel, **shell.READ)
    bulk.kind.input(show_kind, bulk.kind, bulk.plan[1:], **shell.READ)
    gr.on(
        [bulk.preview.click, bulk.percent.submit],
        preview,
        [navigator, *bulk.plan],
        bulk.outputs,
        **shell.READ,
    )
    refresh(bulk.apply.click(apply, bulk.planned, bulk.outputs, **shell.SAVE))
    bulk.changes.opened(ask, None, [bulk.chosen, *bulk.outputs], **shell.READ)
    refresh(bulk.take_back.click(take_back, bulk.chosen, bulk.outputs, **shell.SAVE))


def plan_of(kind: str, percent: str, ending: str, status: str, category: str | None) -> Plan:
    """The plan as chosen. InputError for what is none."""
    if kind == "status":
        return Plan("status", target=status)
    if kind == "category":
        if not category:
            raise InputError("Choose the category that the products go to.")
        return Plan("category", target=category)
    text = percent.strip().removesuffix("%").strip()
    amount = typed.amount(text.lstrip("+-\u2212"), "Percent")
    return Plan("price", percent=-amount if text[:1] in ("-", "\u2212") else amount, ending=ending)


def _previewed(bulk: BulkPanel, connection: Connection, listed: Shown, plan: Plan) -> list[Any]:
    company = ReferenceRepository(connection).settings()
    numbers = _products(connection, listed)
    repository = BulkChangesRepository(connection)
    found = repository.preview(product_ids=numbers, plan=plan)
    if not found.changed:
        return [None, panels.notice("None of these products would change.", "warn"), *_hidden(), gr.skip()]
    currency = company.base_currency_code if company else None
    rows = [_example(row, plan, currency) for row in repository.examples(product_ids=numbers, plan=plan)]
    return [
        (listed, plan, len(numbers)),
        panels.notice(_summary(found), "warn" if found.below_cost else "info"),
        gr.update(value=bulk.examples.table(rows), visible=True),
        gr.update(value=f"Change {_pieces(found.changed)}", visible=True),
        gr.update(visible=False),
        gr.skip(),
    ]


def _products(connection: Connection, listed: Shown) -> list[int]:
    """All products of the list, not the page alone."""
    wanted = products_filters.wanted(*listed.values)
    pages = ProductsRepository(connection).stream(wanted=wanted)
    return [row.product_id for page in pages for row in page]


def _summary(found: Preview) -> str:
    text = f"{found.changed:,} of {_pieces(found.products)} of this list would change."
    if found.below_cost:
        text += f" {found.below_cost:,} of them to a price below cost."
    if found.without_price:
        text += f" {found.without_price:,} have no price and stay so."
    return text


def _example(row: PlannedChange, plan: Plan, currency: str | None) -> dict[str, object]:
    def shown(value: str) -> str:
        if plan.kind == "price":
            return written.money(Decimal(value), currency)
        return {"true": "active", "false": "inactive"}.get(value, value)

    after: object = shown(row.new_value)
    if row.is_below_cost:
        after = Markup("{} {}").format(after, panels.pill("below cost", "bad"))
    return {
        "product_id": row.product_id,
        "sku": row.sku,
        "name": row.name,
        "before": shown(row.old_value),
        "after": after,
        "cost": written.money(row.unit_cost, currency),
    }


def _change(connection: Connection, number: int) -> BulkChange:
    found = [row for row in BulkChangesRepository(connection).latest() if row.bulk_change_id == number]
    if not found:
        raise NotFoundError
    return found[0]


def _changes(bulk: BulkPanel, connection: Connection) -> Markup:
    rows = BulkChangesRepository(connection).latest()
    return bulk.changes.table(
        [
            {
                "bulk_change_id": row.bulk_change_id,
                "what": _what(row),
                "products": row.products,
                "changed_at": row.changed_at,
                "changed_by": row.changed_by,
                "taken_back_by": row.taken_back_by,
                "remaining": row.remaining,
            }
            for row in rows
        ]
    )


def _what(change: BulkChange) -> str:
    if change.kind == "status":
        return "made active" if change.target == "true" else "made inactive"
    if change.kind == "category":
        return f"moved to {change.category or 'a category that is gone'}"
    ending = {"cents": "to cents", "whole": "to whole amounts"}.get(
        change.ending or "", f"to {(change.ending or '')[1:]}"
    )
    return f"price {change.percent:+f} %, {ending}"


def _taken_back(row: dict[str, Any]) -> object:
    if row["taken_back_by"] is None:
        return written.MISSING
    return f"by {row['taken_back_by']}" + (f", {row['remaining']:,} left" if row["remaining"] else "")


def _pieces(count: int) -> str:
    return "1 product" if count == 1 else f"{count:,} products"


def _hidden() -> Sequence[Any]:
    """The examples, and the buttons to carry a change out and to take one back."""
    return [gr.update(visible=False)] * 3
