"""The till: a purchase typed or scanned, priced by the database, recorded once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import gradio as gr

from app.errors import CrpmError, InputError
from app.repositories.orders import OrdersRepository, RecordedOrder
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui import panels, shell
from app.ui.basket import Basket, TypedBasket, TypedLine
from app.ui.handlers import guarded
from app.ui.picker import Picker, PickerOption, PickerQuery
from app.ui.tabs.till_pricing import Terms, priced, read_lines, terms
from app.workspace import Workspace

_PAYMENTS = [
    ("Cash", "cash"),
    ("Card", "card"),
    ("Transfer", "transfer"),
    ("Voucher", "voucher"),
    ("Other", "other"),
    ("On account", ""),
]
# A code that was typed or scanned in full stays in the product field, ready for the next scan.
_SCANNED = "scanned:"


@dataclass(frozen=True, slots=True)
class Till:
    """The components of the till, in the order of the screen."""

    customer: Picker
    product: Picker
    basket: Basket
    store: gr.Dropdown
    day: gr.Textbox
    currency: gr.Dropdown
    payment: gr.Dropdown
    record: gr.Button
    note: gr.HTML
    request_id: gr.State

    @property
    def terms(self) -> list[Any]:
        return [self.store, self.day, self.currency]


def place(workspace: Workspace) -> Till:
    """Create the components."""
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            with gr.Row():
                customer = Picker(
                    label="Customer",
                    search=lambda query: find_customers(workspace, query),
                    placeholder="Walk-in, or type a name",
                    elem_id="till-customer",
                )
                product = Picker(
                    label="Product",
                    search=lambda query: find_products(workspace, query),
                    placeholder="Scan a barcode, or type a name or SKU",
                    elem_id="till-product",
                )
            basket = Basket(elem_id="till-basket", picker="till-product", button="till-record")
        with gr.Column(scale=1, min_width=260, elem_classes="card"):
            store = gr.Dropdown([], label="Store", elem_id="till-store")
            day = gr.Textbox("", label="Date", placeholder="Today", max_lines=1, elem_id="till-day")
            currency = gr.Dropdown([], label="Currency", elem_id="till-currency")
            payment = gr.Dropdown(_PAYMENTS, value="cash", label="Paid by", elem_id="till-payment")
            record = gr.Button("Record purchase", variant="primary", elem_id="till-record")
            note = panels.view(elem_id="till-note")
    request_id = gr.State(lambda: str(uuid4()))
    return Till(customer, product, basket, store, day, currency, payment, record, note, request_id)


def wire(workspace: Workspace, till: Till) -> None:
    """Connect the components."""

    def add(
        picked: str | None,
        basket: TypedBasket,
        store: int | None,
        day: str,
        currency: str,
        request: gr.Request,
    ) -> tuple[Any, Any]:
        number, is_scanned = picked_product(picked)
        basket = with_product(basket, number) if number else basket
        shown = show(
            workspace, till.basket, basket, store, day, currency, request, None if is_scanned else number
        )
        return shown, till.product.show(focus=is_scanned or not number)

    def price(basket: TypedBasket, store: int | None, day: str, currency: str, request: gr.Request) -> Any:
        return show(workspace, till.basket, basket, store, day, currency, request, None)

    @guarded
    def save(
        basket: TypedBasket,
        customer: str | None,
        payment: str,
        request_id: str,
        store: int | None,
        day: str,
        currency: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        chosen = terms(store, day, currency)
        order = record(workspace, basket, customer, payment, UUID(request_id), chosen, request)
        text = f"Recorded {order.order_number}: {written.money(order.total_amount, order.currency_code)}"
        link = panels.link(text, "purchases", f"{store}-{order.order_id}")
        return (
            till.basket.show(),
            None,
            till.product.show(focus=True),
            str(uuid4()),
            panels.notice(link, "good"),
        )

    till.product.picked(
        add, [till.product, till.basket, *till.terms], [till.basket, till.product], **shell.READ
    )
    for changed in (
        till.basket.changed,
        till.day.submit,
        till.day.blur,
        till.store.input,
        till.currency.input,
    ):
        changed(price, [till.basket, *till.terms], till.basket, trigger_mode="always_last", **shell.READ)
    till.store.change(
        lambda store: till.product.show(scope=str(store or "")), till.store, till.product, **shell.READ
    )
    till.record.click(
        save,
        [till.basket, till.customer, till.payment, till.request_id, *till.terms],
        [till.basket, till.customer, till.product, till.request_id, till.note],
        **shell.SAVE,
    )


def choices(workspace: Workspace, store: int | None, currency: str, request: gr.Request) -> tuple[Any, Any]:
    """The stores and currencies to choose from, as they are now; a choice that is still there stays."""
    with workspace.transaction(request) as connection:
        reference = ReferenceRepository(connection)
        stores, currencies = reference.stores(), reference.currencies()
    ids = [row.store_id for row in stores]
    codes = [
        ("The store's", ""),
        *((f"{row.currency_code} \u00b7 {row.name}", row.currency_code) for row in currencies),
    ]
    return (
        gr.update(
            choices=[(row.name, row.store_id) for row in stores],
            value=store if store in ids else next(iter(ids), None),
        ),
        gr.update(choices=codes, value=currency or ""),
    )


def show(
    workspace: Workspace,
    view: Basket,
    basket: TypedBasket,
    store: int | None,
    day: str,
    currency: str,
    request: gr.Request,
    focus: int | None,
) -> dict[str, Any]:
    """The basket priced on the terms chosen; a date that is none is said in the basket.

    The first product may come in before the list of stores: then the first store counts, as it will be shown.
    """
    try:
        chosen = terms(store or first_store(workspace, request), day, currency)
    except CrpmError as error:
        return view.show(None, discount=basket.discount, total="\u2014", message=str(error))
    return priced(workspace, view, basket, chosen, request, focus=focus)


def first_store(workspace: Workspace, request: gr.Request) -> int | None:
    """The store that is chosen before anybody has chosen one."""
    with workspace.transaction(request) as connection:
        return next((row.store_id for row in ReferenceRepository(connection).stores()), None)


def record(
    workspace: Workspace,
    basket: TypedBasket,
    customer: str | None,
    payment: str,
    request_id: UUID,
    chosen: Terms,
    request: gr.Request | None,
) -> RecordedOrder:
    """Record what was typed, paid in one sum by `payment` (empty: on account). Raises CrpmError."""
    if chosen.store_id is None:
        raise InputError("Choose a store first. Stores come with your files, or from the first page.")
    lines, discount = read_lines(basket)
    with workspace.transaction(request) as connection:
        return OrdersRepository(connection).record(
            store_id=chosen.store_id,
            lines=lines,
            request_id=request_id,
            customer_id=int(customer) if customer and customer.isascii() and customer.isdigit() else None,
            order_date=chosen.order_date,
            currency_code=chosen.currency_code,
            order_discount=discount,
            payment_method=payment or None,
        )


def find_customers(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Customers for the picker."""
    with workspace.transaction(query.request) as connection:
        found = OrdersRepository(connection).pick_customers(text=query.text)
    return [PickerOption(str(row.customer_id), row.name, row.hint) for row in found]


