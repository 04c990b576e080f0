"""Bulk changes: price, status or category of many products in one piece, previewed and taken back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.repositories.base import Repository

Kind = Literal["price", "status", "category"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to change: a price by `percent`, rounded to an `ending`; else to `target`.

    `ending` is cents, whole, 0.95 or 0.99. `target` is true or false for the status, or the id of a subcategory.
    """

    kind: Kind
    target: str | None = None
    percent: Decimal | None = None
    ending: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """How many products a plan is for, how many it changes, and of these how many to a price below cost."""

    products: int
    changed: int
    below_cost: int
    without_price: int


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A product that a plan changes; prices and costs in base currency."""

    product_id: int
    sku: str
    name: str
    old_value: str
    new_value: str
    unit_cost: Decimal | None
    is_below_cost: bool


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What was done; once taken back, `remaining` products are as somebody had changed them since."""

    bulk_change_id: int
    kind: Kind
    target: str | None
    category: str | None
    percent: Decimal | None
    ending: str | None
    changed_at: datetime
    changed_by: str
    taken_back_at: datetime | None
    taken_back_by: str | None
    products: int
    remaining: int


@dataclass(frozen=True, slots=True)
class RemainingProduct:
    """A product that taking back a bulk change has left as it was."""

    product_id: int
    name: str


class BulkChangesRepository(Repository):
    """For managers: others get InsufficientPrivilege. A broken rule is an IntegrityError that names it."""

    folder = "bulk_changes"

    def preview(self, *, product_ids: Sequence[int], plan: Plan) -> Preview:
        """What a plan would do, counted."""
        return self._get("preview", Preview, product_ids=list(product_ids), **asdict(plan))

    def examples(self, *, product_ids: Sequence[int], plan: Plan) -> list[PlannedChange]:
        """Up to 12 products that a plan would change, those below cost first."""
        return self._all("examples", PlannedChange, product_ids=list(product_ids), **asdict(plan))

    def record(self, *, product_ids: Sequence[int], plan: Plan) -> int:
        """Carry a plan out; the id of the bulk change."""
        return int(self._value("record", product_ids=list(product_ids), **asdict(plan)))

    def take_back(self, *, bulk_change_id: int) -> None:
        """Give the products what they had before, but those that somebody has changed since."""
        self._run("take_back", bulk_change_id=bulk_change_id)

    def latest(self) -> list[BulkChange]:
        """The last ten, the newest first."""
        return self._all("latest", BulkChange)

    def remaining(self, *, bulk_change_id: int) -> list[RemainingProduct]:
        """Up to 20 products that taking it back has left as they were."""
        return self._all("remaining", RemainingProduct, bulk_change_id=bulk_change_id)
