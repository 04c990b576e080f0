"""The daily close: what the till should hold, what was counted, and the closes so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import CrpmError, InputError
from app.repositories.closes import BusinessDay, Close, ClosesRepository, CountedTaking, DayTotals, Taking
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.handlers import guarded
from app.ui.insights import is_at_least
from app.ui.typed_table import TypedRow, TypedTable
from app.workspace import Workspace

_PAGE = GridState(page_size=10)
METHODS = ("cash", "card", "transfer", "voucher", "other")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person had before them when they closed: the day, its version, and what was expected."""

    store_id: int
    day: date
    version: int
    expected: Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class DailyClose:
    """The components; `seen` holds the day on screen, None where it could not be read."""

    store: gr.Dropdown
    day: gr.Textbox
    look: gr.Button
    head: gr.HTML
    form: gr.Column
    table: TypedTable
    reason: gr.Textbox
    close: gr.Button
    seen: gr.State
    grid: Grid
    page: gr.State

    @property
    def outputs(self) -> list[Any]:
        return [self.seen, self.head, self.form, self.table, self.reason, self.close]


def build(workspace: Workspace, tab: gr.Tab) -> None:
    """Place and wire the screen inside the tab."""
    wire(workspace, place(), tab)


def place() -> DailyClose:
    """Create the components."""
    with gr.Row():
        store = gr.Dropdown([], label="Store", min_width=180, elem_id="close-store")
        day = gr.Textbox(
            "",
            label="Day",
            placeholder="Today, or 2026-03-24",
            max_lines=1,
            min_width=150,
            elem_id="close-day",
        )
        look = gr.Button("Look again", scale=0, min_width=120, elem_id="close-look")
    head = panels.view(elem_id="close-head")
    with gr.Column(visible=False, elem_classes="card", elem_id="close-form") as form:
        table = TypedTable(label="Takings", field="Counted", difference="Difference", elem_id="close-table")
        with gr.Row():
            reason = gr.Textbox(
                "",
                label="Why is the close corrected?",
                max_lines=1,
                min_width=240,
                visible=False,
                elem_id="close-reason",
            )
            close = gr.Button(
                "Close the day", variant="primary", scale=0, min_width=170, elem_id="close-book"
            )
    grid = Grid(
        [
            Column("business_day", "Day", "date"),
            Column("store", "Store"),
            Column("version", "Version", "integer", is_hidden_on_phone=True),
            Column("expected", "Expected", "money", currency_field="currency_code", is_hidden_on_phone=True),
            Column("counted", "Counted", "money", currency_field="currency_code", is_hidden_on_phone=True),
            Column("difference", "Difference", align="right", value=_difference),
            Column("arisen", "Arisen since", align="right", value=_arisen),
            Column("closed_at", "Closed", "timestamp", is_hidden_on_phone=True),
            Column("closed_by", "By", is_hidden_on_phone=True),
            Column("reason", "Reason", is_hidden_on_phone=True),
        ],
        label="Daily closes",
        empty=("No day has been closed yet", "Count the till above and close the day."),
        elem_id="closes-grid",
    )
    return DailyClose(
        store, day, look, head, form, table, reason, close, gr.State(None), grid, gr.State(_PAGE)
    )


