"""From a file's bytes to its records: encoding, delimiter, header and quoting are found; nothing is cleaned."""

import codecs
import csv
import gzip
import hashlib
import io
import os
import re
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, TextIO, cast

from loader.errors import UnreadableFileError
from loader.headers import DELIMITERS, Form, Row, find_form, has_any
from loader.workbooks import is_workbook, sheet_rows

# The longer mark first: that of UTF-32 begins like one of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# PDF, the older Excel.
SIGNATURES_OF_OTHER_KINDS = (ZIP, GZIP, b"%PDF", b"\xd0\xcf\x11\xe0")
MARKUP = re.compile(r"\s*(<[!?a-z]|\{|\[\s*[\[{])", re.IGNORECASE)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
LINE_END = re.compile(r"\r\n?|\n")
# Excel writes and obeys such a first line.
DELIMITER_TOLD = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)
# In which the header must stand.
LINES_TO_JUDGE = 100
WORKBOOK = "xlsx"


class Record(NamedTuple):
    """One record: the line it begins on, its text as it stands there, and its cells.

    `fault` tells why the text could not be taken apart; None for almost all.
    """

    line: int
    raw: str
    cells: list[str]
    fault: str | None


class Position:
    """How far the reading of a file has come, in its bytes on disk."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0

    def begin(self, file: IO[bytes]) -> None:
        """Take note of the file that is read from now on."""
        self._file, self._size = file, os.fstat(file.fileno()).st_size

    def share(self) -> float | None:
        """The part that is read, from 0 to 1; None of an Excel file, which does not tell."""
        return min(self._file.tell() / self._size, 1.0) if self._file and self._size else None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file whose form is understood. Lines count from 1 at the file's first; the header is on `header_line`.

    Of an Excel file the encoding is "xlsx", and lines are the rows of its sheet.
    """

    path: Path
    sha256: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def records(self, position: Position | None = None) -> Iterator[Record]:
        """The records below the header, one at a time; blank lines are left out.

        A row that has more or fewer cells than the header, or a quote that is never closed, comes with a fault;
        reading goes on at the line after, so that one stray quote does not swallow the rows behind it. `position` tells
        how far the reading has come, while it goes on.
        """
        if self.encoding == WORKBOOK:
            yield from _records_of_sheet(self.path, self.header_line, len(self.header))
            return
        with _open(self.path, self.encoding) as file:
            if position:
                position.begin(_on_disk(file))
            lines = islice(file, self.header_line - 1, None)
            records = _records(lines, self.delimiter, len(self.header), number=self.header_line)
            next(records)
            yield from records


