"""The daily close: what a store should have taken on a day, what was counted, and what came to a closed day since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A store's day and its latest close (version 0: none); `closed_at` is the time at the store."""

    store_id: int
    store: str
    currency_code: str
    business_day: date
    version: int
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class DayTotals:
    """A day in one currency, tax included; cancelled orders are not among the sales."""

    currency_code: str
    orders: int
    sales_amount: Decimal
    tax_amount: Decimal
    returns: int
    returned_amount: Decimal
    cancelled_orders: int
    cancelled_amount: Decimal


@dataclass(frozen=True, slots=True)
class Taking:
    """What is expected now by currency and method, and what the close expected and counted (None where it did not)."""

    currency_code: str
    method: str
    payments: int
    expected: Decimal
    closed_expected: Decimal | None
    counted: Decimal | None


@dataclass(frozen=True, slots=True)
class CountedTaking:
    """What was counted by currency and method, and the expected amount that the person saw beside it."""

    currency_code: str
    method: str
    expected: Decimal
    counted: Decimal


@dataclass(frozen=True, slots=True)
class Close:
    """A version of a close in one currency (None: nothing was counted); `arisen` came to the day since, for the latest."""

    store_id: int
    store: str
    business_day: date
    version: int
    closed_at: datetime
    closed_by: str
    reason: str | None
    currency_code: str | None
    expected: Decimal
    counted: Decimal
    difference: Decimal
    arisen: Decimal | None
    is_changed: bool | None
    closes: int


class ClosesRepository(Repository):
    """Closing is for clerks and above: a viewer gets InsufficientPrivilege."""

    folder = "closes"

    def day(self, *, store_id: int, day: date | None = None) -> BusinessDay:
        """The day at a store, today there for None; NotFoundError for a store that is not there."""
        return self._get("day", BusinessDay, store_id=store_id, day=day)

    def totals(self, *, store_id: int, day: date) -> list[DayTotals]:
        """Sales, tax, returns and cancelled orders by currency."""
        return self._all("totals", DayTotals, store_id=store_id, day=day)

    def takings(self, *, store_id: int, day: date, version: int) -> list[Taking]:
        """What is expected by currency and method, beside a version of the close."""
        return self._all("takings", Taking, store_id=store_id, day=day, version=version)

    def close(
        self,
        *,
        store_id: int,
        day: date,
        lines: Sequence[CountedTaking],
        follows_version: int = 0,
        reason: str | None = None,
    ) -> int:
        """Close the day, or correct the close that the person saw; the new version."""
        return int(
            self._value(
                "close",
                store_id=store_id,
                day=day,
                currency_codes=[line.currency_code for line in lines],
                methods=[line.method for line in lines],
                counted=[line.counted for line in lines],
                expected=[line.expected for line in lines],
                follows_version=follows_version,
                reason=reason,
            )
        )

    def page(self, *, store_id: int | None = None, limit: int, offset: int) -> list[Close]:
        """One page of closes, the latest day first."""
        return self._all("page", Close, store_id=store_id, limit=limit, offset=offset)
