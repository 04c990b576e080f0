"""The list of customers with its filters."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup
from psycopg import Connection

from app.repositories.customers import CustomersRepository
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.listing import DependentChoice, Shown, files, offered, read_page, told
from app.ui.tabs import customers_filters
from app.ui.tabs.customers_filters import ADDRESS
from app.workspace import Workspace

_EVERYWHERE = ("All countries", "")
_EVERY_STATE = ("All states", "")


@dataclass(frozen=True, slots=True)
class CustomerList:
    """The list and its filters."""

    column: gr.Column
    search: gr.Textbox
    activity: gr.Dropdown
    country: gr.Dropdown
    state: DependentChoice
    city: gr.Textbox
    gender: gr.Dropdown
    age: DependentChoice
    segment: gr.Dropdown
    reset: gr.Button
    add: gr.Button
    grid: Grid

    @property
    def filters(self) -> list[Any]:
        """In the order of the address."""
        return [
            self.search,
            self.activity,
            self.country,
            self.state,
            self.city,
            self.gender,
            self.age,
            self.segment,
        ]

    @property
    def outputs(self) -> list[Any]:
        return [*self.filters, self.reset, self.grid]


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
            add = gr.Button(
                "New customer",
                variant="primary",
                scale=0,
                min_width=140,
                elem_id="customers-add",
                elem_classes="for-clerks",
            )
        with gr.Row(elem_classes="list-filters"):
            activity = gr.Dropdown(
                customers_filters.ACTIVITIES, value="active", label="Status", min_width=130
            )
            country = gr.Dropdown([_EVERYWHERE], value="", label="Country", min_width=150)
            state = DependentChoice([_EVERY_STATE], value="", label="State", min_width=140, interactive=False)
            city = gr.Textbox("", label="City", placeholder="Any city", max_lines=1, min_width=120)
            gender = gr.Dropdown(customers_filters.GENDERS, value="", label="Gender", min_width=120)
            age = DependentChoice(customers_filters.AGES, value="", label="Age", min_width=120)
            segment = gr.Dropdown(
                customers_filters.SEGMENTS_OFFERED, value="", label="Segment", min_width=140
            )
            reset = gr.Button("Reset", scale=0, min_width=90, interactive=False, elem_id="customers-reset")
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
    return CustomerList(
        column, search, activity, country, state, city, gender, age, segment, reset, add, grid
    )


def wire(workspace: Workspace, listing: CustomerList, context: shell.TabContext) -> None:
    """Connect the components."""

    def find(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        before, values = ADDRESS.read(key), _values(chosen)
        if values == before.values:
            # The address has said so.
            return [gr.skip()] * len(outputs)
        is_typed = values[1:4] + values[5:] == before.values[1:4] + before.values[5:]
        return show(request, Shown(values, before.state.first_page()), is_new=not is_typed)

    def move(event: gr.EventData, request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        state = listing.grid.follow(ADDRESS.read(key).state, event)
        return show(request, Shown(_values(chosen), state), is_new=True)

    def show(request: gr.Request, asked: Shown, *, is_new: bool) -> list[Any]:
        shown, states, reset, table = _listed(workspace, listing, asked, request)
        return [states, reset, table, context.note(ADDRESS.key(shown), is_new=is_new)]

    inputs = [context.navigator, *listing.filters]
    outputs = [listing.state, listing.reset, listing.grid, context.navigator]
    for turned in (listing.grid.sorted, listing.grid.paged):
        turned(move, inputs, outputs, **shell.READ)
    typed, chosen = (listing.search, listing.city), set(listing.filters) - {listing.search, listing.city}
    for changed in (*(field.change for field in typed), *(field.input for field in chosen)):
        changed(find, inputs, outputs, **shell.READ)
    listing.reset.click(lambda: context.go("customers", "?"), None, context.navigator, **shell.READ)
    listing.add.click(lambda: context.go("customers", "new"), None, context.navigator, **shell.READ)


def read(
    workspace: Workspace,
    listing: CustomerList,
    key: str,
    chosen: Sequence[Any],
    request: gr.Request | None,
) -> list[Any]:
    """New values for the list's outputs, as its key says; `chosen` is what its filters have."""
    try:
        with workspace.transaction(request) as connection:
            countries = [(one.name, one.country_code) for one in CustomersRepository(connection).countries()]
    except Exception as error:
        failed = panels.error_state("The customers cannot be shown", explained(error))
        return [*[gr.skip()] * (len(listing.outputs) - 1), failed]
    asked = ADDRESS.read(key)
    text, activity, country, state, city, gender, age, segment = asked.values
    country = offered(country, countries, "")
    values = (
        text,
        offered(activity, customers_filters.ACTIVITIES, "active"),
        country,
        state if country else "",
        city,
        offered(gender, customers_filters.GENDERS, ""),
        offered(age, customers_filters.ages(age), ""),
        offered(segment, customers_filters.SEGMENTS_OFFERED, ""),
    )
    shown, states, reset, table = _listed(workspace, listing, Shown(values, asked.state), request)
    countries_offered = gr.update(choices=[_EVERYWHERE, *countries])
    segments = gr.update(visible=workspace.actor(request).store_id is None)
    if shown.values == _values(chosen):
        # Somebody may be typing already.
        skip = gr.skip()
        return [skip, skip, countries_offered, states, skip, skip, skip, segments, reset, table]
    text, activity, country, state, city, gender, age, segment = shown.values
    return [
        text,
        activity,
        countries_offered | {"value": country},
        states,
        city,
        gender,
        gr.update(choices=customers_filters.ages(age), value=age),
        segments | {"value": segment},
        reset,
        table,
    ]


def _values(chosen: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value or "" for value in chosen)


def _listed(
    workspace: Workspace, listing: CustomerList, asked: Shown, request: gr.Request | None
) -> tuple[Shown, Any, Any, Markup]:
    """What is shown then, the field of states, the button to reset, and the table."""
    reset = gr.update(interactive=bool(ADDRESS.key(asked)))
    try:
        with workspace.transaction(request) as connection:
            country, state = asked.values[2:4]
            states = CustomersRepository(connection).states(country_code=country) if country else []
            if state not in states:
                asked = Shown((*asked.values[:3], "", *asked.values[4:]), asked.state)
            shown, table = _table(connection, listing, asked)
    except Exception as error:
        return asked, gr.skip(), reset, panels.error_state("The customers cannot be shown", explained(error))
    of_country = gr.update(
        choices=[_EVERY_STATE, *((name, name) for name in states)],
        value=shown.values[3],
        interactive=bool(states),
    )
    return shown, of_country, gr.update(interactive=bool(ADDRESS.key(shown))), table


def _table(connection: Connection, listing: CustomerList, asked: Shown) -> tuple[Shown, Markup]:
    company = ReferenceRepository(connection).settings()
    repository = CustomersRepository(connection)
    wanted = customers_filters.wanted(*asked.values)
    if wanted.segment:
        repository.refresh_segments()
    wanted, total = repository.meant(wanted=wanted)
    state, found = read_page(listing.grid, asked.state, total, partial(repository.search, wanted=wanted))
    figures = repository.figures(customer_ids=[customer.customer_id for customer in found])
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
    shown = Shown(asked.values, state)
    table = listing.grid.table(rows, total=total, state=state)
    return shown, told(wanted.is_nearly, total) + table + files(ADDRESS, "customers", shown, total)
