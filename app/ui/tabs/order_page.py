"""The page of one order: what was bought, what happened since, and what may still be done."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import gradio as gr
from markupsafe import Markup

from app.errors import InputError
from app.repositories.orders import Order, OrderEvent, OrderLine, OrdersRepository, order_ids
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.handlers import guarded
from app.workspace import Workspace

REFUNDS = [("Cash", "cash"), ("Card", "card"), ("Transfer", "transfer"), ("Voucher", "voucher"), ("None", "")]
_REFUND_METHODS = {method for _, method in REFUNDS}
_TITLES = {
    "recorded": "Recorded",
    "payment": "Payment",
    "refund": "Refund",
    "return": "Return",
    "stock": "Stock",
    "cancelled": "Cancelled",
    "delivered": "Delivered",
}
_WARNINGS = {"refund", "return", "cancelled"}


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The components of the page, and which order they show: `store-order`, empty for none."""

    column: gr.Column
    key: gr.State
    head: gr.HTML
    lines: Grid
    story: gr.HTML
    line: gr.Dropdown
    refund: gr.Dropdown
    actions: gr.Row
    cancelling: gr.Column
    delivery: gr.Column

    @property
    def outputs(self) -> list[Any]:
        return [
            self.column,
            self.head,
            self.lines,
            self.story,
            self.line,
            self.refund,
            self.actions,
            self.cancelling,
            self.delivery,
        ]


def place(workspace: Workspace) -> OrderPage:
    """Create and wire the page."""
    key = gr.State("")
    with gr.Column(visible=False, elem_id="order-page") as column:
        head = panels.view()
        lines = Grid(
            [
                Column("line_number", "Line", "integer", is_hidden_on_phone=True),
                Column("product", "Product", "link", opens="products", key_field="product_id"),
                Column("sku", "SKU", is_hidden_on_phone=True),
                Column("quantity", "Quantity", "integer"),
                Column("returned_quantity", "Returned", "integer", is_hidden_on_phone=True),
                Column("unit_price", "Unit price", "money", is_hidden_on_phone=True),
                Column("discount_amount", "Discount", "money", is_hidden_on_phone=True),
                Column("tax_amount", "Tax", "money", is_hidden_on_phone=True),
                Column("line_amount", "Amount", "money"),
            ],
            label="Order lines",
            elem_id="order-lines",
        )
        with gr.Row(visible=False, elem_classes="for-clerks") as actions:
            with gr.Column(min_width=300, elem_classes="card"):
                line, refund, take_back = _place_return()
            with gr.Column(min_width=300, elem_classes="card") as cancelling:
                reason = gr.Textbox("", label="Why is the order cancelled?", max_lines=1)
                cancel = gr.Button("Cancel the order", variant="stop", elem_id="order-cancel")
            with gr.Column(min_width=300, elem_classes="card") as delivery:
                delivered_on = gr.Textbox("", label="Delivered on", placeholder="Today", max_lines=1)
                deliver = gr.Button("Mark as delivered", elem_id="order-deliver")
        story = panels.view()
    page = OrderPage(column, key, head, lines, story, line, refund, actions, cancelling, delivery)
    take_back(workspace, page)

    @guarded
    def cancel_now(key: str, reason: str, request: gr.Request) -> tuple[Any, ...]:
        store_id, order_id = order_ids(key)
        with workspace.transaction(request) as connection:
            OrdersRepository(connection).cancel(store_id=store_id, order_id=order_id, reason=reason)
        gr.Info("The order is cancelled: its stock is back and its payments are reversed.")
        return ("", *read(workspace, page, key, request))

    @guarded
    def deliver_now(key: str, day: str, request: gr.Request) -> tuple[Any, ...]:
        store_id, order_id = order_ids(key)
        with workspace.transaction(request) as connection:
            OrdersRepository(connection).mark_delivered(
                store_id=store_id, order_id=order_id, delivered_on=typed.day(day, "Delivered on")
            )
        return ("", *read(workspace, page, key, request))

    cancel.click(cancel_now, [key, reason], [reason, *page.outputs], **shell.SAVE)
    deliver.click(deliver_now, [key, delivered_on], [delivered_on, *page.outputs], **shell.SAVE)
    return page


def _place_return() -> tuple[gr.Dropdown, gr.Dropdown, Any]:
    """The form for goods that come back: its line, how it is refunded, and what wires it to its page."""
    line = gr.Dropdown([], label="Product that comes back", elem_id="return-line")
    with gr.Row():
        quantity = gr.Textbox("1", label="Pieces", max_lines=1, min_width=70, elem_id="return-quantity")
        refund = gr.Dropdown(REFUNDS, value="", label="Refund by", min_width=100, elem_id="return-refund")
    reason = gr.Textbox("", label="Why does it come back?", max_lines=1, elem_id="return-reason")
    is_restocked = gr.Checkbox(value=True, label="Put it back on the shelf")
    record = gr.Button("Record the return", elem_id="return-record")
    request_id = gr.State(lambda: str(uuid4()))

    def wire(workspace: Workspace, page: OrderPage) -> None:
        @guarded
        def save(
            key: str,
            line: int | None,
            quantity: str,
            reason: str,
            is_restocked: bool,
            refund: str,
            request_id: str,
            request: gr.Request,
        ) -> tuple[Any, ...]:
            store_id, order_id = order_ids(key)
            if line is None:
                raise InputError("Choose the product that comes back.")
            with workspace.transaction(request) as connection:
                recorded = OrdersRepository(connection).record_return(
                    store_id=store_id,
                    order_id=order_id,
                    line_number=line,
                    quantity=typed.amount(quantity, "The number of pieces"),
                    reason=reason,
                    is_restocked=is_restocked,
                    request_id=UUID(request_id),
                    refund_method=refund or None,
                )
            gr.Info(f"Refund {written.money(recorded.refund_amount, recorded.currency_code)}.")
            return ("1", "", str(uuid4()), *read(workspace, page, key, request))

        record.click(
            save,
            [page.key, line, quantity, reason, is_restocked, refund, request_id],
            [quantity, reason, request_id, *page.outputs],
            **shell.SAVE,
        )

    return line, refund, wire


