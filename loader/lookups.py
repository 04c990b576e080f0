"""Files of a folder in which others look things up: read whole into memory, by key."""

import unicodedata
from collections.abc import Mapping as ReadOnlyMapping
from pathlib import Path

from loader.errors import MappingError, UnreadableFileError
from loader.expressions import Evaluate, LookedUp, NoMatchError, as_function, evaluator, lookup_in
from loader.headers import folded
from loader.mapping import Columns, FileMapping, LookupMapping, in_order
from loader.reading import SourceFile, inspect

# Rows of one lookup, which take about 100 MB: what is longer belongs into a join before the export.
MOST_ROWS = 500_000

Table = dict[str, str]


def read_lookups(folder: Path, asking: list[FileMapping]) -> dict[LookedUp, Table]:
    """The tables that files of these kinds look things up in, by lookup and column.

    Raises MappingError where there is no such file or column, and UnreadableFileError for a file with a row that
    cannot be taken apart, a key that stands for two things, or more than MOST_ROWS rows.
    """
    tables: dict[LookedUp, Table] = {}
    for mapped in asking:
        for looked_up, where in _asked_of(mapped).items():
            if looked_up not in tables:
                tables[looked_up] = _read_table(
                    folder, mapped.lookups[looked_up.lookup], looked_up.header, f"{mapped.origin}, {where}"
                )
    return tables


def _asked_of(mapped: FileMapping) -> dict[LookedUp, str]:
    """Each lookup's column that a kind of file asks for, with the place in the mapping that asks first."""
    asked: dict[LookedUp, str] = {}
    for name, expression in mapped.fields.items():
        where = f"{mapped.target}, {name}"
        looked_up = lookup_in(expression)
        while looked_up:
            asked.setdefault(looked_up, where)
            where = f"lookups.{looked_up.lookup}, by"
            looked_up = lookup_in(mapped.lookups[looked_up.lookup].by)
    return asked


def _read_table(folder: Path, lookup: LookupMapping, header: str, where: str) -> Table:
    table: Table = {}
    lines: dict[str, int] = {}
    paths = in_order(sorted(path for path in folder.iterdir() if path.is_file()), lookup.patterns)
    if not paths:
        raise MappingError(
            f"{where}: the lookup {lookup.name} needs {' or '.join(lookup.patterns)}, which {folder} does not hold."
        )
    for path in paths:
        source = inspect(path, (lookup.key, header))
        key_at, value_at = (_place(source, lookup, name, where) for name in (lookup.key, header))
        for line, raw, cells, fault in source.records():
            if "\0" in raw:
                fault = fault or "It holds a NUL character."
            if fault:
                raise UnreadableFileError(
                    f"{source.name}, line {line}: {fault} Mend it: the lookup {lookup.name} needs every row."
                )
            key, value = (unicodedata.normalize("NFC", cells[place]).strip() for place in (key_at, value_at))
            if table.setdefault(key, value) != value:
                raise UnreadableFileError(
                    f"{source.name}, line {line}: the key {key} has another {header} than on line {lines[key]}. "
                    f"The lookup {lookup.name} needs one row a key."
                )
            lines.setdefault(key, line)
            if len(table) > MOST_ROWS:
                raise UnreadableFileError(
                    f"{source.name} has more than {MOST_ROWS:,} keys, the most that a lookup may have."
                )
    return table


def _place(source: SourceFile, lookup: LookupMapping, name: str, where: str) -> int:
    places = [place for place, header in enumerate(source.header) if folded(header) == folded(name)]
    if len(places) > 1:
        raise UnreadableFileError(f"{source.name} has two columns {name}: rename or remove one.")
    if not places:
        raise MappingError(
            f"{where}: {source.name}, in which the lookup {lookup.name} looks, has no column {name}. "
            f"It has {', '.join(source.header)}."
        )
    return places[0]


def values_of(
    mapped: FileMapping, columns: Columns, tables: ReadOnlyMapping[LookedUp, Table]
) -> dict[str, int | Evaluate]:
    """How to get the value of each field that a file feeds from the cells of its rows; see expressions.evaluator."""
    lookups: dict[LookedUp, Evaluate] = {}
    # From the inside: a lookup whose key is looked up comes after that one.
    for name in columns.fields:
        way = []
        looked_up = lookup_in(mapped.fields[name])
        while looked_up:
            way.append(looked_up)
            looked_up = lookup_in(mapped.lookups[looked_up.lookup].by)
        for asked in reversed(way):
            lookup = mapped.lookups[asked.lookup]
            get_key = as_function(evaluator(lookup.by, columns.places, lookups))
            lookups[asked] = _finder(get_key, lookup, tables[asked])
    return {name: evaluator(mapped.fields[name], columns.places, lookups) for name in columns.fields}


def _finder(get_key: Evaluate, lookup: LookupMapping, table: Table) -> Evaluate:
    def find(cells: list[str]) -> str:
        key = get_key(cells).strip()
        if not key:
            return ""
        if key not in table:
            raise NoMatchError(f'"{key[:100]}" in the column {lookup.key} of {" or ".join(lookup.patterns)}')
        return table[key]

    return find
