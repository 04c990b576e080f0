"""The list of orders with its filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from app.repositories.customers import CustomerFilter, CustomersRepository
from app.repositories.orders import OrderFilter, OrdersRepository
from app.repositories.products import ProductFilter, ProductsRepository
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.listing import ListAddress, Shown
from app.ui.picker import Picker, PickerOption, PickerQuery
from app.workspace import Workspace

ADDRESS = ListAddress(
    {"search": "", "from": "", "to": "", "store": 0, "status": ""}, sort="order_date", sorts=("order_date",)
)
LATEST_FIRST = GridState("order_date", is_descending=True)
STATUSES = [("All orders", ""), ("Recorded", "recorded"), ("Cancelled", "cancelled")]
_PICKED = 12
# The filters by search, days, store and status are in the address, those by customer and product are not.
_IN_ADDRESS = 5


@dataclass(frozen=True, slots=True)
class OrderList:
    """The list and its filters."""

    search: gr.Textbox
    from_on: gr.Textbox
    to_on: gr.Textbox
    store: gr.Dropdown
    status: gr.Dropdown
    customer: Picker
    product: Picker
    grid: Grid
    state: gr.State

    @property
    def outputs(self) -> list[Any]:
        """What `asked_for` fills."""
        return [self.state, *self.filters, self.grid]

    @property
    def filters(self) -> list[Any]:
        return [
            self.search,
            self.from_on,
            self.to_on,
            self.store,
            self.status,
            self.customer,
            self.product,
        ]


def place_list(workspace: Workspace) -> OrderList:
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
    with gr.Row():
        customer = Picker(
            label="Bought by",
            search=lambda query: find_customers(workspace, query),
            placeholder="Any customer, or type a name",
            elem_id="orders-customer",
        )
        product = Picker(
            label="Containing",
            search=lambda query: find_products(workspace, query),
            placeholder="Any product, or type a name or SKU",
            elem_id="orders-product",
        )
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
    state = gr.State(LATEST_FIRST)
    return OrderList(search, from_on, to_on, store, status, customer, product, grid, state)


def asked_for(key: str) -> tuple[Any, ...]:
    """The state and the filters of the list that an address asks for, as `?from=2026-01-01&store=2`: the latest first."""
    search, from_on, to_on, store, status = ADDRESS.read(key).values
    return (
        LATEST_FIRST,
        search,
        from_on,
        to_on,
        store,
        status if status in dict(STATUSES).values() else "",
        None,
        None,
    )


def is_other(key: str, shown: Sequence[Any]) -> bool:
    """Whether an address asks for another list than that with these filters."""
    return key.startswith("?") and ADDRESS.read(key).values != tuple(shown[:_IN_ADDRESS])


def wire_list(workspace: Workspace, orders: OrderList, context: shell.TabContext) -> Callable[..., Any]:
    """Connect the list; returns the handler that shows it, with inputs `[orders.state, *orders.filters]`."""

    def show(request: gr.Request, state: GridState, *wanted: Any) -> Markup:
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
                total = repository.count(wanted=filters)
        except Exception as error:
            return panels.error_state("The orders cannot be shown", explained(error))
        table = orders.grid.table(rows, total=total, state=state)
        return (
            table + panels.documents(exports(filters, is_descending=state.is_descending)) if rows else table
        )

    def find(request: gr.Request, state: GridState, *wanted: Any) -> tuple[GridState, Markup, Any]:
        state = state.first_page()
        key = ADDRESS.key(Shown(wanted[:_IN_ADDRESS], ADDRESS.first.state))
        return state, show(request, state, *wanted), context.note(key, is_new=False)

    def move(
        event: gr.EventData, request: gr.Request, state: GridState, *wanted: Any
    ) -> tuple[GridState, Markup]:
        state = orders.grid.follow(state, event)
        return state, show(request, state, *wanted)

    inputs, outputs = [orders.state, *orders.filters], [orders.state, orders.grid]
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
        orders.customer.picked,
        orders.customer.cleared,
        orders.product.picked,
        orders.product.cleared,
    ):
        changed(find, inputs, [*outputs, context.navigator], **shell.READ)
    return show


def order_filter(
    search: str,
    from_on: str,
    to_on: str,
    store: int,
    status: str,
    customer: str | None,
    product: str | None,
) -> OrderFilter:
    """The filter as chosen. Raises InputError for a date that is none."""
    return OrderFilter(
        text=search or "",
        from_on=typed.day(from_on, "From"),
        to_on=typed.day(to_on, "To"),
        store_id=store or None,
        customer_id=_picked(customer),
        product_id=_picked(product),
        status=status or None,
    )


def exports(wanted: OrderFilter, *, is_descending: bool) -> list[tuple[str, str]]:
    """The names and addresses of the list's files (see `app.documents.routes`)."""
    asked = {
        "text": wanted.text,
        "from": wanted.from_on,
        "to": wanted.to_on,
        "store": wanted.store_id,
        "customer": wanted.customer_id,
        "product": wanted.product_id,
        "status": wanted.status,
        "oldest": "" if is_descending else "first",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return [
        (name, f"exports/orders.{kind}?{query}" if query else f"exports/orders.{kind}")
        for name, kind in (("These orders as Excel", "xlsx"), ("as CSV", "csv"))
    ]


def find_customers(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Customers for the picker, also those that are no longer active: they have orders all the same."""
    with workspace.transaction(query.request) as connection:
        found = CustomersRepository(connection).search(wanted=CustomerFilter(query.text), limit=_PICKED)
    return [PickerOption(str(row.customer_id), row.name, row.city or "") for row in found]


def find_products(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Products for the picker, also those that are no longer sold."""
    with workspace.transaction(query.request) as connection:
        found = ProductsRepository(connection).search(
            wanted=ProductFilter(query.text), limit=_PICKED, offset=0
        )
    return [PickerOption(str(row.product_id), row.name, row.sku) for row in found]


def _picked(value: str | None) -> int | None:
    """The id that a picker holds; it comes from the browser, so anything else is no filter."""
    is_id = value is not None and value.isascii() and value.isdigit() and len(value) < 19
    return int(value) if is_id and value else None
