"""The stock reports: what to reorder, what was on hand on a day, and what it was worth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import gradio as gr
from markupsafe import Markup
from psycopg import Connection

from app.errors import InputError
from app.repositories.reference import ReferenceRepository
from app.repositories.stock_reports import StockFilter, StockReportsRepository
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.workspace import Workspace

ALL_STORES, ALL_CATEGORIES = ("All stores", 0), ("All categories", 0)
RULE = (
    "At or below the reorder point. Sold: pieces of the last 90 days, net of returns. Days of cover: on hand divided by"
    " the average day's sales; none without sales. Suggested: what is missing to the reorder point, plus 30 days of"
    " average sales, rounded up, at least 1."
)
_NOW = "By the levels of now."
# Somewhere on Earth it is this day already.
_EARLIEST_ZONE = timedelta(hours=14)

_PRODUCT = (
    Column("sku", "SKU", is_hidden_on_phone=True),
    Column("product", "Product", "link", is_sortable=True, opens="products", key_field="product_id"),
)
_REORDER = (
    *_PRODUCT,
    Column("store", "Store"),
    Column("on_hand", "On hand", "integer", is_sortable=True),
    Column("reorder_point", "Reorder point", "integer", is_hidden_on_phone=True),
    Column("sold_in_90_days", "Sold in 90 days", "integer", is_sortable=True, is_hidden_on_phone=True),
    Column(
        "days_of_cover",
        "Days of cover",
        align="right",
        is_sortable=True,
        is_hidden_on_phone=True,
        value=lambda row: written.decimal(row.days_of_cover, 1) if row.days_of_cover is not None else "none",
    ),
    Column("suggested_quantity", "Suggested", "integer", is_sortable=True),
)
_ON_DAY = (
    *_PRODUCT,
    Column("category", "Category", is_hidden_on_phone=True),
    Column("store", "Store"),
    Column("on_hand", "On hand", "integer", is_sortable=True),
)
_VALUE = (
    Column("store", "Store"),
    Column("category", "Category"),
    Column("on_hand", "Pieces", "integer"),
    Column("without_cost", "Of these without cost", "integer", is_hidden_on_phone=True),
    Column("stock_value", "Value at cost", "money"),
)

Draw = Callable[["Report", Connection, StockFilter, date | None, GridState], tuple[Markup, Markup]]


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its filters, the line above it, its grid, and what reads it."""

    search: gr.Textbox
    store: gr.Dropdown
    category: gr.Dropdown
    day: gr.Textbox
    note: gr.HTML
    grid: Grid
    state: gr.State
    draw: Draw

    @property
    def inputs(self) -> list[Any]:
        return [self.state, self.search, self.store, self.category, self.day]

    @property
    def outputs(self) -> list[Any]:
        return [self.state, self.note, self.grid]


def place_reorder() -> Report:
    """Create the reorder list."""
    grid = ("reorder", _REORDER, "Reorder list", ("Nothing to reorder", "Nothing is at its reorder point."))
    return _place(*grid, GridState("days_of_cover"), _draw_reorder, has_day=False)


def place_on_day() -> Report:
    """Create the report of what was on hand on a day."""
    grid = ("onday", _ON_DAY, "Stock on a day", ("No stock", "Change the filters, or choose a later day."))
    return _place(*grid, GridState("product"), _draw_on_day)


def place_value() -> Report:
    """Create the report of what the stock is worth."""
    grid = ("value", _VALUE, "Stock value", ("No stock", "Change the filters, or choose a later day."))
    return _place(*grid, GridState(), _draw_value)


def _place(
    name: str,
    columns: Sequence[Column],
    label: str,
    empty: tuple[str, str],
    state: GridState,
    draw: Draw,
    *,
    has_day: bool = True,
) -> Report:
    with gr.Row(elem_classes="filters"):
        search = gr.Textbox(
            "",
            label="Search",
            placeholder="Name, SKU, brand or barcode",
            max_lines=1,
            scale=3,
            min_width=220,
            elem_id=f"stock-{name}-search",
        )
        store = gr.Dropdown(
            [ALL_STORES], value=0, label="Store", min_width=150, elem_id=f"stock-{name}-store"
        )
        category = gr.Dropdown(
            [ALL_CATEGORIES], value=0, label="Category", min_width=150, elem_id=f"stock-{name}-category"
        )
        day = gr.Textbox(
            "",
            label="At the end of",
            placeholder="Now, or 2026-03-24",
            max_lines=1,
            min_width=140,
            visible=has_day,
            elem_id=f"stock-{name}-day",
        )
    note = panels.view(elem_id=f"stock-{name}-note")
    grid = Grid(columns, label=label, empty=empty, elem_id=f"stock-{name}-grid")
    return Report(search, store, category, day, note, grid, gr.State(state), draw)


