"""The list of products with its filters."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup
from psycopg import Connection

from app.repositories.products import (
    RECENT_DAYS,
    CategoryChoice,
    ListedProduct,
    ProductsRepository,
    days_of_cover,
    margin_of,
)
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.insights import is_at_least
from app.ui.listing import DependentChoice, Shown, files, offered, read_page, told
from app.ui.tabs import products_bulk, products_filters
from app.ui.tabs.products_bulk import BulkPanel
from app.ui.tabs.products_filters import ADDRESS
from app.workspace import Workspace

_ALL_CATEGORIES = ("All categories", 0)
_ALL_SUBCATEGORIES = ("All", 0)
_ALL_STORES = ("All stores", 0)
_ALL_BRANDS = ("All brands", "")
_COLUMNS = (
    Column("sku", "SKU", is_sortable=True, is_hidden_on_phone=True),
    Column("name", "Name", is_sortable=True),
    Column("category", "Category", is_sortable=True, is_sorted_if_few=True, is_hidden_on_phone=True),
    Column(
        "unit_price",
        "Price",
        "money",
        is_sortable=True,
        is_sorted_if_few=True,
        currency_field="currency_code",
    ),
    Column("unit_cost", "Cost", "money", is_hidden_on_phone=True, currency_field="currency_code"),
    Column("margin", "Margin", "percent", is_hidden_on_phone=True),
    Column("on_hand", "On hand", "integer", is_sortable=True, is_sorted_if_few=True),
    Column("recent_units", f"Sold in {RECENT_DAYS} days", "integer", is_hidden_on_phone=True),
    Column("days_of_cover", "Days of cover", "integer", is_hidden_on_phone=True),
    Column("status", "Status", "pill", is_hidden_on_phone=True),
)
_FOR_MANAGERS = ("unit_cost", "margin")


@dataclass(frozen=True, slots=True)
class ProductList:
    """The list and its filters; `short_grid` is never on screen, but makes the table for those who may not read costs."""

    search: gr.Textbox
    activity: gr.Dropdown
    category: gr.Dropdown
    subcategory: DependentChoice
    brand: gr.Dropdown
    availability: gr.Dropdown
    store: gr.Dropdown
    sales: gr.Dropdown
    reset: gr.Button
    add: gr.Button
    bulk: BulkPanel
    grid: Grid
    short_grid: Grid

    @property
    def filters(self) -> list[Any]:
        """In the order of the address."""
        return [
            self.search,
            self.activity,
            self.category,
            self.subcategory,
            self.brand,
            self.availability,
            self.store,
            self.sales,
        ]

    @property
    def outputs(self) -> list[Any]:
        return [*self.filters, self.reset, self.add, self.bulk.open, self.grid]


def place() -> ProductList:
    """Create the components."""
    with gr.Row():
        search = gr.Textbox(
            "",
            label="Search",
            placeholder="Name, SKU, brand, category or barcode",
            max_lines=1,
            scale=4,
            min_width=220,
            elem_id="products-search",
        )
        bulk_button = products_bulk.place_button()
        add = gr.Button(
            "New product",
            variant="primary",
            scale=0,
            min_width=130,
            visible=False,
            elem_id="products-add",
        )
    with gr.Row(elem_classes="list-filters"):
        activity = gr.Dropdown(products_filters.ACTIVITIES, value="active", label="Status", min_width=120)
        category = gr.Dropdown([_ALL_CATEGORIES], value=0, label="Category", min_width=150)
        subcategory = DependentChoice(
            [_ALL_SUBCATEGORIES], value=0, label="Subcategory", min_width=140, interactive=False
        )
        brand = gr.Dropdown([_ALL_BRANDS], value="", label="Brand", min_width=130)
        availability = gr.Dropdown(products_filters.AVAILABILITIES, value="", label="Stock", min_width=130)
        store = gr.Dropdown([_ALL_STORES], value=0, label="Store", min_width=130)
        sales = gr.Dropdown(products_filters.SALES, value="", label="Sales", min_width=110)
        reset = gr.Button("Reset", scale=0, min_width=90, interactive=False, elem_id="products-reset")
    bulk = products_bulk.place(bulk_button)
    grid = _grid(_COLUMNS)
    short_grid = _grid([column for column in _COLUMNS if column.name not in _FOR_MANAGERS], is_placed=False)
    return ProductList(
        search,
        activity,
        category,
        subcategory,
        brand,
        availability,
        store,
        sales,
        reset,
        add,
        bulk,
        grid,
        short_grid,
    )


def _grid(columns: Sequence[Column], *, is_placed: bool = True) -> Grid:
    return Grid(
        columns,
        label="Products",
        row_key="product_id",
        opens="products",
        order_of_many="name",
        empty=("No product matches", "Change the search or the filters, or add a product."),
        elem_id="products-grid",
        render=is_placed,
    )


def wire(workspace: Workspace, listing: ProductList, context: shell.TabContext) -> None:
    """Connect the components."""

    def find(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        before, values = ADDRESS.read(key), _values(chosen)
        if values == before.values:
            # The address has said so.
            return [gr.skip()] * len(outputs)
        is_new = values[1:] != before.values[1:]
        return show(request, Shown(values, before.state.first_page()), is_new=is_new)

    def move(event: gr.EventData, request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        state = listing.grid.follow(ADDRESS.read(key).state, event)
        return show(request, Shown(_values(chosen), state), is_new=True)

    def again(request: gr.Request, key: str) -> list[Any]:
        return show(request, ADDRESS.read(key), is_new=False)

    def show(request: gr.Request, asked: Shown, *, is_new: bool) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                subcategories = _subcategories(ProductsRepository(connection).categories(), asked.values[2])
                subcategory = offered(asked.values[3], subcategories["choices"], 0)
                asked = Shown((*asked.values[:3], subcategory, *asked.values[4:]), asked.state)
                shown, table = _table(workspace, connection, listing, asked, request)
        except Exception as error:
            failed = panels.error_state("The products cannot be shown", explained(error))
            return [gr.skip(), gr.update(interactive=True), failed, gr.skip()]
        return [
            subcategories | {"value": subcategory},
            gr.update(interactive=bool(ADDRESS.key(shown))),
            table,
            context.note(ADDRESS.key(shown), is_new=is_new),
        ]

    inputs = [context.navigator, *listing.filters]
    outputs = [listing.subcategory, listing.reset, listing.grid, context.navigator]
    for turned in (listing.grid.sorted, listing.grid.paged):
        turned(move, inputs, outputs, **shell.READ)
    for changed in (listing.search.change, *(field.input for field in listing.filters[1:])):
        changed(find, inputs, outputs, **shell.READ)
    products_bulk.wire(
        workspace,
        listing.bulk,
        context.navigator,
        lambda done: done.then(again, context.navigator, outputs, **shell.READ),
    )
    listing.reset.click(lambda: context.go("products", "?"), None, context.navigator, **shell.READ)
    listing.add.click(lambda: context.go("products", "new"), None, context.navigator, **shell.READ)


def read(
    workspace: Workspace,
    listing: ProductList,
    key: str,
    chosen: Sequence[Any],
    request: gr.Request | None,
) -> list[Any]:
    """New values for the list's outputs, as its key says; `chosen` is what its filters have."""
    asked = ADDRESS.read(key)
    try:
        with workspace.transaction(request) as connection:
            repository = ProductsRepository(connection)
            categories = repository.categories()
            choices = [
                gr.update(),
                gr.update(),
                gr.update(choices=[_ALL_CATEGORIES, *_categories(categories)]),
                _subcategories(categories, asked.values[2]),
                gr.update(choices=[_ALL_BRANDS, *((name, name) for name in repository.brands())]),
                gr.update(),
                gr.update(choices=[_ALL_STORES, *_stores(connection)]),
                gr.update(),
            ]
            known = (
                None,
                products_filters.ACTIVITIES,
                *(one["choices"] for one in choices[2:5]),
                products_filters.AVAILABILITIES,
                choices[6]["choices"],
                products_filters.SALES,
            )
            values = tuple(
                offered(value, of, first) if of else value
                for value, of, first in zip(asked.values, known, ADDRESS.first.values, strict=True)
            )
            shown, table = _table(workspace, connection, listing, Shown(values, asked.state), request)
    except Exception as error:
        failed = panels.error_state("The products cannot be shown", explained(error))
        return [*[gr.skip()] * (len(listing.outputs) - 1), failed]
    is_manager = _is_manager(workspace, request)
    if shown.values != _values(chosen):
        # Else somebody may be typing already.
        choices = [one | {"value": value} for one, value in zip(choices, shown.values, strict=True)]
    return [
        *choices,
        gr.update(interactive=bool(ADDRESS.key(shown))),
        gr.update(visible=is_manager),
        gr.update(visible=is_manager),
        table,
    ]


