"""The list of products with its filters."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Any, cast

import gradio as gr

from app.repositories.products import (
    Availability,
    CategoryChoice,
    ListedProduct,
    ProductFilter,
    ProductsRepository,
)
from app.repositories.reference import ReferenceRepository, Store
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.insights import is_at_least
from app.ui.listing import read_page
from app.workspace import Workspace

_ACTIVITIES = [("Active", "active"), ("Inactive", "inactive"), ("All products", "")]
_AVAILABILITIES = [
    ("Any", ""),
    ("Available", "available"),
    ("Time to reorder", "low"),
    ("Out of stock", "out"),
]
_ALL_CATEGORIES = ("All categories", 0)
_ALL_SUBCATEGORIES = ("All", 0)
_ALL_STORES = ("All stores", 0)
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
    Column("status", "Status", "pill", is_hidden_on_phone=True),
)
_FOR_MANAGERS = ("unit_cost", "margin")


@dataclass(frozen=True, slots=True)
class ProductList:
    """The list and its filters; `short_grid` is never on screen, but makes the table for those who may not read costs."""

    search: gr.Textbox
    category: gr.Dropdown
    subcategory: gr.Dropdown
    activity: gr.Dropdown
    availability: gr.Dropdown
    store: gr.Dropdown
    add: gr.Button
    grid: Grid
    short_grid: Grid
    state: gr.State

    @property
    def inputs(self) -> list[Any]:
        return [
            self.state,
            self.search,
            self.category,
            self.subcategory,
            self.activity,
            self.availability,
            self.store,
        ]

    @property
    def outputs(self) -> list[Any]:
        return [self.state, self.category, self.subcategory, self.store, self.add, self.grid]


def place() -> ProductList:
    """Create the components."""
    with gr.Row(elem_classes="filters"):
        search = gr.Textbox(
            "",
            label="Search",
            placeholder="Name, SKU, brand or barcode",
            max_lines=1,
            scale=4,
            min_width=220,
            elem_id="products-search",
        )
        category = gr.Dropdown([_ALL_CATEGORIES], value=0, label="Category", min_width=150)
        subcategory = gr.Dropdown([_ALL_SUBCATEGORIES], value=0, label="Subcategory", min_width=150)
        activity = gr.Dropdown(_ACTIVITIES, value="active", label="Status", min_width=120)
        availability = gr.Dropdown(_AVAILABILITIES, value="", label="Stock", min_width=140)
        store = gr.Dropdown([_ALL_STORES], value=0, label="Store", min_width=140)
        add = gr.Button(
            "New product",
            variant="primary",
            scale=0,
            min_width=130,
            visible=False,
            elem_id="products-add",
        )
    grid = _grid(_COLUMNS)
    short_grid = _grid([column for column in _COLUMNS if column.name not in _FOR_MANAGERS], is_placed=False)
    return ProductList(
        search,
        category,
        subcategory,
        activity,
        availability,
        store,
        add,
        grid,
        short_grid,
        gr.State(GridState("name")),
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

    def find(request: gr.Request, state: GridState, *filters: Any) -> list[Any]:
        return read(workspace, listing, request, state.first_page(), *filters)

    def move(event: gr.EventData, request: gr.Request, state: GridState, *filters: Any) -> list[Any]:
        return read(workspace, listing, request, listing.grid.follow(state, event), *filters)

    for turned in (listing.grid.sorted, listing.grid.paged):
        turned(move, listing.inputs, listing.outputs, **shell.READ)
    for changed in (
        listing.search.change,
        listing.subcategory.input,
        listing.activity.input,
        listing.availability.input,
        listing.store.input,
    ):
        changed(find, listing.inputs, listing.outputs, **shell.READ)
    # Another category has other subcategories.
    listing.category.input(lambda: 0, None, listing.subcategory, **shell.READ).then(
        find, listing.inputs, listing.outputs, **shell.READ
    )
    listing.add.click(lambda: context.go("products", "new"), None, context.navigator, **shell.READ)


def read(
    workspace: Workspace,
    listing: ProductList,
    request: gr.Request | None,
    state: GridState,
    text: str,
    category: int,
    subcategory: int,
    activity: str,
    availability: str,
    store: int,
) -> list[Any]:
    """New values for the list's outputs."""
    wanted = ProductFilter(
        text=text or "",
        category_id=category or None,
        subcategory_id=subcategory or None,
        is_active=activity == "active" if activity else None,
        availability=cast(Availability, availability) if availability else None,
        store_id=store or None,
    )
    is_manager = is_at_least(workspace.actor(request).role, "crpm_manager")
    try:
        with workspace.transaction(request) as connection:
            reference, repository = ReferenceRepository(connection), ProductsRepository(connection)
            company = reference.settings()
            stores = reference.stores(is_active_only=False)
            categories = repository.categories()
            total = repository.count(wanted=wanted)
            state, found = read_page(listing.grid, state, total, partial(repository.search, wanted=wanted))
            costs = repository.costs(product_ids=[row.product_id for row in found]) if is_manager else {}
    except Exception as error:
        return [state, *[gr.skip()] * 4, panels.error_state("The products cannot be shown", explained(error))]
    currency = company.base_currency_code if company else None
    grid = listing.grid if is_manager else listing.short_grid
    rows = [_row(row, costs.get(row.product_id), currency) for row in found]
    return [
        state,
        *_choices(categories, stores, category),
        gr.update(visible=is_manager),
        grid.table(rows, total=total, state=state),
    ]


def _choices(categories: Sequence[CategoryChoice], stores: Sequence[Store], category: int) -> list[Any]:
    """New choices for category, subcategory and store; subcategories are those of the category."""
    names = dict.fromkeys((row.category, row.category_id) for row in categories)
    within = [
        (row.subcategory, row.subcategory_id)
        for row in categories
        if row.category_id == category and row.subcategory_id
    ]
    return [
        gr.update(choices=[_ALL_CATEGORIES, *names]),
        gr.update(choices=[_ALL_SUBCATEGORIES, *within]),
        gr.update(choices=[_ALL_STORES, *((row.name, row.store_id) for row in stores)]),
    ]


def _row(product: ListedProduct, cost: Decimal | None, currency: str | None) -> dict[str, Any]:
    price = product.unit_price
    margin = (price - cost) / price if price and cost is not None else None
    return asdict(product) | {"unit_cost": cost, "margin": margin, "currency_code": currency}
