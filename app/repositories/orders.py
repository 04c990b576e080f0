"""Purchases: quoting, recording, finding them, and what happens to them afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.errors import NotFoundError
from app.repositories.base import Repository, like_pattern, people_pattern


@dataclass(frozen=True, slots=True)
class PickedCustomer:
    """A customer to choose at the till."""

    customer_id: int
    name: str
    hint: str


@dataclass(frozen=True, slots=True)
class PickedProduct:
    """A product to choose at the till, with its price now; `is_exact` when its barcode or SKU was typed in full."""

    product_id: int
    sku: str
    name: str
    unit_price: Decimal | None
    currency_code: str
    on_hand: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One product of a purchase as it would be charged; `line_amount` is without `tax_amount`.

    `list_price` is another than `unit_price` only where a manager has set it; None where the product has none.
    """

    line_number: int
    product_id: int
    sku: str
    product_name: str
    quantity: int
    list_price: Decimal | None
    unit_price: Decimal
    discount_amount: Decimal
    tax_amount: Decimal
    line_amount: Decimal
    currency_code: str
    on_hand: int


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """What was recorded, now or by the same request before."""

    order_id: int
    order_number: str
    total_amount: Decimal
    currency_code: str
    was_recorded_before: bool


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """A product to buy; `discount` is taken off the whole line, in the order's currency.

    `unit_price` is set by a manager in place of the list's, for a `price_reason`.
    """

    product_id: int
    quantity: Decimal
    discount: Decimal = Decimal(0)
    unit_price: Decimal | None = None
    price_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """What is paid by one method: cash, card, transfer, voucher or other; in the order's currency."""

    method: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order as a list shows it; `order_key` is its name in addresses."""

    store_id: int
    order_id: int
    order_key: str
    order_number: str
    order_date: date
    store: str
    customer_id: int | None
    customer: str | None
    lines: int
    total_amount: Decimal
    currency_code: str
    minor_units: int
    status: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order whole; amounts in its currency but for `base_amount`; from a file: its name and line.

    `is_of_today` at its store, and so may still be cancelled. Moments carry no zone: they are what the clock at the
    store showed, in its `time_zone`.
    """

    store_id: int
    order_id: int
    order_number: str
    store: str
    store_state: str | None
    store_country: str | None
    is_online: bool
    customer_id: int | None
    customer: str | None
    order_date: date
    is_of_today: bool
    time_zone: str
    ordered_at: datetime | None
    delivered_on: date | None
    currency_code: str
    minor_units: int
    exchange_rate: Decimal
    rate_date: date
    status: str
    net_amount: Decimal
    tax_amount: Decimal
    total_amount: Decimal
    base_amount: Decimal
    recorded_by: str
    recorded_at: datetime
    channel: str
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None
    file_name: str | None
    source_line: int | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order; `line_amount` is without `tax_amount`.

    `price_override_reason` says why a manager set the price in place of the list's.
    """

    line_number: int
    product_id: int
    sku: str
    product: str
    quantity: int
    unit_price: Decimal
    price_override_reason: str | None
    discount_amount: Decimal
    tax_rate: Decimal
    tax_amount: Decimal
    line_amount: Decimal
    returned_quantity: int


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Recorded, payment, refund, return, stock, delivered or cancelled: when, as the clock at its store showed."""

    recorded_at: datetime
    kind: str
    detail: str
    amount: Decimal | None
    pieces: int | None
    recorded_by: str
    channel: str


@dataclass(frozen=True, slots=True)
class PaidAmount:
    """What was paid by one method, refunds taken off."""

    method: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderReturn:
    """Pieces that came back; the refund contains the tax."""

    returned_on: date
    product: str
    quantity: int
    reason: str
    refund_amount: Decimal


@dataclass(frozen=True, slots=True)
class RecordedReturn:
    """A return as recorded, with what is to be refunded."""

    return_number: int
    refund_amount: Decimal
    currency_code: str


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list; None is no filter. `text`: the beginning of the number, or part of the customer's name."""

    text: str = ""
    from_on: date | None = None
    to_on: date | None = None
    store_id: int | None = None
    customer_id: int | None = None
    product_id: int | None = None
    status: str | None = None

    def parameters(self) -> dict[str, Any]:
        return {
            "pattern": like_pattern(self.text) or None,
            "from_on": self.from_on,
            "to_on": self.to_on,
            "store_id": self.store_id,
            "customer_id": self.customer_id,
            "status": self.status,
            **({"product_id": self.product_id} if self.product_id else {}),
        }


