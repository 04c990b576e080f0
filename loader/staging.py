"""Raw rows into the database, as text, and what their columns give away about dates."""

import unicodedata
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import asdict, dataclass
from typing import Literal

from psycopg import Connection
from psycopg.rows import class_row

from db.sqlfiles import query
from loader.errors import UndecidedDateOrderError
from loader.expressions import Evaluate, NoMatchError, name_of
from loader.mapping import TARGETS, Columns, FileMapping
from loader.mojibake import GarbledText
from loader.queries import run
from loader.reading import Record, SourceFile

DateOrder = Literal["mdy", "dmy", "ymd"]
Progress = Callable[[str], None]
NUL, SYMBOL_FOR_NUL = "\0", "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose rows are in staging; `fields` are those that it feeds."""

    load_file_id: int
    rows_read: int
    target: str
    fields: tuple[str, ...]
    has_unmatched: bool


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


def stage(
    connection: Connection,
    *,
    load_id: int,
    mapped: FileMapping,
    source: SourceFile,
    columns: Columns,
    values: ReadOnlyMapping[str, int | Evaluate],
) -> StagedFile:
    """Copy a file's rows into staging, with file and line number, and return how many there were."""
    load_file_id: int = run(
        connection,
        "begin_file",
        {
            "load_id": load_id,
            "file_name": source.name,
            "target": mapped.target,
            "sha256": source.sha256,
            "encoding": source.encoding,
            "delimiter": source.delimiter,
            "header": list(source.header),
        },
    )
    for field, value in values.items():
        header = source.header[value] if isinstance(value, int) else name_of(mapped.fields[field])
        run(connection, "name_field", {"load_file_id": load_file_id, "field": field, "header": header})
    if columns.unread:
        run(
            connection,
            "note_unread_columns",
            {"load_file_id": load_file_id, "headers": list(columns.unread)},
        )
    wanted = {field: values.get(field) for field in TARGETS[mapped.target].fields}
    rows_read, has_unmatched, garbled = 0, False, GarbledText()
    rows = _rows(source.records(), load_file_id, wanted, garbled)
    with connection.cursor().copy(query(f"loader/copy_{mapped.target}").text) as copy:
        for rows_read, row in enumerate(rows, start=1):  # noqa: B007
            copy.write_row(row)
            has_unmatched = has_unmatched or row[4] is not None
    if garbled.rows:
        run(connection, "note_mojibake", {"load_file_id": load_file_id, **asdict(garbled)})
    return StagedFile(load_file_id, rows_read, mapped.target, tuple(values), has_unmatched)


def _rows(
    records: Iterator[Record],
    load_file_id: int,
    wanted: ReadOnlyMapping[str, int | Evaluate | None],
    garbled: GarbledText,
) -> Iterator[tuple[int | str | list[str] | None, ...]]:
    """Rows for COPY: PostgreSQL takes no NUL, and text of one form only (NFC), so that equal texts are equal.

    The fifth of a row is the problem of a lookup that has no match, as staging.source_rows keeps it.
    """
    nothing = (None,) * (len(wanted) + 1)
    is_plain = not any(callable(value) for value in wanted.values())
    places = [value if isinstance(value, int) else None for value in wanted.values()]
    for line, raw, cells, fault in records:
        if NUL in raw:
            fault = fault or "It holds a NUL character."
            raw = raw.replace(NUL, SYMBOL_FOR_NUL)
        if fault:
            yield (load_file_id, line, raw, fault, *nothing)
            continue
        if not raw.isascii():
            garbled.look_at(line, cells)
            cells = [unicodedata.normalize("NFC", cell) for cell in cells]
        found: list[str | None] = [None if place is None else cells[place] for place in places]
        unmatched = None if is_plain else _evaluate(wanted, cells, found)
        yield (load_file_id, line, raw, None, unmatched, *found)


def _evaluate(
    wanted: ReadOnlyMapping[str, int | Evaluate | None], cells: list[str], found: list[str | None]
) -> list[str] | None:
    """Fill in the values that are more than a cell; the problem of the first lookup that has no match, if any."""
    unmatched = None
    for place, (field, value) in enumerate(wanted.items()):
        if callable(value):
            try:
                found[place] = value(cells)
            except NoMatchError as error:
                unmatched = unmatched or [field, "no_match", str(error)]
    return unmatched


def understand_cells(connection: Connection, *, asked: DateOrder | None) -> None:
    """Understand numbers, dates, countries and currencies.

    Raises UndecidedDateOrderError, which names each column that `asked` would have to decide, with examples.
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
        columns = cursor.execute(query("loader/date_columns").text, {}).fetchall()
    if not asked and (undecided := [column for column in columns if order_of(column) is None]):
        raise UndecidedDateOrderError("\n".join(question_about(column) for column in undecided))
    for column in columns:
        order = order_of(column)
        decision = {
            "load_file_id": column.load_file_id,
            "field": column.field,
            "header": column.header,
            "date_order": order or asked,
            "decided_by": "file" if order else "person",
        }
        run(connection, "settle_dates", decision)
        run(connection, "note_date_order", decision)


def order_of(column: DateColumn) -> DateOrder | None:
    """The order that a column's own dates prove, or None where they prove both, or none and leave doubts."""
    if column.month_first and not column.day_first:
        return "mdy"
    if column.day_first and not column.month_first:
        return "dmy"
    return None if column.month_first or column.doubtful else "mdy"


def question_about(column: DateColumn) -> str:
    """What to ask about a column whose dates prove no one order."""
    where = f"{column.file_name}, column {column.header}: "
    if column.month_first:
        return (
            f"{where}some dates only make sense as month/day ({'; '.join(column.month_first_examples or [])}), "
            f"others only as day/month ({'; '.join(column.day_first_examples or [])})."
        )
    return f"{where}every date could be month/day or day/month ({'; '.join(column.doubtful_examples or [])})."
