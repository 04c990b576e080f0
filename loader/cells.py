"""What the cells of each column mean: numbers, dates, countries and currencies, each distinct cell once."""

from collections import defaultdict
from collections.abc import Mapping as ReadOnlyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg import Connection
from psycopg.rows import class_row

from db.sqlfiles import query
from loader.errors import UndecidedError
from loader.queries import run

DateOrder = Literal["mdy", "dmy", "ymd"]
DecimalMark = Literal["point", "comma"]


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates with the year last: how many of its distinct dates can be read in which way, and examples."""

    load_file_id: int
    field: str
    file_name: str
    header: str
    month_first: int
    day_first: int
    doubtful: int
    month_first_examples: list[str] | None
    day_first_examples: list[str] | None
    doubtful_examples: list[str] | None


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers: how many of its distinct cells have a decimal point or comma for sure, and examples.

    `doubtful` ones, such as 1.234, are another number in either way; of those of a column of whole numbers,
    `whole_by_point` and `whole_by_comma` are whole in that way only.
    """

    load_file_id: int
    field: str
    file_name: str
    header: str
    point: int
    comma: int
    doubtful: int
    whole_by_point: int
    whole_by_comma: int
    point_examples: list[str] | None
    comma_examples: list[str] | None
    doubtful_examples: list[str] | None


def understand_cells(
    connection: Connection, *, date_order: DateOrder | None, decimal: DecimalMark | None
) -> None:
    """Understand numbers, dates, countries and currencies.

    Raises UndecidedError, which names each column that `date_order` or `decimal` would have to decide, with examples.
    """
    run(connection, "analyze_source_rows", {})
    for step in (
        "collect_cells",
        "analyze_cells",
        "read_numbers",
        "read_countries",
        "read_currencies",
        "read_dates",
    ):
        run(connection, step, {})
    run(connection, "settle_dates", {"date_order": None, "load_file_id": None, "field": None})
    with connection.cursor(row_factory=class_row(DateColumn)) as cursor:
        dates = cursor.execute(query("loader/date_columns").text, {}).fetchall()
    with connection.cursor(row_factory=class_row(NumberColumn)) as cursor:
        numbers = cursor.execute(query("loader/number_columns").text, {}).fetchall()
    orders = [(column, order_of(column)) for column in dates]
    decimals = list(zip(numbers, decimals_of(numbers), strict=True))
    questions = _Questions(
        [] if date_order else [question_about(column) for column, order in orders if order is None],
        [] if decimal else [decimal_question(column) for column, mark in decimals if mark is None],
    )
    questions.ask()
    for column, order in orders:
        decision = {
            "load_file_id": column.load_file_id,
            "field": column.field,
            "header": column.header,
            "date_order": order or date_order,
            "decided_by": "file" if order else "person",
        }
        run(connection, "settle_dates", decision)
        run(connection, "note_date_order", decision)
    for number_column, mark in decimals:
        _settle_decimal(connection, number_column, mark, decimal)


@dataclass(frozen=True, slots=True)
class _Questions:
    dates: Sequence[str]
    decimals: Sequence[str]

    def ask(self) -> None:
        if self.dates or self.decimals:
            raise UndecidedError(
                "\n".join([*self.dates, *self.decimals]),
                asks_date_order=bool(self.dates),
                asks_decimal=bool(self.decimals),
            )


def _settle_decimal(
    connection: Connection, column: NumberColumn, mark: DecimalMark | None, asked: DecimalMark | None
) -> None:
    decision = {
        "load_file_id": column.load_file_id,
        "field": column.field,
        "header": column.header,
        "decimal": mark or asked,
        "decided_by": "file" if mark else "person",
    }
    run(connection, "settle_numbers", decision)
    if column.point or column.comma or column.doubtful:
        run(connection, "note_decimal", decision)


def order_of(column: DateColumn) -> DateOrder | None:
    """The order that a column's own dates prove, or None where they prove both, or none and leave doubts."""
    if column.month_first and not column.day_first:
        return "mdy"
    if column.day_first and not column.month_first:
        return "dmy"
    return None if column.month_first or column.doubtful else "mdy"


def decimals_of(columns: Sequence[NumberColumn]) -> list[DecimalMark | None]:
    """The decimal point or comma of each column, or None where its cells prove both, or none and leave doubts.

    Where only whole numbers make sense, 1.234 is 1234, unless another column of the file proves a decimal point.
    """
    proven = [_proven(column) for column in columns]
    of_file: ReadOnlyMapping[int, set[DecimalMark]] = defaultdict(set)
    for column, mark in zip(columns, proven, strict=True):
        if mark and (column.point or column.comma):
            of_file[column.load_file_id].add(mark)
    return [
        mark or _of_whole_numbers(column, of_file[column.load_file_id])
        for column, mark in zip(columns, proven, strict=True)
    ]


def _proven(column: NumberColumn) -> DecimalMark | None:
    if column.point and not column.comma:
        return "point"
    if column.comma and not column.point:
        return "comma"
    return None if column.point or column.doubtful else "point"


def _of_whole_numbers(column: NumberColumn, of_file: set[DecimalMark]) -> DecimalMark | None:
    if column.point or column.comma or bool(column.whole_by_point) == bool(column.whole_by_comma):
        return None
    mark: DecimalMark = "point" if column.whole_by_point else "comma"
    return mark if of_file <= {mark} else None


def question_about(column: DateColumn) -> str:
    """What to ask about a column whose dates prove no one order."""
    where = f"{column.file_name}, column {column.header}: "
    if column.month_first:
        return (
            f"{where}some dates only make sense as month/day ({'; '.join(column.month_first_examples or [])}), "
            f"others only as day/month ({'; '.join(column.day_first_examples or [])})."
        )
    return f"{where}every date could be month/day or day/month ({'; '.join(column.doubtful_examples or [])})."


def decimal_question(column: NumberColumn) -> str:
    """What to ask about a column whose numbers prove neither a decimal point nor a comma, or both."""
    where = f"{column.file_name}, column {column.header}: "
    if column.point and column.comma:
        return (
            f"{where}some numbers only make sense with a decimal point ({'; '.join(column.point_examples or [])}), "
            f"others only with a decimal comma ({'; '.join(column.comma_examples or [])})."
        )
    return (
        f"{where}nothing tells whether points and commas stand before decimals or between thousands "
        f"({'; '.join(column.doubtful_examples or [])})."
    )
