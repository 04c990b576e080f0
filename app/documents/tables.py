"""Lists as files: CSV, and Excel workbooks.

Text stays text, whatever it begins with: a name such as `=HYPERLINK(...)` is no formula for whoever opens the file.
Numbers and days stay numbers and days; money is a Decimal written in full.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.errors import InputError

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What a spreadsheet takes for the beginning of a formula, also in the full-width forms of East Asian keyboards.
_FORMULA_BEGINNINGS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# A spreadsheet's numbers are binary: beyond so many digits it would change them.
_EXACT_DIGITS = 15
_LONGEST_TEXT = 32_767
_MOST_LINES = 1_048_575

Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its title, its values, and how Excel shows them. Money has the row's `minor_units` as its decimals."""

    title: str
    value: Callable[[Any], Cell]
    kind: Literal["plain", "money", "share"] = "plain"
    width: int = 14


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: one row a record, under a line of titles."""

    name: str
    fields: Sequence[Field]
    rows: Iterable[Any]


def to_csv(sheet: Sheet) -> bytes:
    """The table as CSV in UTF-8, with the mark that tells Excel so; text that looks like a formula gets an apostrophe."""
    return b"".join(csv_parts(sheet.fields, [tuple(sheet.rows)]))


def csv_parts(fields: Sequence[Field], pages: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """As to_csv, of rows that come page by page."""
    yield b"\xef\xbb\xbf" + _csv([[field.title for field in fields]])
    for rows in pages:
        yield _csv([_plain(_value(field, row)) for field in fields] for row in rows)


def to_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """A workbook with a sheet for each table."""
    written = io.BytesIO()
    write_xlsx(written, sheets)
    return written.getvalue()


def write_xlsx(written: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """As to_xlsx, into a file, a row at a time. InputError where there are more rows than a sheet holds."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(written, options) as book:
        looks = _Looks(book)
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            for column, field in enumerate(sheet.fields):
                page.set_column(column, column, field.width)
                page.write_string(0, column, field.title, looks.title)
            for line, row in enumerate(sheet.rows, 1):
                if line > _MOST_LINES:
                    raise InputError(
                        f"An Excel sheet holds {_MOST_LINES:,} rows, and these are more. Take the CSV file."
                    )
                for column, field in enumerate(sheet.fields):
                    _write(page, line, column, _value(field, row), looks.of(field, row))


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


class _Looks:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}
        self.title = book.add_format({"bold": True})

    def of(self, field: Field, row: Any) -> Format | None:
        if field.kind == "money":
            return self._numbers("#,##0" + ("." + "0" * row.minor_units if row.minor_units else ""))
        if field.kind == "share":
            return self._numbers("0.0##%")
        return self._numbers("yyyy-mm-dd") if isinstance(field.value(row), date) else None

    def _numbers(self, form: str) -> Format:
        if form not in self._made:
            self._made[form] = self._book.add_format({"num_format": form})
        return self._made[form]


def _value(field: Field, row: Any) -> Cell:
    value = field.value(row)
    if field.kind == "money" and isinstance(value, Decimal):
        # A list price may have more decimals than the currency can be paid in; it keeps them.
        missing = row.minor_units + int(value.as_tuple().exponent)
        return value.quantize(Decimal(1).scaleb(-row.minor_units)) if missing > 0 else value
    return value


def without_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that looks like it gets an apostrophe."""
    return "'" + text if text.startswith(_FORMULA_BEGINNINGS) else text


def _plain(value: Cell) -> str:
    if isinstance(value, str):
        return without_formula(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def _write(page: Worksheet, line: int, column: int, value: Cell, look: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, int | Decimal) and len(Decimal(value).as_tuple().digits) <= _EXACT_DIGITS:
        page.write_number(line, column, value, look)
    elif isinstance(value, date):
        page.write_datetime(line, column, datetime.combine(value, time()), look)
    else:
        page.write_string(line, column, _plain_text(value)[:_LONGEST_TEXT])


def _plain_text(value: str | int | Decimal) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
