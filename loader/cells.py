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

_WRITTEN: dict[DateOrder, str] = {"mdy": "month/day", "dmy": "day/month", "ymd": "year/month/day"}


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates that depend on an order of day, month and year.

    All of them make sense in each of `orders`, some in each of `readable`; they are doubtful where some are another
    day in one of `orders` than in the other. `is_swapped` tells the traces of a spreadsheet that took days for months.
    `examples` are by the order in which alone they make sense, "doubtful" and "sure".
    """

    load_file_id: int
    field: str
    file_name: str
    header: str
    orders: list[DateOrder]
    readable: list[DateOrder]
    is_doubtful: bool
    is_swapped: bool
    examples: dict[str, list[str]]


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
    unordered = {"date_order": None, "is_swapped_back": False, "load_file_id": None, "field": None}
    run(connection, "settle_dates", unordered)
    with connection.cursor(row_factory=class_row(DateColumn)) as cursor:
        dates = cursor.execute(query("loader/date_columns").text, {}).fetchall()
    with connection.cursor(row_factory=class_row(NumberColumn)) as cursor:
        numbers = cursor.execute(query("loader/number_columns").text, {}).fetchall()
    decimals = list(zip(numbers, decimals_of(numbers), strict=True))
    _ask(
        [column for column in dates if is_undecided(column, date_order)],
        [column for column, mark in decimals if not (mark or decimal)],
    )
    for date_column in dates:
        _settle_dates(connection, date_column, date_order)
    for number_column, mark in decimals:
        _settle_decimal(connection, number_column, mark, decimal)


def _ask(dates: Sequence[DateColumn], numbers: Sequence[NumberColumn]) -> None:
    if dates or numbers:
        answers = {
            order for column in dates for order in (_WRITTEN if column.is_swapped else column.readable)
        }
        raise UndecidedError(
            "\n".join([*map(question_about, dates), *map(decimal_question, numbers)]),
            date_orders=tuple(order for order in _WRITTEN if order in answers),
            asks_decimal=bool(numbers),
        )


def _settle_dates(connection: Connection, column: DateColumn, asked: DateOrder | None) -> None:
    order = order_of(column)
    decision = {
        "load_file_id": column.load_file_id,
        "field": column.field,
        "header": column.header,
        "date_order": order or asked,
        "decided_by": "file" if order else "person",
        "is_swapped_back": column.is_swapped and asked == "dmy",
    }
    run(connection, "settle_dates", decision)
    run(connection, "note_date_order", decision)


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
    """The order that a column's own dates prove, or None where no one makes sense of all, or several do in other ways."""
    return column.orders[0] if column.orders and not column.is_doubtful else None


def is_undecided(column: DateColumn, asked: DateOrder | None) -> bool:
    """Whether a person has to be asked about a column, in spite of what they have answered already."""
    if column.is_swapped:
        return asked is None
    return order_of(column) is None and asked not in column.readable


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
    """What to ask about a column whose dates prove no one order, or that a spreadsheet has been through."""
    where = f"{column.file_name}, column {column.header}: "
    shown = {name: f"({'; '.join(examples)})" for name, examples in column.examples.items()}
    if column.is_swapped:
        beyond = next(shown[order] for order in column.orders if order in shown)
        return (
            f"{where}a spreadsheet seems to have swapped days and months. Where the year stands first no day is above "
            f"12 {shown['sure']}; in all other dates it is {beyond}. Day first (dmy) swaps the former back, month or "
            "year first takes them as they stand."
        )
    if column.orders:
        orders = " or ".join(_WRITTEN[order] for order in column.orders)
        return f"{where}every date could be {orders} {shown['doubtful']}."
    proofs = [f"as {_WRITTEN[order]} {shown[order]}" for order in _WRITTEN if order in shown]
    if len(proofs) > 1:
        return f"{where}some dates only make sense {', others only '.join(proofs)}."
    return f"{where}no order of day, month and year makes sense of all dates {' '.join(shown.values())}."


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
