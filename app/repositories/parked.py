"""Purchases set aside at a store, to be taken up again at any of its tills."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class ParkedPurchase:
    """A parked purchase as a list shows it; `taken_by` is who has taken it up, None while nobody has.

    `parked_at` is the time at the store. `is_taken_here`: by the till that asks.
    """

    request_id: UUID
    note: str
    customer: str | None
    lines: int
    parked_by: str
    parked_at: datetime
    taken_by: str | None
    is_taken_here: bool


@dataclass(frozen=True, slots=True)
class TakenPurchase:
    """A parked purchase whole; `product_names` go with the lines of the basket, empty for a product that is gone."""

    request_id: UUID
    basket: dict[str, Any]
    customer_id: int | None
    customer: str | None
    note: str
    product_names: list[str]


class ParkedRepository(Repository):
    """Parked purchases. `till_id` is chosen by the till: only the one that has taken a purchase up may change it."""

    folder = "parked"

    def park(
        self,
        *,
        store_id: int,
        request_id: UUID,
        till_id: UUID,
        basket: dict[str, Any],
        customer_id: int | None = None,
        note: str = "",
    ) -> None:
        """Set a purchase aside; it will be recorded under the same `request_id`. Again: replaces what is parked."""
        self._run(
            "park",
            store_id=store_id,
            request_id=request_id,
            till_id=till_id,
            basket=Jsonb(basket),
            customer_id=customer_id,
            note=note,
        )

    def take_up(
        self, *, store_id: int, request_id: UUID, till_id: UUID, is_taken_over: bool = False
    ) -> TakenPurchase:
        """Take a purchase up, once; the same till gets it again, another one only if it takes it over."""
        return self._get(
            "take_up",
            TakenPurchase,
            store_id=store_id,
            request_id=request_id,
            till_id=till_id,
            is_taken_over=is_taken_over,
        )

    def discard(self, *, store_id: int, request_id: UUID, till_id: UUID) -> None:
        """Throw a parked purchase away."""
        self._run("discard", store_id=store_id, request_id=request_id, till_id=till_id)

    def at_store(self, *, store_id: int, till_id: UUID | None) -> list[ParkedPurchase]:
        """What is parked at a store, the oldest first, at most 100."""
        return self._all("at_store", ParkedPurchase, store_id=store_id, till_id=till_id)
