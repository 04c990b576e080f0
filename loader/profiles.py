"""What the columns of a file look like: dates, numbers, keys; for proposing a mapping."""

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from loader.errors import UnreadableFileError
from loader.headers import folded
from loader.reading import inspect

# Enough to tell what a column holds; in files that are longer no keys are looked for.
MOST_ROWS = 50_000
MISSING = frozenset({"", "-", "n/a", "na", "null"})
NUMBER = re.compile(r"-?\(?([A-Z]{3}|[$€£¥])?\s?-?[0-9][0-9.,' \u00a0]*\)?\s?([A-Z]{3}|[$€£¥%])?")
DATE = re.compile(
    r"([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})([ T].*)?"
)
CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}


@dataclass(slots=True)
class ColumnProfile:
    """A column: its distinct values, how many cells are filled, and how many of those are dates or numbers."""

    header: str
    filled: int = 0
    dates: int = 0
    numbers: int = 0
    signs: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The header, folded."""
        return folded(self.header)

    @property
    def is_unique(self) -> bool:
        """Whether no value stands in it twice."""
        return 0 < self.filled == len(self.values)

    def holds(self, kind: str) -> bool:
        """Whether nearly all of its cells are of a kind: date, number, email or text; an empty column is of any."""
        fitting = {
            "date": self.dates,
            "number": self.numbers,
            "email": self.filled if all("@" in value for value in self.values) else 0,
        }
        return fitting.get(kind, self.filled) >= 0.9 * self.filled


@dataclass(frozen=True, slots=True)
class FileProfile:
    """A file's columns; `is_whole` where all of its rows were looked at."""

    path: Path
    columns: tuple[ColumnProfile, ...]
    is_whole: bool

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def usable(self) -> tuple[ColumnProfile, ...]:
        """The columns that a mapping can name: those with a header that no other column has."""
        names = self.form
        return tuple(column for column in self.columns if column.name and names.count(column.name) == 1)

    @property
    def form(self) -> tuple[str, ...]:
        """What files of the same kind have in common: their columns."""
        return tuple(column.name for column in self.columns)


def profile_folder(folder: Path) -> tuple[list[FileProfile], dict[str, str]]:
    """The profiles of a folder's files, and by name why the others cannot be read."""
    profiles, unreadable = [], {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        try:
            profiles.append(_profile(path))
        except UnreadableFileError as error:
            unreadable[path.name] = str(error)
    return profiles, unreadable


def _profile(path: Path) -> FileProfile:
    source = inspect(path)
    columns = tuple(ColumnProfile(header) for header in source.header)
    records = source.records()
    for _, _, cells, fault in islice(records, MOST_ROWS):
        if not fault:
            for column, cell in zip(columns, cells, strict=True):
                _look_at(column, cell.strip())
    return FileProfile(path, columns, is_whole=next(records, None) is None)


def _look_at(column: ColumnProfile, cell: str) -> None:
    if cell.casefold() in MISSING:
        return
    column.filled += 1
    column.values.add(cell)
    column.dates += DATE.fullmatch(cell) is not None
    if number := NUMBER.fullmatch(cell):
        column.numbers += 1
        column.signs.update(sign for sign in number.groups() if sign)
