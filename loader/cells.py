"""What the cells of each column mean: numbers, dates, countries and currencies, each distinct cell once."""

from collections import defaultdict
from collections.abc import Mapping as ReadOnlyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

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
    """A column of dates, and what those of them prove that depend on an order of day, month and year.

    All of these make sense in each of `orders`, some in each of `readable`; they are doubtful where some are another
    day in one of `orders` than in the other. The others `may_be_swapped` where no day is above 12; `is_swapped` tells
    the traces of a spreadsheet that took days for months. `examples` are by the order in which alone they make sense,
    "doubtful" and "sure".
    """

    load_file_id: int
    field: str
    file_name: str
    header: str
    orders: list[DateOrder]
    readable: list[DateOrder]
    is_doubtful: bool
    may_be_swapped: bool
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


AnyColumn = TypeVar("AnyColumn", DateColumn, NumberColumn)
AnyValue = TypeVar("AnyValue", DateOrder, DecimalMark)


def understand_cells(
    connection: Connection, *, load_id: int, date_order: DateOrder | None, decimal: DecimalMark | None
) -> None:
    """Understand numbers, dates, countries and currencies.

    What neither a column nor `date_order` or `decimal` decides is as it was decided for the file that this one mends.
    Raises UndecidedError, which names each column that is left, with examples.
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
    before = _Before(
        dict(connection.execute(query("loader/earlier_decisions").text, {"load_id": load_id}).fetchall())
    )
    with connection.cursor(row_factory=class_row(DateColumn)) as cursor:
        dates = [
            column if column.is_swapped else replace(column, is_swapped=before.was_swapped(column))
            for column in cursor.execute(query("loader/date_columns").text, {})
        ]
    with connection.cursor(row_factory=class_row(NumberColumn)) as cursor:
        numbers = cursor.execute(query("loader/number_columns").text, {}).fetchall()
    ordered: list[_Decision[DateColumn, DateOrder]] = [
        _Decision(column, order_of(column), date_order, before.order_of(column))
        for column in dates
        if column.readable or column.is_swapped
    ]
    marked: list[_Decision[NumberColumn, DecimalMark]] = [
        _Decision(column, mark, decimal, before.decimal_of(column))
        for column, mark in zip(numbers, decimals_of(numbers), strict=True)
    ]
    _ask(
        [decision.column for decision in ordered if is_undecided(decision.column, decision.answer)],
        [decision.column for decision in marked if not decision.value],
    )
    for order in ordered:
        swap = {"is_swapped_back": order.column.is_swapped and order.answer == "dmy"}
        parameters = {"date_order": order.value, **order.parameters, **swap}
        run(connection, "settle_dates", parameters)
        run(connection, "note_date_order", parameters)
    for mark in marked:
        parameters = {"decimal": mark.value, **mark.parameters}
        run(connection, "settle_numbers", parameters)
        if mark.column.point or mark.column.comma or mark.column.doubtful:
            run(connection, "note_decimal", parameters)


@dataclass(frozen=True, slots=True)
class _Decision(Generic[AnyColumn, AnyValue]):
    """What decides a column: what its own cells prove, else what a person answers, else what was decided before."""

    column: AnyColumn
    proven: AnyValue | None
    asked: AnyValue | None
    before: AnyValue | None

    @property
    def answer(self) -> AnyValue | None:
        return self.asked or self.before

    @property
    def value(self) -> AnyValue | None:
        return self.proven or self.answer

    @property
    def parameters(self) -> dict[str, Any]:
        decided_by = "file" if self.proven else "person" if self.asked else "earlier load"
        column = self.column
        of_column = {"load_file_id": column.load_file_id, "field": column.field, "header": column.header}
        return {**of_column, "decided_by": decided_by}


@dataclass(frozen=True, slots=True)
class _Before:
    """The notes about the files that those of a load mend, by the numbers of the latter."""

    notes: ReadOnlyMapping[int, ReadOnlyMapping[str, Any]]

    def order_of(self, column: DateColumn) -> DateOrder | None:
        noted = self._noted(column, "date_order")
        if not column.is_swapped:
            return noted.get("order")
        # Dates of a column that was swapped back may have been mended by hand since: only a person knows.
        return "ymd" if noted and not noted.get("is_swapped_back") else None

    def was_swapped(self, column: DateColumn) -> bool:
        return column.may_be_swapped and self._noted(column, "date_order").get("is_swapped_back", False)

    def decimal_of(self, column: NumberColumn) -> DecimalMark | None:
        return self._noted(column, "decimal").get("decimal")

    def _noted(self, column: DateColumn | NumberColumn, kind: str) -> dict[str, Any]:
        noted: dict[str, Any] = self.notes.get(column.load_file_id, {}).get(kind, {}).get(column.header, {})
        return noted


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


def order_of(column: DateColumn) -> DateOrder | None:
    """The order that a column's own dates prove, or None where no one makes sense of all, or several do in other ways."""
    return column.orders[0] if column.orders and not column.is_doubtful else None


def is_undecided(column: DateColumn, asked: DateOrder | None) -> bool:
    """Whether a person has to be asked about a column, in spite of what they have answered already."""
    if column.is_swapped and asked is None:
        return True
    return bool(column.readable) and order_of(column) is None and asked not in column.readable


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
        beyond = next((text for name, text in shown.items() if name != "sure"), "")
        seen = (
            f"; in all other dates it is {beyond}"
            if beyond
            else ", as when the file that this one mends was loaded"
        )
        return (
            f"{where}a spreadsheet seems to have swapped days and months. Where the year stands first no day is above "
            f"12 {shown['sure']}{seen}. Day first (dmy) swaps the former back, month or year first takes them as they "
            "stand."
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