def find_products(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Products for the picker, with what is on hand at the till's store."""
    store_id = int(query.scope) if query.scope.isascii() and query.scope.isdigit() else None
    with workspace.transaction(query.request) as connection:
        found = OrdersRepository(connection).pick_products(text=query.text, store_id=store_id)
    return [
        PickerOption(
            f"{_SCANNED if row.is_exact else ''}{row.product_id}",
            row.name,
            f"{row.sku} \u00b7 {written.integer(row.on_hand)} on hand",
        )
        for row in found
    ]


def picked_product(value: str | None) -> tuple[int | None, bool]:
    """The picked product's id, and whether its code was typed in full."""
    number = (value or "").removeprefix(_SCANNED)
    return (int(number) if number.isascii() and number.isdigit() else None), (value or "").startswith(
        _SCANNED
    )


def with_product(basket: TypedBasket, product_id: int) -> TypedBasket:
    """The basket with one more of a product: a new line, or its line's quantity and one."""
    if product_id not in {line.product_id for line in basket.lines}:
        return TypedBasket((*basket.lines, TypedLine(product_id, "1", "")), basket.discount)
    return TypedBasket(
        tuple(
            TypedLine(line.product_id, str(int(line.quantity) + 1), line.discount)
            if line.product_id == product_id and line.quantity.isascii() and line.quantity.isdigit()
            else line
            for line in basket.lines
        ),
        basket.discount,
    )
