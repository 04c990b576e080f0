"""The list of customers with its filters."""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import gradio as gr

from app.repositories.customers import CustomerFilter, CustomersRepository
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.listing import read_page
from app.workspace import Workspace

_ACTIVITIES = [("Active", "active"), ("Inactive", "inactive"), ("All customers", "")]
_EVERYWHERE = ("All countries", "")


@dataclass(frozen=True, slots=True)
class CustomerList:
    """The list and its filters."""

    column: gr.Column
    search: gr.Textbox
    country: gr.Dropdown
    activity: gr.Dropdown
    add: gr.Button
    grid: Grid
    state: gr.State

    @property
    def inputs(self) -> list[Any]:
        return [self.search, self.country, self.activity, self.state]

    @property
    def outputs(self) -> list[Any]:
        return [self.state, self.country, self.grid]


def place() -> CustomerList:
    """Create the components."""
    with gr.Column(elem_id="customers-list") as column:
        with gr.Row():
            search = gr.Textbox(
                "",
                label="Search",
                placeholder="Name, e-mail, phone, city or key",
                max_lines=1,
                scale=4,
                min_width=220,
                elem_id="customers-search",
            )
            country = gr.Dropdown([_EVERYWHERE], value="", label="Country", min_width=160)
            activity = gr.Dropdown(_ACTIVITIES, value="active", label="Status", min_width=140)
            add = gr.Button(
                "New customer", variant="primary", scale=0, min_width=140, elem_id="customers-add"
            )
        grid = Grid(
            [
                Column("name", "Name", is_sortable=True),
                Column("email", "E-mail", is_hidden_on_phone=True),
                Column("city", "City", is_sortable=True, is_hidden_on_phone=True),
                Column(
                    "country", "Country", is_sortable=True, is_sorted_if_few=True, is_hidden_on_phone=True
                ),
                Column("orders", "Orders", "integer", is_hidden_on_phone=True),
                Column("revenue", "Revenue", "money", currency_field="currency_code"),
                Column("last_bought_on", "Last purchase", "date", is_hidden_on_phone=True),
                Column("status", "Status", "pill"),
            ],
            label="Customers",
            row_key="customer_id",
            opens="customers",
            empty=("No customer matches", "Change the search or the filters, or add a customer."),
            order_of_many="name",
            elem_id="customers-grid",
        )
    return CustomerList(column, search, country, activity, add, grid, gr.State(GridState("name")))


def wire(workspace: Workspace, listing: CustomerList, context: shell.TabContext) -> None:
    """Connect the components."""

    def find(text: str, country: str, activity: str, state: GridState, request: gr.Request) -> list[Any]:
        return read(workspace, listing, text, country, activity, state.first_page(), request)

    def move(
        event: gr.EventData, text: str, country: str, activity: str, state: GridState, request: gr.Request
    ) -> list[Any]:
        return read(workspace, listing, text, country, activity, listing.grid.follow(state, event), request)

    for turned in (listing.grid.sorted, listing.grid.paged):
        turned(move, listing.inputs, listing.outputs, **shell.READ)
    for changed in (listing.search.change, listing.country.input, listing.activity.input):
        changed(find, listing.inputs, listing.outputs, **shell.READ)
    listing.add.click(lambda: context.go("customers", "new"), None, context.navigator, **shell.READ)


def read(
    workspace: Workspace,
    listing: CustomerList,
    text: str,
    country: str,
    activity: str,
    state: GridState,
    request: gr.Request | None,
) -> list[Any]:
    """New values for the list's outputs."""
    wanted = CustomerFilter(
        text=text or "",
        country_code=country or None,
        is_active=activity == "active" if activity else None,
    )
    try:
        with workspace.transaction(request) as connection:
            company = ReferenceRepository(connection).settings()
            repository = CustomersRepository(connection)
            countries = repository.countries()
            total = repository.count(wanted=wanted)
            state, found = read_page(listing.grid, state, total, partial(repository.search, wanted=wanted))
            figures = repository.figures(customer_ids=[customer.customer_id for customer in found])
    except Exception as error:
        return [state, gr.skip(), panels.error_state("The customers cannot be shown", explained(error))]
    currency = company.base_currency_code if company else None
    rows = []
    for customer in found:
        bought = figures.get(customer.customer_id)
        rows.append(
            asdict(customer)
            | {
                "orders": bought.orders if bought else 0,
                "revenue": bought.revenue if bought else None,
                "last_bought_on": bought.last_bought_on if bought else None,
                "currency_code": currency,
                "status": "active" if customer.is_active else "inactive",
            }
        )
    choices = [_EVERYWHERE, *((one.name, one.country_code) for one in countries)]
    return [state, gr.update(choices=choices), listing.grid.table(rows, total=total, state=state)]