def wire(workspace: Workspace, closing: DailyClose, tab: gr.Tab) -> None:
    """Connect the components; the day is read whenever the tab comes on screen."""

    def begin(store: int | None, day: str, page: GridState, request: gr.Request) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                stores = [(row.name, row.store_id) for row in ReferenceRepository(connection).stores()]
        except CrpmError:
            return [gr.skip(), *read(workspace, closing, store, day, request), gr.skip()]
        ids = [store_id for _, store_id in stores]
        chosen = store if store in ids else next(iter(ids), None)
        choices = gr.update(choices=stores, value=chosen)
        shown = read(workspace, closing, chosen, day, request)
        return [choices, *shown, closes(workspace, closing, page, request)]

    def show(store: int | None, day: str, request: gr.Request) -> list[Any]:
        return read(workspace, closing, store, day, request)

    def turn(event: gr.EventData, page: GridState, request: gr.Request) -> tuple[GridState, Any]:
        page = closing.grid.follow(page, event)
        return page, closes(workspace, closing, page, request)

    @guarded
    def save(seen: Seen | None, counts: dict[str, str], reason: str, request: gr.Request) -> list[Any]:
        if seen is None:
            raise InputError("Choose the store and the day.")
        version = book(workspace, request, seen, counts, reason)
        gr.Info("The day is closed." if version == 1 else f"The close is corrected: version {version}.")
        shown = read(workspace, closing, seen.store_id, written.date(seen.day), request)
        shown[closing.outputs.index(closing.reason)] = gr.update(visible=True, value="")
        return [*shown, _PAGE, closes(workspace, closing, _PAGE, request)]

    tab.select(
        begin,
        [closing.store, closing.day, closing.page],
        [closing.store, *closing.outputs, closing.grid],
        **shell.READ,
    )
    for changed in (closing.store.input, closing.day.submit, closing.day.blur, closing.look.click):
        changed(show, [closing.store, closing.day], closing.outputs, **shell.READ)
    closing.grid.paged(turn, closing.page, [closing.page, closing.grid], **shell.READ)
    closing.close.click(
        save,
        [closing.seen, closing.table, closing.reason],
        [*closing.outputs, closing.page, closing.grid],
        **shell.SAVE,
    )


def read(
    workspace: Workspace, closing: DailyClose, store: int | None, day: str, request: gr.Request | None
) -> list[Any]:
    """New values for the outputs: the day's figures, and what is expected by method, to be counted."""
    try:
        if store is None:
            raise InputError("Choose the store.")
        on_day = typed.day(day or "", "The day")
        with workspace.transaction(request) as connection:
            repository = ClosesRepository(connection)
            shown = repository.day(store_id=store, day=on_day)
            totals = repository.totals(store_id=store, day=shown.business_day)
            takings = repository.takings(store_id=store, day=shown.business_day, version=shown.version)
            decimals = {
                row.currency_code: row.minor_units for row in ReferenceRepository(connection).currencies()
            }
    except Exception as error:
        head = panels.error_state("The day cannot be shown", explained(error))
        return [None, head, gr.update(visible=False), gr.skip(), gr.skip(), gr.skip()]
    lines = _with_usual_methods(shown, takings)
    seen = Seen(
        store,
        shown.business_day,
        shown.version,
        {(line.currency_code, line.method): line.expected for line in lines},
    )
    is_closed = shown.version > 0
    return [
        seen,
        _head(shown, totals, takings),
        gr.update(visible=is_at_least(workspace.actor(request).role, "crpm_clerk")),
        _to_type(closing.table, shown, lines, decimals),
        gr.update(visible=is_closed),
        gr.update(value="Correct the close" if is_closed else "Close the day"),
    ]


def closes(workspace: Workspace, closing: DailyClose, page: GridState, request: gr.Request | None) -> Markup:
    """One page of the list of closes."""
    try:
        with workspace.transaction(request) as connection:
            rows = ClosesRepository(connection).page(limit=page.page_size, offset=page.offset)
    except Exception as error:
        return panels.error_state("The closes cannot be shown", explained(error))
    return closing.grid.table(rows, total=rows[0].closes if rows else int(page.page > 1), state=page)


def book(
    workspace: Workspace,
    request: gr.Request | None,
    seen: Seen,
    counts: Mapping[str, str],
    reason: str,
) -> int:
    """Close the day that was on screen with what was typed; the version. Raises CrpmError with nothing stored."""
    lines = [
        CountedTaking(currency, method, expected, signed_amount(text, f"{method.capitalize()} in {currency}"))
        for (currency, method), expected in seen.expected.items()
        if (text := counts.get(f"{currency}-{method}", ""))
    ]
    with workspace.transaction(request) as connection:
        return ClosesRepository(connection).close(
            store_id=seen.store_id,
            day=seen.day,
            lines=lines,
            follows_version=seen.version,
            reason=reason.strip() or None,
        )


def signed_amount(text: str, name: str) -> Decimal:
    """An amount, below zero where more was refunded than taken; InputError, naming the field, for anything else."""
    text = text.strip()
    return -typed.amount(text[1:], name) if text.startswith("-") else typed.amount(text, name)


