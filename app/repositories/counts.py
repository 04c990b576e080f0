"""Count sheets: made to be printed and filled in on the shelf, and typed back once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A sheet; its times are those at the store, and it is open while `typed_at` is None. `sheets` counts all of a list."""

    count_sheet_id: int
    store: str
    category: str | None
    made_at: datetime
    made_by: str
    counted_at: datetime | None
    typed_at: datetime | None
    typed_by: str | None
    lines: int
    counted_lines: int
    booked_pieces: int
    sheets: int


@dataclass(frozen=True, slots=True)
class CountLine:
    """A product on a sheet; `counted` and `difference` are None before, and where it was left blank."""

    line_number: int
    product_id: int
    sku: str
    product: str
    expected: int
    counted: int | None
    difference: int | None


@dataclass(frozen=True, slots=True)
class RecordedCount:
    """What typing a sheet back did: lines counted, lines booked because they differed, and their pieces in all."""

    counted_lines: int
    booked_lines: int
    booked_pieces: int


class CountsRepository(Repository):
    """Counting is for managers: others get InsufficientPrivilege where they make or type back a sheet."""

    folder = "counts"

    def make(self, *, store_id: int, category_id: int | None = None) -> int:
        """Make a sheet of the products that a store has had; its number."""
        return int(self._value("make", store_id=store_id, category_id=category_id))

    def get(self, *, count_sheet_id: int) -> CountSheet:
        """The sheet, or NotFoundError."""
        return self._get("get", CountSheet, count_sheet_id=count_sheet_id)

    def lines(self, *, count_sheet_id: int) -> list[CountLine]:
        """Its lines, in the order in which they are printed."""
        return self._all("lines", CountLine, count_sheet_id=count_sheet_id)

    def page(self, *, store_id: int | None = None, limit: int, offset: int) -> list[CountSheet]:
        """One page of sheets, the latest first."""
        return self._all("page", CountSheet, store_id=store_id, limit=limit, offset=offset)

    def record(
        self, *, count_sheet_id: int, counted: Mapping[int, int], counted_at: datetime | None = None
    ) -> RecordedCount:
        """Type a sheet back: pieces by line number, and when they were counted, in the store's time without a zone.

        None is when the sheet was made. Differences are to what the ledger has for that moment.
        """
        return self._get(
            "record",
            RecordedCount,
            count_sheet_id=count_sheet_id,
            line_numbers=list(counted),
            counted=list(counted.values()),
            counted_at=counted_at,
        )
