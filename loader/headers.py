"""Where a table begins: its delimiter and its header, below whatever stands above it."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

DELIMITERS = ",;\t|"
NUMBER_OR_DATE = re.compile(r"[-+]?[$€£¥]?\s?[0-9][0-9.,:/\s-]*%?")


class Row(NamedTuple):
    """A row of a table's beginning, the line on which it starts, and how many it takes; blank rows are left out."""

    line: int
    cells: list[str]
    lines: int = 1


class Form(NamedTuple):
    """A delimiter, the header that it gives, and the line on which that starts."""

    delimiter: str
    header: tuple[str, ...]
    line: int


def folded(name: str) -> str:
    """A file's or column's name without case, spaces, underscores and hyphens."""
    return "".join(letter for letter in name.casefold() if letter not in " _-\t\N{NO-BREAK SPACE}")


def find_form(beginnings: Mapping[str, list[Row]], wanted: Collection[str]) -> Form | None:
    """The form of a table, of whose beginning each delimiter gives other rows; None where there is no row.

    The header is the first row that has most of the columns `wanted`. Where none of them is there, it is judged by the
    shape of the table: titles, dates of export and the like are narrower than what stands below them.
    """
    given = {delimiter: rows for delimiter, rows in beginnings.items() if rows}
    if not given:
        return None
    return _by_names(given, {folded(name) for name in wanted}) or _by_shape(given)


def has_any(header: Collection[str], wanted: Collection[str]) -> bool:
    """Whether a header has at least one of the columns."""
    return not {folded(cell) for cell in header}.isdisjoint(map(folded, wanted))


def _by_names(beginnings: Mapping[str, list[Row]], wanted: Collection[str]) -> Form | None:
    best, most = None, (0, 0)
    for delimiter, rows in beginnings.items():
        for place, row in enumerate(rows):
            found = len({folded(cell) for cell in row.cells} & set(wanted))
            # One name alone may as well be a title or a cell.
            if (found > 1 or not place) and found and (found, len(row.cells)) > most:
                best, most = _form(delimiter, row), (found, len(row.cells))
    return best


def _by_shape(beginnings: Mapping[str, list[Row]]) -> Form:
    return max((_judged(delimiter, rows) for delimiter, rows in beginnings.items()), key=lambda x: x[0])[1]


def _judged(delimiter: str, rows: list[Row]) -> tuple[tuple[bool, bool, int, int], Form]:
    """The form that a delimiter gives, and how much speaks for it: more is better, from left to right."""
    widths = Counter(len(row.cells) for row in rows)
    width = max(widths, key=lambda cells: (widths[cells], cells))
    place = next((place for place, row in enumerate(rows) if not _is_title(row.cells, width)), 0)
    header = rows[place].cells
    is_of_names = not any(NUMBER_OR_DATE.fullmatch(cell.strip()) for cell in header)
    # Lines, not rows: a wrong delimiter makes several rows of a cell with line ends in it.
    alike = sum(row.lines for row in rows[place:] if len(row.cells) == len(header)) if width > 1 else 0
    return (width > 1, is_of_names, alike, len(header)), _form(delimiter, rows[place])


def _is_title(cells: list[str], width: int) -> bool:
    """Whether a row above a table of that width is a title, or a pair such as "Exported", "2024-01-31"."""
    filled = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    if filled >= width:
        return False
    is_pair = filled <= 2 and any(NUMBER_OR_DATE.fullmatch(cell.strip()) for cell in cells)
    # A header may have few names in front of many blanks, but hardly where the blanks are not even written.
    return is_pair or 2 * filled < width + (len(cells) < width)


def _form(delimiter: str, row: Row) -> Form:
    return Form(delimiter, tuple(cell.strip() for cell in row.cells), row.line)
