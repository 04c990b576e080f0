"""Stock of a product: what is on hand where, the ledger behind it, and what moves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What is on hand at a store; `stores` counts those that have ever had the product."""

    store_id: int
    store: str
    on_hand: int
    needs_reorder: bool
    stores: int


@dataclass(frozen=True, slots=True)
class StockTotal:
    """What is on hand in all stores: in how many, and in how many of them it is time to reorder."""

    on_hand: int
    stores: int
    stores_to_reorder: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of the ledger; `balance` is what was then on hand at its store. `order_key` names its order in addresses."""

    movement_id: int
    recorded_at: datetime
    occurred_on: date
    store_id: int
    store: str
    movement_type: str
    quantity: int
    balance: int
    order_number: str | None
    order_key: str | None
    document: str | None
    reason: str | None
    recorded_by: str


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A product that a SKU or barcode stands for; `product` is its name and SKU."""

    code: str
    product_id: int
    product: str
    on_hand: int


class StockRepository(Repository):
    """Stock is moved by functions of the database alone; a broken rule is an IntegrityError that names it."""

    folder = "stock"

    def levels(self, *, product_id: int, limit: int, offset: int) -> list[StockLevel]:
        """One page of the stores that have had the product, those where it is time to reorder first."""
        return self._all("levels", StockLevel, product_id=product_id, limit=limit, offset=offset)

    def total(self, *, product_id: int) -> StockTotal:
        """What is on hand in all stores together."""
        return self._get("total", StockTotal, product_id=product_id)

    def ledger(
        self, *, product_id: int, store_id: int | None = None, limit: int, offset: int
    ) -> list[Movement]:
        """One page of the ledger, the latest first, of one store or all."""
        return self._all(
            "ledger", Movement, product_id=product_id, store_id=store_id, limit=limit, offset=offset
        )

    def count_ledger(self, *, product_id: int, store_id: int | None = None) -> int:
        """How many rows the ledger has; of more than 10,000 an estimate."""
        return self._count("count_ledger", product_id=product_id, store_id=store_id)

    def open(self, *, store_id: int, product_id: int, quantity: Decimal) -> None:
        """Book the opening count of a product that has never had stock at a store."""
        self._run("open", store_id=store_id, product_id=product_id, quantity=quantity)

    def find_codes(self, *, codes: Sequence[str], store_id: int | None = None) -> list[FoundCode]:
        """The products whose SKU or barcode these are; `on_hand` is that of the store."""
        return self._all("find_codes", FoundCode, codes=list(codes), store_id=store_id)

    def receive(self, *, store_id: int, pieces: Mapping[int, Decimal], document: str | None = None) -> None:
        """Book goods received today: pieces by product, all or nothing."""
        self._run(
            "receive",
            store_id=store_id,
            product_ids=list(pieces),
            quantities=list(pieces.values()),
            document=document,
        )

    def adjust(self, *, store_id: int, product_id: int, counted: Decimal, reason: str) -> int:
        """Set the stock to what was counted; the difference that the ledger now tells, 0 for none."""
        return int(
            self._value("adjust", store_id=store_id, product_id=product_id, counted=counted, reason=reason)
        )

    def transfer(
        self,
        *,
        from_store_id: int,
        to_store_id: int,
        pieces: Mapping[int, Decimal],
        document: str | None = None,
    ) -> None:
        """Move pieces, by product, to another store: out of one ledger and into the other, all or nothing."""
        self._run(
            "transfer",
            from_store_id=from_store_id,
            to_store_id=to_store_id,
            product_ids=list(pieces),
            quantities=list(pieces.values()),
            document=document,
        )
