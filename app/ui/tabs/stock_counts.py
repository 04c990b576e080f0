"""Count sheets: made, printed, and typed back on the same sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import InputError
from app.repositories.counts import CountLine, CountSheet, CountsRepository
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.handlers import guarded
from app.ui.tabs.stock_reports import ALL_CATEGORIES
from app.ui.typed_table import TypedRow, TypedTable
from app.workspace import Workspace

_PAGE = GridState(page_size=10)
_PRINT = """() => {
    document.body.classList.add('printing-sheet');
    window.addEventListener('afterprint', () => document.body.classList.remove('printing-sheet'), { once: true });
    window.print();
}"""


@dataclass(frozen=True, slots=True)
class Counting:
    """The components; `sheet` holds the number of the sheet on screen, 0 for none."""

    store: gr.Dropdown
    category: gr.Dropdown
    make: gr.Button
    grid: Grid
    page: gr.State
    sheet: gr.State
    column: gr.Column
    head: gr.HTML
    table: TypedTable
    result: Grid
    form: gr.Column
    is_expected_shown: gr.Checkbox
    counted_at: gr.Textbox
    print: gr.Button
    book: gr.Button

    @property
    def sheet_outputs(self) -> list[Any]:
        return [self.sheet, self.column, self.head, self.table, self.result, self.form]


def place() -> Counting:
    """Create the components."""
    with gr.Row():
        store = gr.Dropdown([], label="Store", min_width=160, elem_id="counts-store")
        category = gr.Dropdown(
            [ALL_CATEGORIES], value=0, label="Category", min_width=160, elem_id="counts-category"
        )
        make = gr.Button("Make a count sheet", variant="primary", min_width=170, elem_id="counts-make")
    with gr.Column(visible=False, elem_id="count-sheet") as column:
        with gr.Column(elem_classes="card", elem_id="count-paper"):
            head = panels.view(elem_id="count-head")
            table = TypedTable(label="Count sheet", field="Counted", elem_id="count-table")
            result = Grid(
                [
                    Column("line_number", "Line", "integer", is_hidden_on_phone=True),
                    Column("sku", "SKU", is_hidden_on_phone=True),
                    Column("product", "Product"),
                    Column("expected", "Expected", "integer"),
                    Column("counted", "Counted", "integer"),
                    Column("difference", "Difference", align="right", value=_difference),
                ],
                label="What was counted",
                elem_id="count-result",
            )
        with gr.Column(elem_classes="card") as form, gr.Row():
            counted_at = gr.Textbox(
                "",
                label="Counted at (time at the store)",
                placeholder="2026-03-24 17:05; empty: when made",
                max_lines=1,
                min_width=260,
                elem_id="count-at",
            )
            is_expected_shown = gr.Checkbox(
                value=False, label="Show what the ledger expects", min_width=200, elem_id="count-expected"
            )
            print_sheet = gr.Button("Print", min_width=90, elem_id="count-print")
            book = gr.Button("Book the count", variant="primary", min_width=150, elem_id="count-book")
    grid = Grid(
        [
            Column("count_sheet_id", "Sheet", "integer"),
            Column("store", "Store"),
            Column("category", "Category", value=_category, is_hidden_on_phone=True),
            Column("made_at", "Made", "timestamp"),
            Column("made_by", "By", is_hidden_on_phone=True),
            Column("counted_at", "Counted", "timestamp", is_hidden_on_phone=True),
            Column("typed_by", "Typed by", is_hidden_on_phone=True),
            Column("lines", "Counted lines", align="right", value=_lines, is_hidden_on_phone=True),
            Column("booked_pieces", "Booked", align="right", value=_booked),
        ],
        label="Count sheets",
        row_key="count_sheet_id",
        empty=("No count sheet yet", "Choose a store and make one."),
        elem_id="counts-grid",
    )
    return Counting(
        store,
        category,
        make,
        grid,
        gr.State(_PAGE),
        gr.State(0),
        column,
        head,
        table,
        result,
        form,
        is_expected_shown,
        counted_at,
        print_sheet,
        book,
    )


def wire(workspace: Workspace, counting: Counting, tab: gr.Tab) -> None:
    """Connect the components; the list is read whenever the tab comes on screen."""

    def turn(event: gr.EventData, page: GridState, request: gr.Request) -> tuple[GridState, Any]:
        page = counting.grid.follow(page, event)
        return page, sheets(workspace, counting, page, request)

    def list_again(page: GridState, request: gr.Request) -> Any:
        return sheets(workspace, counting, page, request)

    def open_sheet(event: gr.EventData, is_expected_shown: bool, request: gr.Request) -> list[Any]:
        key = Grid.opened_key(event)
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
        return read(workspace, counting, number, request, is_expected_shown=is_expected_shown)

    def show_again(number: int, is_expected_shown: bool, request: gr.Request) -> list[Any]:
        return read(workspace, counting, number, request, is_expected_shown=is_expected_shown)

    @guarded
    def make(store: int | None, category: int, is_expected_shown: bool, request: gr.Request) -> list[Any]:
        if store is None:
            raise InputError("Choose the store to count at.")
        with workspace.transaction(request) as connection:
            number = CountsRepository(connection).make(store_id=store, category_id=category or None)
        opened = read(workspace, counting, number, request, is_expected_shown=is_expected_shown)
        return [*opened, _PAGE, sheets(workspace, counting, _PAGE, request)]

    @guarded
    def save(
        number: int, counts: dict[str, str], counted_at: str, page: GridState, request: gr.Request
    ) -> list[Any]:
        gr.Info(book(workspace, request, number, counts, counted_at))
        opened = read(workspace, counting, number, request, is_expected_shown=True)
        return [*opened, "", sheets(workspace, counting, page, request)]

    shown, listed = counting.sheet_outputs, [counting.page, counting.grid]
    counting.grid.paged(turn, counting.page, listed, **shell.READ)
    counting.grid.opened(open_sheet, counting.is_expected_shown, shown, **shell.READ)
    tab.select(list_again, counting.page, counting.grid, **shell.READ)
    counting.is_expected_shown.input(
        show_again, [counting.sheet, counting.is_expected_shown], shown, **shell.READ
    )
    counting.make.click(
        make,
        [counting.store, counting.category, counting.is_expected_shown],
        [*shown, *listed],
        **shell.SAVE,
    )
    counting.book.click(
        save,
        [counting.sheet, counting.table, counting.counted_at, counting.page],
        [*shown, counting.counted_at, counting.grid],
        **shell.SAVE,
    )
    counting.print.click(None, js=_PRINT, **shell.READ)


def sheets(workspace: Workspace, counting: Counting, page: GridState, request: gr.Request | None) -> Markup:
    """One page of the list of sheets."""
    try:
        with workspace.transaction(request) as connection:
            rows = CountsRepository(connection).page(limit=page.page_size, offset=page.offset)
    except Exception as error:
        return panels.error_state("The count sheets cannot be shown", explained(error))
    return counting.grid.table(rows, total=rows[0].sheets if rows else int(page.page > 1), state=page)


def read(
    workspace: Workspace,
    counting: Counting,
    number: int,
    request: gr.Request | None,
    *,
    is_expected_shown: bool,
) -> list[Any]:
    """New values for the sheet's outputs: to type into while it is open, what was counted after that."""
    try:
        with workspace.transaction(request) as connection:
            counts = CountsRepository(connection)
            sheet = counts.get(count_sheet_id=number)
            lines = counts.lines(count_sheet_id=number)
    except Exception as error:
        head = panels.error_state("The count sheet cannot be shown", explained(error))
        nothing = counting.table.show("", [], [])
        return [0, gr.update(visible=True), head, nothing, gr.update(visible=False), gr.update(visible=False)]
    is_open = sheet.typed_at is None
    table = _to_type(counting.table, sheet, lines, is_expected_shown=is_expected_shown)
    return [
        number,
        gr.update(visible=True),
        _head(sheet),
        gr.update(value=table, visible=is_open),
        gr.update(value=counting.result.table(lines), visible=not is_open),
        gr.update(visible=is_open),
    ]


