"""The list of orders with its filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.repositories.orders import OrderFilter, OrdersRepository
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.workspace import Workspace

STATUSES = [("All orders", ""), ("Recorded", "recorded"), ("Cancelled", "cancelled")]


@dataclass(frozen=True, slots=True)
class OrderList:
    """The list and its filters."""

    search: gr.Textbox
    from_on: gr.Textbox
    to_on: gr.Textbox
    store: gr.Dropdown
    status: gr.Dropdown
    grid: Grid
    state: gr.State

    @property
    def filters(self) -> list[Any]:
        return [self.search, self.from_on, self.to_on, self.store, self.status]


def place_list() -> OrderList:
    """Create the list."""
    with gr.Row():
        search = gr.Textbox(
            "",
            label="Search",
            placeholder="Order number or customer",
            max_lines=1,
            scale=3,
            min_width=220,
            elem_id="orders-search",
        )
        from_on = gr.Textbox("", label="From", placeholder="2026-01-31", max_lines=1, min_width=120)
        to_on = gr.Textbox("", label="To", placeholder="2026-12-31", max_lines=1, min_width=120)
        store = gr.Dropdown([("All stores", 0)], value=0, label="Store", min_width=160)
        status = gr.Dropdown(STATUSES, value="", label="Status", min_width=140)
    grid = Grid(
        [
            Column("order_number", "Number"),
            Column("order_date", "Date", "date", is_sortable=True),
            Column("store", "Store", is_hidden_on_phone=True),
            Column("customer", "Customer", "link", opens="customers", key_field="customer_id"),
            Column("lines", "Lines", "integer", is_hidden_on_phone=True),
            Column("total_amount", "Total", "money", currency_field="currency_code"),
            Column("status", "Status", "pill", is_hidden_on_phone=True),
        ],
        label="Orders",
        row_key="order_key",
        opens="purchases",
        empty=("No order matches", "Change the filters, or record a purchase."),
        elem_id="orders-grid",
    )
    return OrderList(
        search, from_on, to_on, store, status, grid, gr.State(GridState("order_date", is_descending=True))
    )


def wire_list(workspace: Workspace, orders: OrderList) -> Callable[..., Any]:
    """Connect the list; returns the handler that shows it, with inputs `[*orders.filters, orders.state]`."""

    def show(wanted: Sequence[Any], state: GridState, request: gr.Request) -> Markup:
        try:
            filters = order_filter(*wanted)
            with workspace.transaction(request) as connection:
                repository = OrdersRepository(connection)
                rows = repository.search(
                    wanted=filters,
                    sort="order_date descending" if state.is_descending else "order_date",
                    limit=state.page_size,
                    offset=state.offset,
                )
                return orders.grid.table(rows, total=repository.count(wanted=filters), state=state)
        except Exception as error:
            return panels.error_state("The orders cannot be shown", explained(error))

    # Gradio tells the request and the event by the annotations of named parameters, so each filter is one.
    def again(a: str, b: str, c: str, d: int, e: str, state: GridState, request: gr.Request) -> Markup:
        return show((a, b, c, d, e), state, request)

    def find(
        a: str, b: str, c: str, d: int, e: str, state: GridState, request: gr.Request
    ) -> tuple[GridState, Markup]:
        state = state.first_page()
        return state, show((a, b, c, d, e), state, request)

    def move(
        event: gr.EventData, a: str, b: str, c: str, d: int, e: str, state: GridState, request: gr.Request
    ) -> tuple[GridState, Markup]:
        state = orders.grid.follow(state, event)
        return state, show((a, b, c, d, e), state, request)

    inputs, outputs = [*orders.filters, orders.state], [orders.state, orders.grid]
    orders.grid.sorted(move, inputs, outputs, **shell.READ)
    orders.grid.paged(move, inputs, outputs, **shell.READ)
    for changed in (
        orders.search.change,
        orders.from_on.blur,
        orders.to_on.blur,
        orders.from_on.submit,
        orders.to_on.submit,
        orders.store.input,
        orders.status.input,
    ):
        changed(find, inputs, outputs, **shell.READ)
    return again


def order_filter(search: str, from_on: str, to_on: str, store: int, status: str) -> OrderFilter:
    """The filter as chosen. Raises InputError for a date that is none."""
    return OrderFilter(
        text=search or "",
        from_on=typed.day(from_on, "From"),
        to_on=typed.day(to_on, "To"),
        store_id=store or None,
        status=status or None,
    )
