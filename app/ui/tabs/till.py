"""The till: a purchase typed or scanned, priced by the database, recorded once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import gradio as gr
from markupsafe import Markup

from app.errors import CrpmError, InputError
from app.repositories.orders import OrdersRepository, QuotedLine, RecordedOrder
from app.ui import format as written
from app.ui import panels, shell
from app.ui.basket import Basket, TypedBasket
from app.ui.handlers import guarded
from app.ui.insights import is_at_least
from app.ui.picker import Picker, PickerOption
from app.ui.tabs import till_choices, till_customer, till_parked, till_payment
from app.ui.tabs.till_payment import Tender
from app.ui.tabs.till_pricing import Terms, at_store, quote, read_lines, shown, terms
from app.workspace import Workspace

# Tells the basket that its buttons are free again, whether what they asked for was done or refused.
_SAY_ANSWERED = "() => { document.dispatchEvent(new Event('crpm-answered')); }"
_FOR_VIEWERS = Markup('<p class="notice for-viewers">{}</p>').format(
    "Your role sees what a purchase would cost and records none; a clerk does."
)


@dataclass(frozen=True, slots=True)
class Till:
    """The components of the till, in the order of the screen."""

    customer: Picker
    new_customer: till_customer.NewCustomer
    product: Picker
    basket: Basket
    store: gr.Dropdown
    day: gr.Textbox
    currency: gr.Dropdown
    payment: till_payment.PaymentFields
    record: gr.Button
    anew: gr.Button
    note: gr.HTML
    parking: till_parked.Parking
    last_store: gr.BrowserState

    @property
    def terms(self) -> list[Any]:
        return [self.store, self.day, self.currency]

    @property
    def emptied(self) -> list[Any]:
        """What `_emptied` gives values for."""
        return [self.basket, self.customer, self.parking.note, *self.payment.outputs, self.note]


def place(workspace: Workspace) -> Till:
    """Create the components."""
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            with gr.Row():
                customer = Picker(
                    label="Customer",
                    search=lambda query: till_choices.find_customers(workspace, query),
                    placeholder="Walk-in, or type a name",
                    min_width=240,
                    elem_id="till-customer",
                )
                open_form = till_customer.place_button()
                product = Picker(
                    label="Product",
                    search=lambda query: till_choices.find_products(workspace, query),
                    placeholder="Scan a barcode, or type a name or SKU",
                    min_width=240,
                    elem_id="till-product",
                )
            new_customer = till_customer.place_form(open_form)
            basket = Basket(elem_id="till-basket", picker_id="till-product", record_button_id="till-record")
        with gr.Column(scale=1, min_width=260):
            with gr.Column(elem_classes="card"):
                store = gr.Dropdown([], label="Store", elem_id="till-store")
                day = gr.Textbox("", label="Date", placeholder="Today", max_lines=1, elem_id="till-day")
                currency = gr.Dropdown([], label="Currency", elem_id="till-currency")
                payment = till_payment.place()
                record = gr.Button(
                    "Record purchase",
                    variant="primary",
                    elem_id="till-record",
                    elem_classes=["takes-basket", "for-clerks"],
                )
                panels.view(_FOR_VIEWERS)
                anew = gr.Button("Start over", elem_id="till-anew")
                note = panels.view(elem_id="till-note")
            with gr.Column(elem_classes=["card", "for-clerks"]):
                parking = till_parked.place()
    # Nothing worth hiding: the key only has to stay the same, so that the choice outlives a restart.
    last_store = gr.BrowserState(None, storage_key="crpm-store", secret="crpm-store")  # noqa: S106 - keeps nothing secret  # nosec B106
    return Till(
        customer=customer,
        new_customer=new_customer,
        product=product,
        basket=basket,
        store=store,
        day=day,
        currency=currency,
        payment=payment,
        record=record,
        anew=anew,
        note=note,
        parking=parking,
        last_store=last_store,
    )


def wire(workspace: Workspace, till: Till) -> None:
    """Connect the components."""
    _wire_prices(workspace, till)
    _wire_recording(workspace, till)
    _wire_parking(workspace, till)
    till_customer.wire(workspace, till.new_customer, till.store, till.customer, till.product)

    def scope(store: int | None, currency: str) -> Any:
        return till.product.limit(f"{store or ''}/{currency or ''}")

    for changed in (till.store.change, till.currency.change):
        changed(scope, [till.store, till.currency], till.product, **shell.READ)
    till.store.input(lambda store: store, till.store, till.last_store, **shell.READ)


def _wire_prices(workspace: Workspace, till: Till) -> None:
    quoted_by = [till.basket, *till.terms]

    def prices(
        basket: TypedBasket, store: int | None, day: str, currency: str, request: gr.Request
    ) -> list[QuotedLine]:
        return quote(workspace, basket, (store, day, currency), request)

    def price(
        request: gr.Request, basket: TypedBasket, store: int | None, day: str, currency: str, *paid: str
    ) -> tuple[Any, Any]:
        has_own_prices = is_at_least(workspace.actor(request).role, "crpm_manager")
        try:
            quoted = prices(basket, store, day, currency, request)
        except CrpmError as error:
            refused = till.basket.show(
                basket, total=written.MISSING, message=str(error), has_own_prices=has_own_prices
            )
            return refused, ""
        due = till_payment.due(till_payment.read(*paid), quoted)
        return shown(till.basket, basket, quoted, has_own_prices=has_own_prices), due

    till_payment.wire(till.payment, prices, quoted_by)
    inputs, outputs = [*quoted_by, *till.payment.inputs], [till.basket, till.payment.due]
    # Each change is asked about at once: the basket takes the answer that fits what is typed by then.
    till.basket.changed(price, inputs, outputs, **shell.READ | {"trigger_mode": "multiple"})
    for changed in (
        till.day.submit,
        till.day.blur,
        till.store.change,
        till.currency.change,
        *(field.change for field in till.payment.inputs),
    ):
        changed(price, inputs, outputs, **shell.READ)


def _wire_recording(workspace: Workspace, till: Till) -> None:
    @guarded
    def save(
        request: gr.Request,
        basket: TypedBasket,
        customer: str | None,
        store: int | None,
        day: str,
        currency: str,
        *paid: str,
    ) -> list[Any]:
        tender = till_payment.read(*paid)
        order, change = record(workspace, basket, customer, tender, terms(store, day, currency), request)
        text = f"Recorded {order.order_number}: {written.money(order.total_amount, order.currency_code)}"
        link = panels.link(text + change, "purchases", f"{store}-{order.order_id}")
        receipt = panels.documents([("Receipt", f"receipts/{store}-{order.order_id}")])
        listed = till_parked.read(workspace, store, basket, request)
        return [*_emptied(till, tender, panels.notice(link + receipt, "good")), listed]

    till.record.click(
        save,
        [till.basket, till.customer, *till.terms, *till.payment.inputs],
        [*till.emptied, till.parking.listed],
        **shell.SAVE,
    ).then(None, js=_SAY_ANSWERED)
    till.anew.click(
        lambda *paid: _emptied(till, till_payment.read(*paid), ""),
        till.payment.inputs,
        till.emptied,
        **shell.READ,
    )


def _wire_parking(workspace: Workspace, till: Till) -> None:
    listed = till.parking.listed

    def read(store: int | None, basket: TypedBasket, request: gr.Request) -> Any:
        return till_parked.read(workspace, store, basket, request)

    @guarded
    def park(
        request: gr.Request,
        basket: TypedBasket,
        customer: str | None,
        store: int | None,
        day: str,
        currency: str,
        note: str,
        *paid: str,
    ) -> list[Any]:
        around = (_customer_id(customer), currency, day, note)
        till_parked.park(workspace, basket, at_store(terms(store, day, currency)), around, request)
        told = panels.notice("Parked. It can be taken up at any till of this store.", "info")
        return [*_emptied(till, till_payment.read(*paid), told), read(store, basket, request)]

    @guarded
    def take_up(
        basket: TypedBasket, store: int | None, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        chosen = at_store(Terms(store, None, None))
        taken = till_parked.take_up(workspace, basket, chosen, event, request)
        customer = (
            PickerOption(str(taken.customer_id), taken.customer or "")
            if taken.customer_id is not None
            else None
        )
        told = panels.notice(
            "Taken up. It stays parked for this till until it is recorded or discarded.", "info"
        )
        return (
            till.basket.take_up(taken.basket, taken.product_names),
            customer,
            taken.day,
            taken.currency,
            taken.note,
            told,
            read(store, basket, request),
        )

    @guarded
    def discard(basket: TypedBasket, store: int | None, event: gr.EventData, request: gr.Request) -> Any:
        till_parked.discard(workspace, basket, at_store(Terms(store, None, None)), event, request)
        return read(store, basket, request)

    at_till = [till.store, till.basket]
    for changed in (till.store.change, listed.refreshed):
        changed(read, at_till, listed, **shell.READ)
    till.parking.park.click(
        park,
        [till.basket, till.customer, *till.terms, till.parking.note, *till.payment.inputs],
        [*till.emptied, listed],
        **shell.SAVE,
    ).then(None, js=_SAY_ANSWERED)
    listed.taken(
        take_up,
        [till.basket, till.store],
        [till.basket, till.customer, till.day, till.currency, till.parking.note, till.note, listed],
        **shell.SAVE,
    ).then(None, js=_SAY_ANSWERED)
    listed.discarded(discard, [till.basket, till.store], listed, **shell.SAVE)


def _emptied(till: Till, tender: Tender, told: Any) -> list[Any]:
    """Values for `till.emptied` for the next purchase, with what is told of the last one."""
    return [till.basket.start_anew(), None, "", *till_payment.anew(tender), told]


def record(
    workspace: Workspace,
    basket: TypedBasket,
    customer: str | None,
    tender: Tender,
    chosen: Terms,
    request: gr.Request | None,
) -> tuple[RecordedOrder, str]:
    """Record what was typed and is paid by `tender`; the order, and what to say of the change. Raises CrpmError."""
    lines, discount = read_lines(basket)
    try:
        request_id = UUID(basket.request_id)
    except ValueError:
        raise InputError("The page has lost count of this purchase. Start over.") from None
    with workspace.transaction(request) as connection:
        order = OrdersRepository(connection).record(
            store_id=at_store(chosen),
            lines=lines,
            request_id=request_id,
            customer_id=_customer_id(customer),
            order_date=chosen.order_date,
            currency_code=chosen.currency_code,
            order_discount=discount,
            payment_method=tender.method or None,
            payments=tender.payments(),
        )
        # Too little cash takes the whole purchase back.
        return order, till_payment.change_told(tender, order)


def _customer_id(picked: str | None) -> int | None:
    return int(picked) if picked and picked.isascii() and picked.isdigit() else None