def _with_usual_methods(day: BusinessDay, takings: Sequence[Taking]) -> list[Taking]:
    """What is expected, and every method in the store's currency, since money may be there that nobody expects."""
    known = {(line.currency_code, line.method) for line in takings}
    others = [
        Taking(day.currency_code, method, 0, Decimal(0), None, None)
        for method in METHODS
        if (day.currency_code, method) not in known
    ]
    return sorted(
        [*takings, *others],
        key=lambda line: (
            line.currency_code != day.currency_code,
            line.currency_code,
            METHODS.index(line.method),
        ),
    )


def _to_type(
    table: TypedTable, day: BusinessDay, lines: Sequence[Taking], decimals: Mapping[str, int]
) -> dict[str, Any]:
    rows = []
    for line in lines:
        places = decimals[line.currency_code]
        cells = [f"{line.method.capitalize()}, {line.currency_code}", f"{line.payments:,}"]
        cells.append(written.decimal(line.expected, places))
        if day.version:
            arisen = line.expected - (line.closed_expected or 0)
            cells.append(written.decimal(arisen, places) if arisen else "")
        counted = "" if line.counted is None else f"{line.counted:.{places}f}"
        rows.append(
            TypedRow(
                f"{line.currency_code}-{line.method}",
                f"{line.method} in {line.currency_code}",
                cells,
                counted,
                f"{line.expected:.{places}f}",
                places,
            )
        )
    columns = [("Method", "left"), ("Payments", "right wide"), ("Expected", "right")]
    if day.version:
        columns.append(("Arisen since closing", "right wide"))
    # Another version, day or store is another table, in which nothing has been typed.
    return table.show(f"{day.store_id}/{day.business_day}/{day.version}", columns, rows)


def _head(day: BusinessDay, totals: Sequence[DayTotals], takings: Sequence[Taking]) -> Markup:
    parts = [panels.heading(f"{day.store}, {written.date(day.business_day)}", detail=_state(day))]
    arisen = [line for line in takings if day.version and line.expected != (line.closed_expected or 0)]
    if arisen:
        changes = ", ".join(
            f"{written.money(line.expected - (line.closed_expected or 0), line.currency_code)} by {line.method}"
            for line in arisen
        )
        parts.append(panels.notice(f"Arisen since the day was closed: {changes}.", "warn"))
    if not totals:
        parts.append(panels.notice("Nothing was sold, returned or cancelled."))
    own_first = sorted(totals, key=lambda row: row.currency_code != day.currency_code)
    parts.extend(_facts(row, takings) for row in own_first)
    return panels.stack(*parts)


def _state(day: BusinessDay) -> str:
    if not day.version:
        return "Not closed yet"
    text = f"Closed {written.timestamp(day.closed_at)} by {day.closed_by}"
    return text + (f" (version {day.version}: {day.reason})" if day.reason else "")


def _facts(row: DayTotals, takings: Sequence[Taking]) -> Markup:
    taken = sum((line.expected for line in takings if line.currency_code == row.currency_code), Decimal(0))
    currency = row.currency_code
    return panels.section(
        f"In {currency}, tax included",
        panels.definition_list(
            [
                ("Sales", _of(row.sales_amount, currency, row.orders, "order")),
                ("Returns", _of(row.returned_amount, currency, row.returns, "return")),
                ("Cancelled", _of(row.cancelled_amount, currency, row.cancelled_orders, "order")),
                ("Tax", written.money(row.tax_amount, currency)),
                ("Expected takings", written.money(taken, currency)),
                ("Not paid yet", written.money(row.sales_amount - row.returned_amount - taken, currency)),
            ]
        ),
    )


def _of(amount: Decimal, currency: str, count: int, thing: str) -> str:
    return f"{written.money(amount, currency)} in {count:,} {thing}{'' if count == 1 else 's'}"


def _difference(row: Close) -> object:
    text = written.money(row.difference, row.currency_code)
    return panels.pill(text, "warn") if row.difference else text


def _arisen(row: Close) -> object:
    if row.arisen is None:
        return written.MISSING
    if not row.is_changed:
        return "none"
    # Nothing in all where one method has what another has lost, or another currency has come.
    text = written.money(row.arisen, row.currency_code) if row.arisen else "see the day"
    return panels.pill(text, "warn")
