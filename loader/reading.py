"""From a file's bytes to its records: encoding, delimiter and quoting are found; nothing is cleaned."""

import codecs
import csv
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

from loader.errors import UnreadableFileError

DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Zip (.xlsx among them), gzip, PDF, the older Excel.
SIGNATURES_OF_OTHER_KINDS = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0")


class Record(NamedTuple):
    """One record: the line it begins on, its text as it stands there, and its cells.

    `fault` tells why the text could not be taken apart; None for almost all.
    """

    line: int
    raw: str
    cells: list[str]
    fault: str | None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file whose form is understood. Line numbers count from 1, the header's included."""

    path: Path
    sha256: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def records(self) -> Iterator[Record]:
        """The records below the header, one at a time; blank lines are left out.

        A row that has more or fewer cells than the header, or a quote that is never closed, comes with a fault;
        reading goes on at the line after, so that one stray quote does not swallow the rows behind it.
        """
        with _open(self.path, self.encoding) as file:
            records = _records(file, self.delimiter, len(self.header))
            next(records)
            yield from records


def inspect(path: Path) -> SourceFile:
    """Find out a file's form. Raises UnreadableFileError, which names the file."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if start.startswith(SIGNATURES_OF_OTHER_KINDS):
            raise UnreadableFileError(f"{path.name} is no text file. Save it as CSV.")
        encoding = _encoding(path, start)
        with _open(path, encoding) as text:
            lines = list(islice(text, 100))
    except OSError as error:
        raise UnreadableFileError(f"{path.name} cannot be read: {error.strerror}.") from error
    delimiter = max(DELIMITERS, key=lambda candidate: len(_header(lines, candidate)))
    header = _header(lines, delimiter)
    if not header:
        raise UnreadableFileError(f"{path.name} is empty.")
    if any("\0" in cell for cell in header):
        raise UnreadableFileError(f"{path.name} is no text file. Save it as CSV.")
    return SourceFile(path, sha256, encoding, delimiter, header)


def _encoding(path: Path, start: bytes) -> str:
    """As the file is marked; else UTF-8 where all of it is, else cp1252, in which every file can be read."""
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)
    if _reads_as(path, marked or "utf-8"):
        return marked or "utf-8"
    if marked:
        raise UnreadableFileError(f"{path.name} begins as {marked} text, but is not. Save it as UTF-8.")
    return "cp1252"


def _reads_as(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _open(path: Path, encoding: str) -> TextIO:
    # Five bytes have no meaning in cp1252; they must not stop the file.
    return path.open(encoding=encoding, errors="replace" if encoding == "cp1252" else "strict", newline="")


def _header(lines: Iterable[str], delimiter: str) -> tuple[str, ...]:
    """The cells of the first line that is not blank."""
    rows = csv.reader(lines, delimiter=delimiter)
    first = next((row for row in rows if not _is_blank(row)), [])
    return tuple(cell.strip() for cell in first)


def _is_blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and not cells[0].strip())


class _Lines(Iterator[str]):
    """Lines on their way to the CSV reader, remembered until their record is done, so that they can be given back."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = iter(file)
        self._returned: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._file)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _records(file: Iterable[str], delimiter: str, width: int) -> Iterator[Record]:
    lines = _Lines(file)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 1
    while True:
        cells: list[str] = []
        fault = None
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            fault = f"Its quotes do not match up: {error}."
        if not fault and len(cells) != width and not _is_blank(cells):
            fault = f"It has {len(cells)} cells, the header {width}."
        if fault and len(lines.taken) > 1:
            lines.give_back_all_but_first()
            cells, fault = lines.taken.copy(), "A quote is opened and not closed."
            rows = csv.reader(lines, delimiter=delimiter, strict=True)
        if fault or not _is_blank(cells):
            raw = "".join(lines.taken).rstrip("\r\n")
            yield Record(number, raw, cells or [raw], fault)
        number += len(lines.taken)
        lines.taken.clear()
