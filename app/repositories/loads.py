"""Loads of files, the account of each, and the rows that it rejected."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class Load:
    """A load; the money is that of its sales lines, in base currency. `status` is loaded, unchanged or undone."""

    load_id: int
    source_system: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    loaded_by: str
    undone_at: datetime | None
    undone_by: str | None
    base_currency_code: str
    money_read: Decimal
    money_loaded: Decimal
    money_duplicate: Decimal
    money_rejected: Decimal
    unpriced_rows: int
    rows_read: int
    rows_loaded: int
    rows_updated: int
    rows_duplicate: int
    rows_rejected: int


@dataclass(frozen=True, slots=True)
class LoadFile:
    """The row account of a file: loaded, updated, duplicate and rejected add up to read.

    `conflicts` are the fields of updated rows that were left as people had edited them.
    `date_order` has by column {"order": "mdy" or another, "decided_by": "file", "person" or "earlier load"}, and "is_swapped_back"
    where the days and months of dates with the year first had been swapped by a spreadsheet.
    `decimal` has likewise by column {"decimal": "point" or "comma", "decided_by": ... as before}.
    `missing` has by column {"cells": how many were missing, "done": what was done}. `mojibake` is None or
    {"rows": how many have text that was read in a wrong encoding, "line": the first, "example": a word of it}.
    """

    load_file_id: int
    file_name: str
    target: str
    encoding: str
    delimiter: str
    date_order: dict[str, Any]
    decimal: dict[str, Any]
    unread_columns: list[str]
    missing: dict[str, Any]
    mojibake: dict[str, Any] | None
    rows_read: int
    rows_loaded: int
    rows_updated: int
    rows_duplicate: int
    rows_rejected: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not loaded; `column_name` is None where the whole row is at fault.

    `resolved_by_load` is the later load that brought the mended row, None while it is open.
    """

    file_name: str
    line_number: int
    column_name: str | None
    reason_code: str
    message: str
    raw_text: str
    resolved_by_load: int | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that person and file both changed, differently; `record` is None where it is not there any more."""

    file_name: str
    target: str
    line_number: int
    record_id: int
    record: str | None
    column_name: str
    was_loaded: str | None
    in_file: str | None
    is_now: str | None


class LoadsRepository(Repository):
    """What was loaded, and what was not."""

    folder = "loads"

    def page(self, *, limit: int = 20, offset: int = 0) -> list[Load]:
        """A page of loads, the newest first."""
        return self._all("page", Load, load_id=None, limit=limit, offset=offset)

    def count(self) -> int:
        """How many loads there were."""
        return int(self._value("count"))

    def find_last(self) -> Load | None:
        """The newest load, or None before the first."""
        return self._find("page", Load, load_id=None, limit=1, offset=0)

    def get(self, *, load_id: int) -> Load:
        """One load, or NotFoundError."""
        return self._get("page", Load, load_id=load_id, limit=1, offset=0)

    def files(self, *, load_id: int) -> list[LoadFile]:
        """The row account of a load, file by file."""
        return self._all("files", LoadFile, load_id=load_id)

    def rejects(
        self, *, load_id: int, load_file_id: int | None = None, limit: int = 50, offset: int = 0
    ) -> list[Reject]:
        """Rejected rows of a load, or of one of its files; managers may read them."""
        return self._all(
            "rejects", Reject, load_id=load_id, load_file_id=load_file_id, limit=limit, offset=offset
        )

    def conflicts(self, *, load_id: int, limit: int = 50, offset: int = 0) -> list[Conflict]:
        """The fields that a load left as people had edited them; managers may read them."""
        return self._all("conflicts", Conflict, load_id=load_id, limit=limit, offset=offset)

    def open_rejects(self, *, load_id: int) -> list[str]:
        """The names of the files of which a load has rejected rows that are still to be mended."""
        return list(self._value("open_rejects", load_id=load_id))

    def count_rejects(self, *, load_id: int, load_file_id: int | None = None) -> int:
        """How many rows of a load, or of one of its files, were rejected."""
        return int(self._value("count_rejects", load_id=load_id, load_file_id=load_file_id))