def book(
    workspace: Workspace, request: gr.Request | None, number: int, counts: Mapping[str, str], counted_at: str
) -> str:
    """Type the sheet back; tells what was booked. Raises CrpmError, naming every wrong line, with nothing booked."""
    moment = typed.moment(counted_at, "Counted at")
    with workspace.transaction(request) as connection:
        repository = CountsRepository(connection)
        lines = repository.lines(count_sheet_id=number)
        done = repository.record(count_sheet_id=number, counted=read_counts(lines, counts), counted_at=moment)
    blank = len(lines) - done.counted_lines
    return (
        f"{done.counted_lines:,} counted, {done.booked_lines:,} differed ({done.booked_pieces:+,} pieces)"
        + (f", {blank:,} left blank." if blank else ".")
    )


def read_counts(lines: Sequence[CountLine], counts: Mapping[str, str]) -> dict[int, int]:
    """Pieces by line number, without what was left blank. Raises InputError that names every line that is no number."""
    counted: dict[int, int] = {}
    problems = []
    for line in lines:
        text = counts.get(str(line.line_number), "")
        try:
            if text:
                counted[line.line_number] = typed.whole_number(text, f"{line.product} ({line.sku})")
        except InputError as error:
            problems.append(f"Line {line.line_number}: {error}")
    if problems:
        raise InputError(" ".join(problems))
    if not counted:
        raise InputError("Type what was counted of at least one product.")
    return counted


def _to_type(
    table: TypedTable, sheet: CountSheet, lines: Sequence[CountLine], *, is_expected_shown: bool
) -> dict[str, Any]:
    columns = [("Line", "right"), ("SKU", "left"), ("Product", "left")]
    if is_expected_shown:
        columns.append(("Expected", "right"))
    rows = [
        TypedRow(
            str(line.line_number),
            line.product,
            [
                str(line.line_number),
                line.sku,
                line.product,
                *([f"{line.expected:,}"] if is_expected_shown else []),
            ],
        )
        for line in lines
    ]
    return table.show(f"sheet-{sheet.count_sheet_id}", columns, rows)


def _head(sheet: CountSheet) -> Markup:
    detail = f"{sheet.store} \u00b7 {_category(sheet)} \u00b7 made {written.timestamp(sheet.made_at)} by {sheet.made_by}"
    if sheet.typed_at:
        detail += f" \u00b7 counted {written.timestamp(sheet.counted_at)}, typed back by {sheet.typed_by}"
    else:
        detail += " \u00b7 counted by ____________ at ________"
    return panels.heading(f"Count sheet {sheet.count_sheet_id}", detail=detail)


def _category(sheet: CountSheet) -> str:
    return sheet.category or "All categories"


def _lines(sheet: CountSheet) -> str:
    return f"{sheet.counted_lines:,} of {sheet.lines:,}"


def _booked(sheet: CountSheet) -> object:
    return f"{sheet.booked_pieces:+,}" if sheet.typed_at else panels.pill("open", "info")


def _difference(line: CountLine) -> str:
    return written.MISSING if line.difference is None else f"{line.difference:+,}" if line.difference else "0"