def inspect(path: Path, wanted: Collection[str] = ()) -> SourceFile:
    """Find out a file's form; `wanted` are columns by which to know its header.

    Raises UnreadableFileError, which names the file.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if start.startswith(ZIP) and is_workbook(path):
            encoding, form = WORKBOOK, _form_of_sheet(path, wanted)
        else:
            encoding, form = _form_of_text(path, wanted)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(f"{path.name} is damaged: it cannot be unpacked. Copy it again.") from error
    except OSError as error:
        raise UnreadableFileError(f"{path.name} cannot be read: {error.strerror}.") from error
    if not form:
        raise UnreadableFileError(f"{path.name} is empty.")
    return SourceFile(path, sha256, encoding, form.delimiter, form.header, form.line)


def _form_of_sheet(path: Path, wanted: Collection[str]) -> Form | None:
    rows = [Row(line, cells) for line, cells in islice(sheet_rows(path), LINES_TO_JUDGE)]
    rows = [row for row in rows if any(cell.strip() for cell in row.cells)]
    return find_form({",": rows}, wanted)


def _form_of_text(path: Path, wanted: Collection[str]) -> tuple[str, Form | None]:
    encoding = _encoding(path)
    with _open(path, encoding) as text:
        lines = list(islice(text, LINES_TO_JUDGE))
    told = DELIMITER_TOLD.fullmatch(lines[0]) if lines else None
    first = 2 if told else 1
    beginnings = {
        delimiter: list(_rows_to_judge(lines[first - 1 :], delimiter, first))
        for delimiter in (told[1] if told else DELIMITERS)
    }
    form = find_form(beginnings, wanted)
    if form and _is_binary(lines, form):
        raise UnreadableFileError(f"{path.name} is no text file. Save it as CSV.")
    if form and MARKUP.match("".join(lines)) and not has_any(form.header, wanted):
        raise UnreadableFileError(f"{path.name} is HTML, XML or JSON and no table. Save it as CSV.")
    return encoding, form


def _rows_to_judge(lines: list[str], delimiter: str, first: int) -> Iterator[Row]:
    for record in _records(lines, delimiter, None, number=first):
        # Of a header with stray quotes make what can be made of it.
        cells = next(csv.reader([record.raw], delimiter=delimiter)) if record.fault else record.cells
        yield Row(record.line, cells, len(LINE_END.findall(record.raw)) + 1)


def _is_binary(lines: list[str], form: Form) -> bool:
    """Whether control characters stand in the header or all over; a NUL in a row further below costs that row only."""
    text = "".join(lines)
    return any("\0" in cell for cell in form.header) or 20 * len(CONTROL_CHARACTERS.findall(text)) > len(text)


def _encoding(path: Path) -> str:
    """As the file is marked; else UTF-8 where all of it is, else cp1252, in which every file can be read."""
    with _open_bytes(path) as file:
        start = file.read(1 << 12)
    if start.startswith(SIGNATURES_OF_OTHER_KINDS):
        raise UnreadableFileError(f"{path.name} is no text file. Save it as CSV.")
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)
    if marked and not _reads_as(path, marked):
        raise UnreadableFileError(f"{path.name} begins as {marked} text, but is not. Save it as UTF-8.")
    candidates = [marked] if marked else [*_utf16_without_mark(start), "utf-8"]
    return next((encoding for encoding in candidates if marked or _reads_as(path, encoding)), "cp1252")


def _utf16_without_mark(start: bytes) -> list[str]:
    """UTF-16 where at least some characters are of the Latin alphabet: every other byte of those is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    # The others' bytes are hardly ever zero: Ā is a letter of which the other one is.
    if max(even, odd) < 4 or 4 * min(even, odd) > max(even, odd) or 32 * max(even, odd) < len(start):
        return []
    return ["utf-16-be" if even > odd else "utf-16-le"]


def _reads_as(path: Path, encoding: str) -> bool:
    try:
        with _open(path, encoding) as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _open_bytes(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a file, compressed or not."""
    file = path.open("rb")
    start = file.read(len(GZIP))
    file.seek(0)
    if start != GZIP:
        return file
    file.close()
    return gzip.open(path)


def _open(path: Path, encoding: str) -> TextIO:
    # Five bytes have no meaning in cp1252; they must not stop the file.
    errors = "replace" if encoding == "cp1252" else "strict"
    return io.TextIOWrapper(_open_bytes(path), encoding=encoding, errors=errors, newline="")


def _on_disk(text: TextIO) -> IO[bytes]:
    """The file under a text, which is compressed or not."""
    file: Any = text.buffer
    on_disk: Any = file.fileobj if isinstance(file, gzip.GzipFile) else file
    return cast("IO[bytes]", on_disk)


def _is_blank(cells: list[str], lines: list[str]) -> bool:
    # A cell that is quoted is there, though there is nothing in it.
    return not cells or (len(cells) == 1 and not cells[0].strip() and '"' not in lines[0])


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


def _records(file: Iterable[str], delimiter: str, width: int | None, *, number: int) -> Iterator[Record]:
    """The records of lines, the first of which has that number; of any width where none is given."""
    lines = _Lines(file)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        cells: list[str] = []
        fault = None
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            fault = f"Its quotes do not match up: {error}."
        if not fault and width and len(cells) != width and not _is_blank(cells, lines.taken):
            fault = f"It has {len(cells)} cells, the header {width}."
        if fault and len(lines.taken) > 1:
            lines.give_back_all_but_first()
            cells, fault = lines.taken.copy(), "A quote is opened and not closed."
            rows = csv.reader(lines, delimiter=delimiter, strict=True)
        if fault or not _is_blank(cells, lines.taken):
            raw = "".join(lines.taken).rstrip("\r\n")
            yield Record(number, raw, cells or [raw], fault)
        number += len(lines.taken)
        lines.taken.clear()


def _records_of_sheet(path: Path, header_line: int, width: int) -> Iterator[Record]:
    for line, cells in islice(sheet_rows(path), header_line, None):
        if any(cell.strip() for cell in cells):
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            raw = _as_csv(cells)
            fault = f"It has {len(cells)} cells, the header {width}." if len(cells) > width else None
            yield Record(line, raw, cells + [""] * (width - len(cells)), fault)


def _as_csv(cells: list[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
