"""The till: a purchase typed or scanned, priced by the database, recorded once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import gradio as gr

from app.errors import InputError
from app.repositories.orders import OrdersRepository, RecordedOrder
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui import panels, shell
from app.ui.basket import Basket, TypedBasket
from app.ui.handlers import guarded
from app.ui.picker import Picker, PickerOption, PickerQuery
from app.ui.tabs.till_pricing import Terms, at_store, priced, read_lines, terms
from app.workspace import Workspace

_PAYMENTS = [
    ("Cash", "cash"),
    ("Card", "card"),
    ("Transfer", "transfer"),
    ("Voucher", "voucher"),
    ("Other", "other"),
    ("On account", ""),
]
# Tells the basket that the record button is free again, whether the purchase was recorded or refused.
_SAY_RECORDED = "() => { document.dispatchEvent(new Event('crpm-recorded')); }"


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
    anew: gr.Button
    note: gr.HTML
    last_store: gr.BrowserState

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
                    min_width=240,
                    elem_id="till-customer",
                )
                product = Picker(
                    label="Product",
                    search=lambda query: find_products(workspace, query),
                    placeholder="Scan a barcode, or type a name or SKU",
                    min_width=240,
                    elem_id="till-product",
                )
            basket = Basket(elem_id="till-basket", picker_id="till-product", record_button_id="till-record")
        with gr.Column(scale=1, min_width=260, elem_classes="card"):
            store = gr.Dropdown([], label="Store", elem_id="till-store")
            day = gr.Textbox("", label="Date", placeholder="Today", max_lines=1, elem_id="till-day")
            currency = gr.Dropdown([], label="Currency", elem_id="till-currency")
            payment = gr.Dropdown(_PAYMENTS, value="cash", label="Paid by", elem_id="till-payment")
            record = gr.Button("Record purchase", variant="primary", elem_id="till-record")
            anew = gr.Button("Start over", elem_id="till-anew")
            note = panels.view(elem_id="till-note")
    # Nothing worth hiding: the key only has to stay the same, so that the choice outlives a restart.
    last_store = gr.BrowserState(None, storage_key="crpm-store", secret="crpm-store")  # noqa: S106
    return Till(customer, product, basket, store, day, currency, payment, record, anew, note, last_store)


def wire(workspace: Workspace, till: Till) -> None:
    """Connect the components."""

    def price(basket: TypedBasket, store: int | None, day: str, currency: str, request: gr.Request) -> Any:
        return priced(workspace, till.basket, basket, (store, day, currency), request)

    def scope(store: int | None, currency: str) -> Any:
        return till.product.limit(f"{store or ''}/{currency or ''}")

    @guarded
    def save(
        basket: TypedBasket,
        customer: str | None,
        payment: str,
        store: int | None,
        day: str,
        currency: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        chosen = terms(store, day, currency)
        order = record(workspace, basket, customer, payment, chosen, request)
        text = f"Recorded {order.order_number}: {written.money(order.total_amount, order.currency_code)}"
        link = panels.link(text, "purchases", f"{store}-{order.order_id}")
        return till.basket.start_anew(), None, panels.notice(link, "good")

    # Each change is asked about at once: the basket takes the answer that fits what is typed by then.
    till.basket.changed(
        price, [till.basket, *till.terms], till.basket, **shell.READ | {"trigger_mode": "multiple"}
    )
    for changed in (till.day.submit, till.day.blur, till.store.change, till.currency.change):
        changed(price, [till.basket, *till.terms], till.basket, **shell.READ)
    for changed in (till.store.change, till.currency.change):
        changed(scope, [till.store, till.currency], till.product, **shell.READ)
    till.store.input(lambda store: store, till.store, till.last_store, **shell.READ)
    till.record.click(
        save,
        [till.basket, till.customer, till.payment, *till.terms],
        [till.basket, till.customer, till.note],
        **shell.SAVE,
    ).then(None, js=_SAY_RECORDED)
    till.anew.click(
        lambda: (till.basket.start_anew(), None, ""),
        outputs=[till.basket, till.customer, till.note],
        **shell.READ,
    )


def choices(
    workspace: Workspace, store: int | None, currency: str, last_store: Any, request: gr.Request
) -> tuple[Any, Any]:
    """The stores and currencies to choose from, as they are now; a choice that is still there stays.

    Without a choice the store is the one that this browser was at last.
    """
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
            value=next((wanted for wanted in (store, last_store) if wanted in ids), next(iter(ids), None)),
        ),
        gr.update(choices=codes, value=currency or ""),
    )


def record(
    workspace: Workspace,
    basket: TypedBasket,
    customer: str | None,
    payment: str,
    chosen: Terms,
    request: gr.Request | None,
) -> RecordedOrder:
    """Record what was typed, paid in one sum by `payment` (empty: on account). Raises CrpmError."""
    lines, discount = read_lines(basket)
    try:
        request_id = UUID(basket.request_id)
    except ValueError:
        raise InputError("The page has lost count of this purchase. Start over.") from None
    with workspace.transaction(request) as connection:
        return OrdersRepository(connection).record(
            store_id=at_store(chosen),
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
    """Products for the picker, with their price and what is on hand at the till's store."""
    store, _, currency = query.scope.partition("/")
    store_id = int(store) if store.isascii() and store.isdigit() and len(store) < 19 else None
    with workspace.transaction(query.request) as connection:
        found = OrdersRepository(connection).pick_products(
            text=query.text, store_id=store_id, currency_code=currency or None
        )
    return [
        PickerOption(
            str(row.product_id),
            row.name,
            f"{row.sku} \u00b7 {written.money(row.unit_price, row.currency_code)}"
            f" \u00b7 {written.integer(row.on_hand)} on hand",
            row.is_exact,
        )
        for row in found
    ]