def wire(workspace: Workspace, report: Report, tab: gr.Tab) -> None:
    """Connect a report, which is read whenever its tab comes on screen."""

    def find(request: gr.Request, state: GridState, *filters: Any) -> tuple[Any, ...]:
        return read(workspace, report, request, state.first_page(), *filters)

    def again(request: gr.Request, state: GridState, *filters: Any) -> tuple[Any, ...]:
        return read(workspace, report, request, state, *filters)

    def move(event: gr.EventData, request: gr.Request, state: GridState, *filters: Any) -> tuple[Any, ...]:
        return read(workspace, report, request, report.grid.follow(state, event), *filters)

    for turned in (report.grid.sorted, report.grid.paged):
        turned(move, report.inputs, report.outputs, **shell.READ)
    for changed in (
        report.search.change,
        report.store.input,
        report.category.input,
        report.day.submit,
        report.day.blur,
    ):
        changed(find, report.inputs, report.outputs, **shell.READ)
    tab.select(again, report.inputs, report.outputs, **shell.READ)


def read(
    workspace: Workspace,
    report: Report,
    request: gr.Request | None,
    state: GridState,
    text: str,
    store: int,
    category: int,
    day: str,
) -> tuple[GridState, Any, Any]:
    """The state, the line above the report, and its table."""
    try:
        wanted = StockFilter(text or "", store or None, category or None)
        on_day = past_day(day)
        with workspace.transaction(request) as connection:
            return state, *report.draw(report, connection, wanted, on_day, state)
    except Exception as error:
        return state, "", panels.error_state("The stock cannot be shown", explained(error))


def past_day(text: str) -> date | None:
    """The day typed, None for now. Raises InputError for one that has not begun anywhere."""
    day = typed.day(text or "", "The day")
    if day and day > (datetime.now(UTC) + _EARLIEST_ZONE).date():
        raise InputError(f"{written.date(day)} has not come yet. Choose a past day, or none for now.")
    return day


def _draw_reorder(
    report: Report, connection: Connection, wanted: StockFilter, _day: date | None, state: GridState
) -> tuple[Markup, Markup]:
    rows = StockReportsRepository(connection).reorder(
        wanted=wanted, sort=_order(state), limit=state.page_size, offset=state.offset
    )
    return panels.notice(RULE), _table(
        report,
        rows,
        state,
        lambda row: {
            "product": "Total",
            "on_hand": row.pieces,
            "suggested_quantity": row.suggested_pieces,
            "store": f"{row.places:,} places",
        },
    )


def _draw_on_day(
    report: Report, connection: Connection, wanted: StockFilter, day: date | None, state: GridState
) -> tuple[Markup, Markup]:
    rows = StockReportsRepository(connection).on_day(
        wanted=wanted, day=day, sort=_order(state), limit=state.page_size, offset=state.offset
    )
    note = panels.notice(f"By the ledger at the end of {written.date(day)} at each store." if day else _NOW)
    return note, _table(report, rows, state, lambda row: {"product": "Total", "on_hand": row.pieces})


def _draw_value(
    report: Report, connection: Connection, wanted: StockFilter, day: date | None, state: GridState
) -> tuple[Markup, Markup]:
    reports = StockReportsRepository(connection)
    rows = reports.value(wanted=wanted, day=day, limit=state.page_size, offset=state.offset)
    unvalued = reports.without_cost(wanted=wanted, day=day)
    company = ReferenceRepository(connection).settings()
    currency = company.base_currency_code if company else ""
    when = f"At the end of {written.date(day)} at each store, at the cost of that day" if day else "Now"
    note = panels.notice(f"{when}, in {currency}.")
    if unvalued:
        named = ", ".join(f"{row.product} ({row.sku}): {row.on_hand:,}" for row in unvalued)
        more = unvalued[0].products - len(unvalued)
        note = panels.stack(
            note,
            panels.notice(
                f"Products without a cost, so not in the value: {unvalued[0].products:,}. {named}"
                + (f", and {more:,} more." if more else "."),
                "warn",
            ),
        )
    return note, _table(
        report,
        rows,
        state,
        lambda row: {
            "store": "Total",
            "on_hand": row.all_on_hand,
            "without_cost": row.all_without_cost,
            "stock_value": row.all_stock_value,
        },
    )


def _order(state: GridState) -> str:
    return f"{state.sort} descending" if state.is_descending else state.sort


def _table(
    report: Report, rows: Sequence[Any], state: GridState, totals: Callable[[Any], dict[str, object]]
) -> Markup:
    if not rows:
        # On a page that is no more, the pager offers the way back.
        return report.grid.table([], total=int(state.page > 1), state=state)
    return report.grid.table(
        rows, total=rows[0].places, state=state, totals={"product_id": None, **totals(rows[0])}
    )
