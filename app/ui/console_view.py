"""What the SQL console shows: results, plans, errors, the schema, and a chart of a result. Everything is escaped."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from markupsafe import Markup

from app.console import Answer
from app.errors import CrpmError, StatementError
from app.repositories.console import ConsoleRun, SavedQuery
from app.ui import format as written
from app.ui import panels
from app.ui.grid import Column
from db.console import ReadableColumn, ResultColumn

RUN_COLUMNS = (
    Column("statement", "Statement", value=lambda run: " ".join(run.statement.split())),
    Column("started_at", "When (UTC)", "timestamp", is_hidden_on_phone=True),
    Column("outcome", "Outcome", value=lambda run: _outcome(run)),
)
SAVED_COLUMNS = (
    Column("name", "Name"),
    Column(
        "statement", "Statement", is_hidden_on_phone=True, value=lambda one: " ".join(one.statement.split())
    ),
)
# Beyond so many bars nobody can tell one from another.
MOST_BARS = 60
_SHOWN_CHARACTERS = 160
_TITLE_CHARACTERS = 1_000
_LABEL_CHARACTERS = 60


def result(answer: Answer) -> Markup:
    """The rows as a table; a click on a long value shows more of it in its title."""
    head = Markup("").join(
        Markup('<th scope="col" class="{}" title="{}">{}</th>').format(
            _side(column), column.type_name, column.name
        )
        for column in answer.columns
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(_cell(column, value) for column, value in zip(answer.columns, row, strict=True))
        )
        for row in answer.rows
    )
    return Markup(
        '<div class="grid console-result"><div class="grid-scroll" tabindex="0"><table aria-label="Result">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></div>"
    ).format(head, body)


def account(answer: Answer, run_id: int) -> Markup:
    """How many rows there are, what they took, and the way to all of them."""
    count = f"{len(answer.rows):,}"
    rows = (
        f"The first {count} rows" if answer.has_more else f"{count} row{'' if len(answer.rows) == 1 else 's'}"
    )
    return Markup('<p class="console-account"><span>{} in {} s</span> {}</p>').format(
        rows,
        f"{answer.seconds:.3f}",
        Markup(
            '<a class="link" href="exports/console/{}.csv" download title="Runs the statement again">All rows as CSV</a>'
        ).format(run_id),
    )


def plan(lines: Iterable[str]) -> Markup:
    """A plan as PostgreSQL writes it."""
    return Markup('<pre class="console-plan" tabindex="0">{}</pre>').format("\n".join(lines))


def error(refused: CrpmError) -> Markup:
    """What is wrong with a statement, where, and what to do."""
    pointer = refused.pointer if isinstance(refused, StatementError) else ""
    hints = refused.hints if isinstance(refused, StatementError) else ()
    return Markup('<div class="console-error card" role="alert"><b>{}</b>{}{}</div>').format(
        str(refused),
        Markup("<pre>{}</pre>").format(pointer) if pointer else "",
        Markup("").join(Markup("<p>{}</p>").format(hint) for hint in hints),
    )


def schema(columns: Sequence[ReadableColumn]) -> Markup:
    """The tables and views that can be read, each to be unfolded; a click on a name writes it into the editor."""
    relations = Markup("").join(
        _relation(name, list(of_it)) for name, of_it in groupby(columns, key=lambda column: column.relation)
    )
    return Markup('<div class="console-schema">{}</div>').format(relations)


def _relation(name: str, columns: list[ReadableColumn]) -> Markup:
    listed = Markup("").join(
        Markup(
            '<li><button type="button" data-insert="{0}" title="{1}">{0}</button><span>{2}{3}</span></li>'
        ).format(
            column.column_name,
            column.column_comment or f"Write {column.column_name} into the editor",
            column.type_name,
            Markup(" \u2192 {}").format(column.refers_to) if column.refers_to else "",
        )
        for column in columns
    )
    return Markup(
        '<details><summary>{0}</summary><p>{1}</p><button type="button" data-insert="{0}">Write {0}</button><ul>{2}</ul></details>'
    ).format(name, columns[0].relation_comment, listed)


def _side(column: ResultColumn) -> str:
    return "right" if column.is_number else "left"


def _cell(column: ResultColumn, value: str | None) -> Markup:
    if value is None:
        return Markup('<td class="{} missing">{}</td>').format(_side(column), written.MISSING)
    shown = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "\u2026"
    return Markup('<td class="{}" title="{}"><bdi>{}</bdi></td>').format(
        _side(column), value[:_TITLE_CHARACTERS], shown
    )


def _outcome(run: ConsoleRun) -> object:
    if run.outcome == "answered" and run.row_count is not None:
        return f"{run.row_count:,} rows, {run.seconds:.2f} s"
    return panels.pill(run.outcome, "bad" if run.outcome == "refused" else "neutral")


# ---------------------------------------------------------------- charts


def chart_columns(answer: Answer) -> tuple[list[str], list[str]]:
    """Names for the axes of a chart: what it can be over (dates and texts first), and the numbers it can draw.

    A column is named by its place and its name, since two may have the same.
    """
    named = [(f"{place}. {column.name}", column) for place, column in enumerate(answer.columns, start=1)]
    over = sorted(named, key=lambda pair: (pair[1].is_number, not pair[1].is_time))
    return [name for name, _ in over], [name for name, column in named if column.is_number]


def kept_for_chart(answer: Answer) -> dict[str, Any]:
    """What a page keeps of a result to draw it."""
    names = [f"{place}. {column.name}" for place, column in enumerate(answer.columns, start=1)]
    return {
        "names": names,
        "times": [name for name, column in zip(names, answer.columns, strict=True) if column.is_time],
        "rows": [tuple(value and value[:_LABEL_CHARACTERS] for value in row) for row in answer.rows],
    }


def points(kept: dict[str, Any], over: str, figure: str) -> list[dict[str, Any]]:
    """The points of a chart: `x` and `y` of each row that has both."""
    names: list[str] = kept["names"]
    if over not in names or figure not in names:
        return []
    x, y = names.index(over), names.index(figure)
    is_time = over in kept["times"]
    found = []
    for row in kept["rows"]:
        height, place = _number(row[y]), _time(row[x]) if is_time else row[x]
        if height is not None and place is not None:
            found.append({"x": place, "y": height})
    return found


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _time(text: str | None) -> date | None:
    # As PostgreSQL writes them, "infinity" and years before Christ too.
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def statement_of(found: Sequence[ConsoleRun | SavedQuery], key: str) -> str | None:
    """The statement of the row that was picked."""
    for one in found:
        if key == (str(one.run_id) if isinstance(one, ConsoleRun) else one.name):
            return one.statement
    return None
