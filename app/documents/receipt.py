"""The receipt of an order: everything that stands on it, for the page and the PDF alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from psycopg import Connection

from app.repositories.orders import Order, OrderLine, OrderReturn, OrdersRepository, PaidAmount
from app.repositories.reference import CompanySettings, ReferenceRepository
from app.ui import format as written

COLUMNS = ("Product", "SKU", "Quantity", "Unit price", "Discount", "Tax rate", "Amount")
TAX_COLUMNS = ("Tax rate", "Net", "Tax", "Total")
RETURN_COLUMNS = ("Date", "Product", "Quantity", "Refund")

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """An order with its company. Its parts are texts already written, in the order's currency."""

    company: CompanySettings | None
    order: Order
    lines: Sequence[OrderLine]
    payments: Sequence[PaidAmount]
    returns: Sequence[OrderReturn]

    @property
    def title(self) -> str:
        return f"Receipt {self.order.order_number}"

    @property
    def head(self) -> list[str]:
        """The company, a line each."""
        if self.company is None:
            return []
        number = f"Tax number {self.company.tax_number}" if self.company.tax_number else ""
        lines = [self.company.company_name, *(self.company.address or "").splitlines(), number]
        return [line.strip() for line in lines if line.strip()]

    @property
    def footer(self) -> list[str]:
        return (self.company.receipt_footer or "").splitlines() if self.company else []

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What stands above the lines."""
        order = self.order
        place = ", ".join(
            part for part in (order.store_state, order.store_country) if part and part not in order.store
        )
        facts = [
            ("Order", order.order_number),
            ("Date", self._when()),
            ("Store", f"{order.store} ({place})" if place else order.store),
            ("Customer", order.customer or "Walk-in customer"),
            ("Currency", order.currency_code),
        ]
        if order.cancelled_at:
            when = written.timestamp(order.cancelled_at)
            facts.append(("Cancelled", f"{when}: {order.cancel_reason}"))
        return facts

    @property
    def rows(self) -> list[Row]:
        """The lines by `COLUMNS`. Amounts contain the tax where the prices do."""
        return [
            (
                line.product,
                line.sku,
                written.integer(line.quantity),
                written.amount(line.unit_price, self.order.currency_code),
                self._money(-line.discount_amount) if line.discount_amount else "",
                _rate(line.tax_rate),
                self._money(self._priced(line)),
            )
            for line in self.lines
        ]

    @property
    def totals(self) -> list[tuple[str, str]]:
        """Below the lines, the total last."""
        order = self.order
        discount = sum((line.discount_amount for line in self.lines), Decimal(0))
        totals = []
        if discount:
            totals.append(("Discounts, taken off above", self._money(-discount)))
        if order.tax_amount:
            totals.append(("Without tax", self._money(order.net_amount)))
            totals.append(("Tax", self._money(order.tax_amount)))
        return [*totals, ("Total", written.money(order.total_amount, order.currency_code))]

    @property
    def taxes(self) -> list[Row]:
        """Tax by rate, by `TAX_COLUMNS`; none where no tax was charged."""
        if not self.order.tax_amount:
            return []
        rates = sorted({line.tax_rate for line in self.lines})
        return [
            (_rate(rate), self._money(net), self._money(tax), self._money(net + tax))
            for rate in rates
            for net, tax in [self._taxed(rate)]
        ]

    @property
    def paid(self) -> list[tuple[str, str]]:
        """What was paid by each method, refunds taken off, and what is still open. Imported orders tell no payments."""
        paid = [(payment.method.capitalize(), self._money(payment.amount)) for payment in self.payments]
        if self.order.status == "recorded" and self.order.ordered_at and self._open():
            paid.append(("On account", self._money(self._open())))
        return paid

    @property
    def paid_title(self) -> str:
        return "Paid by, refunds taken off" if self.returns else "Paid by"

    @property
    def returned(self) -> list[Row]:
        """What came back so far, by `RETURN_COLUMNS`."""
        return [
            (
                written.date(one.returned_on),
                one.product,
                written.integer(one.quantity),
                self._money(-one.refund_amount),
            )
            for one in self.returns
        ]

    @property
    def kept(self) -> tuple[str, str] | None:
        """The total after returns, where there are any."""
        if not self.returns:
            return None
        return "Total after returns", written.money(
            self.order.total_amount - self._refunds(), self.order.currency_code
        )

    @property
    def has_tax_in_prices(self) -> bool:
        """Whether the prices contain the tax, as the amounts of the lines tell."""
        taxed = [line for line in self.lines if line.tax_amount]
        return bool(taxed) and all(
            self._payable(line) == line.line_amount + line.tax_amount for line in taxed
        )

    def _priced(self, line: OrderLine) -> Decimal:
        return line.line_amount + line.tax_amount if self.has_tax_in_prices else line.line_amount

    def _payable(self, line: OrderLine) -> Decimal:
        cent = Decimal(1).scaleb(-self.order.minor_units)
        return (line.quantity * line.unit_price).quantize(cent, ROUND_HALF_UP) - line.discount_amount

    def _taxed(self, rate: Decimal) -> tuple[Decimal, Decimal]:
        lines = [line for line in self.lines if line.tax_rate == rate]
        net = sum((line.line_amount for line in lines), Decimal(0))
        return net, sum((line.tax_amount for line in lines), Decimal(0))

    def _refunds(self) -> Decimal:
        return sum((one.refund_amount for one in self.returns), Decimal(0))

    def _open(self) -> Decimal:
        paid = sum((payment.amount for payment in self.payments), Decimal(0))
        return self.order.total_amount - self._refunds() - paid

    def _money(self, amount: Decimal) -> str:
        return written.decimal(amount, self.order.minor_units)

    def _when(self) -> str:
        order = self.order
        # A purchase noted down later has the day it was made on, and no time of its own.
        if order.ordered_at and order.ordered_at.date() == order.order_date:
            return f"{written.timestamp(order.ordered_at)} ({order.time_zone})"
        return written.date(order.order_date)


def read(connection: Connection, *, store_id: int, order_id: int) -> Receipt:
    """The receipt of an order, or NotFoundError."""
    orders = OrdersRepository(connection)
    return Receipt(
        ReferenceRepository(connection).settings(),
        orders.get(store_id=store_id, order_id=order_id),
        orders.lines(store_id=store_id, order_id=order_id),
        orders.payments(store_id=store_id, order_id=order_id),
        orders.returns(store_id=store_id, order_id=order_id),
    )


def _rate(rate: Decimal) -> str:
    """A tax rate with as many decimals as it has, one at least: 19.0 %, 8.875 %."""
    exponent = (rate * 100).normalize().as_tuple().exponent
    return written.percent(rate, max(1, -int(exponent)))
