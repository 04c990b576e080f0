"""Rows out of Excel files, each cell as the text that a CSV file would have in its place."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from loader.errors import UnreadableFileError

# A sheet is held in memory, and a small file can unpack to a large one. A million rows are about a tenth of it.
MOST_UNPACKED_BYTES = 2_000_000_000

Value = str | float | int | bool | date | time | timedelta


def is_workbook(path: Path) -> bool:
    """Whether a file is an Excel file (.xlsx), whatever it is called."""
    try:
        with zipfile.ZipFile(path) as parts:
            return "xl/workbook.xml" in parts.namelist()
    except zipfile.BadZipFile:
        return False


def sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first visible sheet that has any, with their numbers, empty cells at their ends left out.

    Dates are ISO text, numbers the shortest text that means exactly them; an error such as #N/A is a blank cell.
    Raises UnreadableFileError.
    """
    with zipfile.ZipFile(path) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED_BYTES:
            raise UnreadableFileError(f"{path.name} is too large when unpacked. Save it as CSV.")
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            for number, sheet in enumerate(workbook.sheets_metadata):
                if sheet.typ != SheetTypeEnum.WorkSheet or sheet.visible != SheetVisibleEnum.Visible:
                    continue
                rows = workbook.get_sheet_by_index(number)
                if rows.height:
                    yield from enumerate(map(_texts, rows.iter_rows()), start=1)
                    return
    except PasswordError as error:
        raise UnreadableFileError(
            f"{path.name} is protected by a password. Save it without one, or as CSV."
        ) from error
    except CalamineError as error:
        raise UnreadableFileError(f"{path.name} is damaged: {error}. Open it and save it as CSV.") from error


def _texts(values: list[Value]) -> list[str]:
    texts = [text_of(value) for value in values]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def text_of(value: Value) -> str:
    """What a CSV file would have in place of a cell's value."""
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case float() if value.is_integer():
            return str(int(value)) if abs(value) < 1e15 else format(Decimal(repr(value)), "f")
        case float():
            return format(Decimal(repr(value)), "f")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)
