"""Raw rows into the database, as text."""

import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import asdict, dataclass

from psycopg import Connection

from db.sqlfiles import query
from loader.expressions import Evaluate, NoMatchError, name_of
from loader.mapping import TARGETS, Columns, FileMapping
from loader.mojibake import GarbledText
from loader.progress import Moment, Progress, watched
from loader.queries import run
from loader.reading import Position, Record, SourceFile

NUL, SYMBOL_FOR_NUL = "\0", "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose rows are in staging; `fields` are those that it feeds."""

    load_file_id: int
    rows_read: int
    target: str
    fields: tuple[str, ...]
    has_unmatched: bool


def stage(
    connection: Connection,
    *,
    load_id: int,
    mapped: FileMapping,
    source: SourceFile,
    columns: Columns,
    values: ReadOnlyMapping[str, int | Evaluate],
    progress: Progress,
) -> StagedFile:
    """Copy a file's rows into staging, with file and line number, and return how many there were."""
    step, position = f"Reading {source.name} ({source.encoding})", Position()
    progress(Moment(step, share=0.0))
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
    records = watched(source.records(position), step, progress, position.share)
    rows = _rows(records, load_file_id, wanted, garbled)
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