def read(workspace: Workspace, page: OrderPage, key: str, request: gr.Request) -> tuple[Any, ...]:
    """New values for the page's outputs; hidden for an empty key."""
    if not key:
        return gr.update(visible=False), *[gr.skip()] * 8
    try:
        store_id, order_id = order_ids(key)
        with workspace.transaction(request) as connection:
            repository = OrdersRepository(connection)
            order = repository.get(store_id=store_id, order_id=order_id)
            lines = repository.lines(store_id=store_id, order_id=order_id)
            events = repository.events(store_id=store_id, order_id=order_id)
    except Exception as error:
        failed = panels.stack(
            panels.heading("Order", back="purchases"),
            panels.error_state("The order cannot be shown", explained(error)),
        )
        hidden = gr.update(visible=False)
        return gr.update(visible=True), failed, "", "", gr.skip(), gr.skip(), hidden, hidden, hidden
    # Money goes back the way it came, unless the clerk says otherwise.
    paid_by = next((event.detail for event in events if event.kind == "payment"), "")
    returnable = [
        (f"{line.product} ({line.quantity - line.returned_quantity})", line.line_number)
        for line in lines
        if line.returned_quantity < line.quantity
    ]
    return (
        gr.update(visible=True),
        _head(order, lines),
        page.lines.table(
            lines,
            totals={
                "product": f"Without tax ({order.currency_code})",
                "tax_amount": order.tax_amount,
                "line_amount": order.net_amount,
            },
            currency=order.currency_code,
        ),
        _story(order, events),
        gr.update(choices=returnable, value=returnable[0][1] if returnable else None),
        paid_by if paid_by in _REFUND_METHODS else "",
        gr.update(visible=order.status == "recorded"),
        gr.update(visible=order.is_of_today),
        gr.update(visible=order.is_online and order.delivered_on is None),
    )


def _head(order: Order, lines: list[OrderLine]) -> Markup:
    customer = (
        panels.link(order.customer, "customers", order.customer_id)
        if order.customer_id
        else "Walk-in customer"
    )
    kpis = [
        panels.Kpi("Total", written.money(order.total_amount, order.currency_code)),
        panels.Kpi("Of which tax", written.money(order.tax_amount, order.currency_code)),
    ]
    if order.exchange_rate != 1:
        rate = written.decimal(order.exchange_rate, 4)
        kpis.append(panels.Kpi("Exchange rate", rate, hint=f"of {written.date(order.rate_date)}"))
    facts: list[tuple[str, object]] = [
        ("Customer", customer),
        ("Store", order.store),
        (
            "Ordered",
            f"{written.timestamp(order.ordered_at)} ({order.time_zone})"
            if order.ordered_at
            else written.date(order.order_date),
        ),
        ("Delivered", _delivery(order.is_online, order.delivered_on)),
        ("Recorded by", f"{order.recorded_by}, {order.channel}"),
    ]
    facts += [
        (
            "Other price",
            f"{line.product} at {written.money(line.unit_price, order.currency_code)}: {line.price_override_reason}",
        )
        for line in lines
        if line.price_override_reason
    ]
    if order.file_name:
        facts.append(("From file", f"{order.file_name}, line {order.source_line}"))
    if order.cancelled_at:
        facts.append(
            (
                "Cancelled",
                f"{written.timestamp(order.cancelled_at)} by {order.cancelled_by}: {order.cancel_reason}",
            )
        )
    return panels.stack(
        panels.heading(
            f"Order {order.order_number}",
            detail=written.date(order.order_date),
            status=order.status,
            back="purchases",
        ),
        panels.documents(
            [
                ("Receipt", f"receipts/{order.store_id}-{order.order_id}"),
                ("Receipt as PDF", f"receipts/{order.store_id}-{order.order_id}.pdf"),
            ]
        ),
        panels.kpi_strip(kpis),
        panels.section("Details", panels.definition_list(facts)),
    )


def _delivery(is_online: bool, delivered_on: date | None) -> str:
    if delivered_on:
        return written.date(delivered_on)
    return "not yet" if is_online else "taken along"


def _story(order: Order, events: list[OrderEvent]) -> Markup:
    happenings = [
        panels.Happening(
            written.timestamp(event.recorded_at),
            _TITLES[event.kind] + _figure(event, order.currency_code),
            f"{event.detail}, by {event.recorded_by} ({event.channel})",
            "warn" if event.kind in _WARNINGS else "neutral",
        )
        for event in events
    ]
    return panels.section(
        "History", panels.timeline(happenings), hint=f"times at the store, {order.time_zone}"
    )


def _figure(event: OrderEvent, currency: str) -> str:
    if event.amount is not None:
        return f": {written.money(event.amount, currency)}"
    return f": {event.pieces:+,}" if event.pieces is not None else ""