def _values(chosen: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        first if value is None else value for value, first in zip(chosen, ADDRESS.first.values, strict=True)
    )


def _table(
    workspace: Workspace,
    connection: Connection,
    listing: ProductList,
    asked: Shown,
    request: gr.Request | None,
) -> tuple[Shown, Markup]:
    repository, is_manager = ProductsRepository(connection), _is_manager(workspace, request)
    company = ReferenceRepository(connection).settings()
    wanted = products_filters.wanted(*asked.values)
    wanted, total = repository.meant(wanted=wanted)
    state, found = read_page(listing.grid, asked.state, total, partial(repository.search, wanted=wanted))
    numbers = [row.product_id for row in found]
    costs = repository.costs(product_ids=numbers) if is_manager else {}
    sold = repository.recent_sales(product_ids=numbers, store_id=wanted.store_id)
    currency = company.base_currency_code if company else None
    rows = [_row(row, costs.get(row.product_id), sold.get(row.product_id, 0), currency) for row in found]
    grid = listing.grid if is_manager else listing.short_grid
    shown = Shown(asked.values, state)
    table = told(wanted.is_nearly, total) + grid.table(rows, total=total, state=state)
    return shown, table + files(ADDRESS, "products", shown, total)


def _is_manager(workspace: Workspace, request: gr.Request | None) -> bool:
    return is_at_least(workspace.actor(request).role, "crpm_manager")


def _categories(categories: Sequence[CategoryChoice]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((row.category, row.category_id) for row in categories))


def _subcategories(categories: Sequence[CategoryChoice], category: int) -> dict[str, Any]:
    """New choices for the subcategory: those of the category."""
    within = [
        (row.subcategory, row.subcategory_id)
        for row in categories
        if row.category_id == category and row.subcategory_id
    ]
    return gr.update(choices=[_ALL_SUBCATEGORIES, *within], interactive=bool(within))


def _stores(connection: Connection) -> list[tuple[str, int]]:
    stores = ReferenceRepository(connection).stores(is_active_only=False)
    return [(row.name, row.store_id) for row in stores]


def _row(product: ListedProduct, cost: Decimal | None, sold: int, currency: str | None) -> dict[str, Any]:
    return asdict(product) | {
        "unit_cost": cost,
        "margin": margin_of(product.unit_price, cost),
        "recent_units": sold,
        "days_of_cover": days_of_cover(on_hand=product.on_hand, recent_units=sold),
        "currency_code": currency,
    }