class OrdersRepository(Repository):
    """Orders are written by functions of the database alone; a broken rule is an IntegrityError that names it."""

    folder = "orders"

    def pick_customers(self, *, text: str) -> list[PickedCustomer]:
        """The active customers that match best, at most 12."""
        return self._all("pick_customers", PickedCustomer, pattern=people_pattern(text))

    def pick_products(
        self, *, text: str, store_id: int | None, currency_code: str | None = None
    ) -> list[PickedProduct]:
        """The active products that match best, at most 12, one whose barcode or SKU was typed in full first.

        Prices are in the currency given, else the store's, else the base currency.
        """
        return self._all(
            "pick_products",
            PickedProduct,
            text=text.strip(),
            pattern=like_pattern(text),
            store_id=store_id,
            currency_code=currency_code,
        )

    def quote(
        self,
        *,
        store_id: int,
        lines: Sequence[PurchaseLine],
        order_date: date | None = None,
        currency_code: str | None = None,
        order_discount: Decimal = Decimal(0),
    ) -> list[QuotedLine]:
        """What these lines would be charged now, as `record` would; one row a product."""
        return self._all(
            "quote",
            QuotedLine,
            **_purchase(store_id, lines, order_date, currency_code, order_discount),
        )

    def record(
        self,
        *,
        store_id: int,
        lines: Sequence[PurchaseLine],
        request_id: UUID,
        customer_id: int | None = None,
        order_date: date | None = None,
        currency_code: str | None = None,
        order_discount: Decimal = Decimal(0),
        payment_method: str | None = None,
        payments: Sequence[Payment] | None = None,
    ) -> RecordedOrder:
        """Record a purchase, paid in one sum by `payment_method` (None: on account), and take its stock.

        Where it is paid in several sums, `payments` are given instead, and add up to the total. The same request again
        returns the same order.
        """
        methods = [payment_method] if payment_method else None
        return self._get(
            "record",
            RecordedOrder,
            **_purchase(store_id, lines, order_date, currency_code, order_discount),
            request_id=request_id,
            customer_id=customer_id,
            payment_methods=methods if payments is None else [payment.method for payment in payments],
            payment_amounts=None if payments is None else [payment.amount for payment in payments],
        )

    def search(
        self, *, wanted: OrderFilter, sort: str = "order_date descending", limit: int, offset: int
    ) -> list[ListedOrder]:
        """One page of orders, newest first unless sorted otherwise."""
        name = "search_by_product" if wanted.product_id else "search"
        return self._all(name, ListedOrder, sort=sort, limit=limit, offset=offset, **wanted.parameters())

    def count(self, *, wanted: OrderFilter) -> int:
        """How many orders there are of that filter; of more than 10,000 an estimate."""
        name = "count_by_product" if wanted.product_id else "count"
        return self._count(name, **wanted.parameters())

    def get(self, *, store_id: int, order_id: int) -> Order:
        """The order, or NotFoundError."""
        return self._get("get", Order, store_id=store_id, order_id=order_id)

    def lines(self, *, store_id: int, order_id: int) -> list[OrderLine]:
        """The lines of an order."""
        return self._all("lines", OrderLine, store_id=store_id, order_id=order_id)

    def events(self, *, store_id: int, order_id: int) -> list[OrderEvent]:
        """What happened to an order, newest first."""
        return self._all("events", OrderEvent, store_id=store_id, order_id=order_id)

    def payments(self, *, store_id: int, order_id: int) -> list[PaidAmount]:
        """What was paid for an order by each method."""
        return self._all("payments", PaidAmount, store_id=store_id, order_id=order_id)

    def returns(self, *, store_id: int, order_id: int) -> list[OrderReturn]:
        """What came back of an order, the earliest first."""
        return self._all("returns", OrderReturn, store_id=store_id, order_id=order_id)

    def record_return(
        self,
        *,
        store_id: int,
        order_id: int,
        line_number: int,
        quantity: Decimal,
        reason: str,
        is_restocked: bool,
        request_id: UUID,
        refund_method: str | None = None,
    ) -> RecordedReturn:
        """Take pieces of a line back."""
        return self._get(
            "record_return",
            RecordedReturn,
            store_id=store_id,
            order_id=order_id,
            line_number=line_number,
            quantity=quantity,
            reason=reason,
            is_restocked=is_restocked,
            request_id=request_id,
            refund_method=refund_method,
        )

    def cancel(self, *, store_id: int, order_id: int, reason: str) -> None:
        """Cancel an order within its day."""
        self._run("cancel", store_id=store_id, order_id=order_id, reason=reason)

    def mark_delivered(self, *, store_id: int, order_id: int, delivered_on: date | None = None) -> None:
        """Note the day an order reached the customer, by default today at its store."""
        self._run("mark_delivered", store_id=store_id, order_id=order_id, delivered_on=delivered_on)


def order_ids(key: str) -> tuple[int, int]:
    """Store and order of a key from an address, which may be anything; NotFoundError where it is no key."""
    store, _, order = key.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (store, order)):
        raise NotFoundError("There is no such order.")
    return int(store), int(order)


def _purchase(
    store_id: int,
    lines: Sequence[PurchaseLine],
    order_date: date | None,
    currency_code: str | None,
    order_discount: Decimal,
) -> dict[str, Any]:
    has_own_prices = any(line.unit_price is not None for line in lines)
    return {
        "store_id": store_id,
        "product_ids": [line.product_id for line in lines],
        "quantities": [line.quantity for line in lines],
        "discounts": [line.discount for line in lines],
        "unit_prices": [line.unit_price for line in lines] if has_own_prices else None,
        "price_reasons": [line.price_reason for line in lines] if has_own_prices else None,
        "order_date": order_date,
        "currency_code": currency_code,
        "order_discount": order_discount,
    }
