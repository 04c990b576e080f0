"""Stock as a manager looks at it: what to reorder, what was there on a day, and what it is worth."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.repositories.base import Repository, like_pattern


@dataclass(frozen=True, slots=True)
class StockFilter:
    """Which stock to report; None is no filter. `text`: words of name, SKU and brand, in that order, or a whole barcode."""

    text: str = ""
    store_id: int | None = None
    category_id: int | None = None

    def parameters(self) -> dict[str, Any]:
        return {
            "pattern": "%".join(like_pattern(self.text).split()) or None,
            "barcode": self.text.strip(),
            "store_id": self.store_id,
            "category_id": self.category_id,
        }


@dataclass(frozen=True, slots=True)
class ReorderRow:
    """A product to reorder at a store; `days_of_cover` is None without sales. The last three are of the whole report."""

    product_id: int
    sku: str
    product: str
    store: str
    on_hand: int
    reorder_point: int
    sold_in_90_days: int
    days_of_cover: Decimal | None
    suggested_quantity: int
    places: int
    pieces: int
    suggested_pieces: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """What was on hand of a product at a store; `places` and `pieces` are of the whole report."""

    product_id: int
    sku: str
    product: str
    category: str
    store: str
    on_hand: int
    places: int
    pieces: int


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What a category's stock at a store is worth, without the pieces that have no cost; `all_` is the whole report."""

    store: str
    category: str
    on_hand: int
    stock_value: Decimal
    without_cost: int
    places: int
    all_on_hand: int
    all_stock_value: Decimal
    all_without_cost: int


@dataclass(frozen=True, slots=True)
class UnvaluedProduct:
    """A product on hand that had no cost; `products` counts them all."""

    product_id: int
    sku: str
    product: str
    on_hand: int
    products: int


class StockReportsRepository(Repository):
    """Reports, one page at a time; a `day` of None is now. Value is for managers: others get InsufficientPrivilege."""

    folder = "stock_reports"

    def reorder(
        self, *, wanted: StockFilter, sort: str = "days_of_cover", limit: int, offset: int
    ) -> list[ReorderRow]:
        """Where products are at or below their reorder point, and how many to order."""
        return self._all("reorder", ReorderRow, sort=sort, limit=limit, offset=offset, **wanted.parameters())

    def on_day(
        self, *, wanted: StockFilter, day: date | None, sort: str = "product", limit: int, offset: int
    ) -> list[DayRow]:
        """What was on hand at the end of a day at each store."""
        return self._all(
            "on_day", DayRow, sort=sort, day=day, limit=limit, offset=offset, **wanted.parameters()
        )

    def value(self, *, wanted: StockFilter, day: date | None, limit: int, offset: int) -> list[ValueRow]:
        """What the stock was worth at cost, by store and category."""
        return self._all("value", ValueRow, day=day, limit=limit, offset=offset, **wanted.parameters())

    def without_cost(self, *, wanted: StockFilter, day: date | None) -> list[UnvaluedProduct]:
        """The products that `value` leaves out, 100 at most."""
        return self._all("without_cost", UnvaluedProduct, day=day, **wanted.parameters())
