"""What a mapping makes of a folder's files, shown on their first rows before anything is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loader.expressions import Evaluate, NoMatchError, as_function, name_of
from loader.lookups import read_lookups, values_of
from loader.mapping import Mapping, match_columns
from loader.reading import inspect

_ROWS = 3


@dataclass(frozen=True, slots=True)
class UnderstoodField:
    """A field of a target: what feeds it, and its values in the first rows."""

    field: str
    fed_by: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class UnderstoodFile:
    """A file: its form, what it is about, its fields, and the columns that feed nothing."""

    name: str
    target: str
    encoding: str
    delimiter: str
    fields: Sequence[UnderstoodField]
    unread: Sequence[str]


def understand(folder: Path, mapping: Mapping) -> tuple[list[UnderstoodFile], list[str]]:
    """The folder's files as the mapping understands them, and the names of those that it does not.

    Raises LoadError, as a load of these files by this mapping would.
    """
    found, ignored = mapping.files_in(folder)
    tables = read_lookups(folder, [mapped for mapped, _ in found])
    files = []
    for mapped, path in found:
        source = inspect(path, mapped.headers)
        columns = match_columns(mapped, source.name, source.header)
        rows = list(islice((record.cells for record in source.records() if not record.fault), _ROWS))
        values = values_of(mapped, columns, tables)
        fields = [
            UnderstoodField(name, name_of(mapped.fields[name]), _values(value, rows))
            for name, value in values.items()
        ]
        files.append(
            UnderstoodFile(
                source.name, mapped.target, source.encoding, source.delimiter, fields, columns.unread
            )
        )
    return files, ignored


def _values(value: int | Evaluate, rows: Sequence[list[str]]) -> list[str]:
    get = as_function(value)
    found = []
    for cells in rows:
        try:
            found.append(get(cells).strip())
        except NoMatchError as error:
            found.append(f"no match for {error}")
    return found
