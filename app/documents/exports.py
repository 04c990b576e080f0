"""What the lists on screen are as files: a customer's purchases, and the orders of a filter."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

from psycopg import Connection

from app.documents.tables import Cell, Field, Sheet
from app.errors import InputError, NotFoundError
from app.repositories.activity import ActivityFilter, ActivityRepository
from app.repositories.customers import Customer, CustomerFigures, CustomersRepository, HistoryLine
from app.repositories.orders import ListedOrder, OrderFilter, OrdersRepository
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from loader.errors import NoSuchLoadError
from loader.rejected import as_files, read_rejected

MOST_ROWS = 50_000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class _Fact:
    name: str
    value: Cell


def customer_history(connection: Connection, *, customer_id: int) -> list[Sheet]:
    """Every line that a customer has bought, and below another name the figures of the card.

    NotFoundError where there is no such customer.
    """
    customers = CustomersRepository(connection)
    customer = customers.get(customer_id=customer_id)
    lines = customers.history(customer_id=customer_id, limit=MOST_ROWS + 1)
    figures = customers.figures(customer_ids=[customer_id]).get(customer_id)
    company = ReferenceRepository(connection).settings()
    return [
        _purchases(_bounded(lines)),
        _lifetime(
            customer,
            figures,
            customers.find_preferred_category(customer_id=customer_id),
            company.base_currency_code if company else "",
        ),
    ]


def orders(connection: Connection, *, wanted: OrderFilter, is_descending: bool) -> list[Sheet]:
    """The orders of a filter, in the order of the list. InputError where they are too many for a file."""
    rows: Sequence[ListedOrder] = OrdersRepository(connection).search(
        wanted=wanted,
        sort="order_date descending" if is_descending else "order_date",
        limit=MOST_ROWS + 1,
        offset=0,
    )
    fields = [
        Field("Order", attrgetter("order_number"), width=16),
        Field("Date", attrgetter("order_date"), width=11),
        Field("Store", attrgetter("store"), width=22),
        Field("Customer", attrgetter("customer"), width=26),
        Field("Lines", attrgetter("lines"), width=8),
        Field("Total", attrgetter("total_amount"), "money"),
        Field("Currency", attrgetter("currency_code"), width=9),
        Field("Status", attrgetter("status"), width=11),
    ]
    return [Sheet("Orders", fields, _bounded(rows))]


def activity(connection: Connection, *, wanted: ActivityFilter) -> list[Sheet]:
    """What was done, the latest first. InputError where it is too much for a file."""
    rows = ActivityRepository(connection).search(wanted=wanted, limit=MOST_ROWS + 1)
    fields = [
        Field("When", lambda row: written.timestamp(row.happened_at), width=19),
        Field("Who", attrgetter("acted_by"), width=16),
        Field("Channel", attrgetter("channel"), width=9),
        Field("What", attrgetter("record_type"), width=16),
        Field("Key", attrgetter("record_key"), width=14),
        Field("Action", attrgetter("action"), width=12),
        Field("Before", lambda row: _as_json(row.old_values), width=50),
        Field("After", lambda row: _as_json(row.new_values), width=50),
    ]
    return [Sheet("Activity", fields, _bounded(rows))]


def _as_json(values: dict[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False)


def rejected_rows(connection: Connection, *, load_id: int, file_name: str) -> bytes:
    """The rows of a file that a load rejected and that are still open, as they stood, to be mended and loaded again.

    NotFoundError where there is none; managers may read them.
    """
    try:
        files = as_files(read_rejected(connection, load_id=load_id))
    except NoSuchLoadError as error:
        raise NotFoundError(str(error)) from error
    if file_name not in files:
        raise NotFoundError(f"Load {load_id} has no rejected rows of {file_name} that are still open.")
    return files[file_name].encode("utf-8-sig")


def _purchases(lines: Sequence[HistoryLine]) -> Sheet:
    fields = [
        Field("Order", attrgetter("order_number"), width=16),
        Field("Date", attrgetter("order_date"), width=11),
        Field("Store", attrgetter("store"), width=22),
        Field("Status", attrgetter("status"), width=11),
        Field("Currency", attrgetter("currency_code"), width=9),
        Field("Line", attrgetter("line_number"), width=6),
        Field("SKU", attrgetter("sku"), width=16),
        Field("Product", attrgetter("product"), width=36),
        Field("Quantity", attrgetter("quantity"), width=9),
        Field("Returned", attrgetter("returned_quantity"), width=9),
        Field("Unit price", attrgetter("unit_price"), "money"),
        Field("Discount", attrgetter("discount_amount"), "money"),
        Field("Tax rate", attrgetter("tax_rate"), "share", width=9),
        Field("Amount without tax", attrgetter("line_amount"), "money", width=18),
        Field("Tax", attrgetter("tax_amount"), "money"),
        Field("Line total", attrgetter("charged_amount"), "money"),
        Field("Refunded", attrgetter("refund_amount"), "money"),
        Field("Order total", attrgetter("total_amount"), "money"),
    ]
    return Sheet("Purchases", fields, lines)


def _lifetime(
    customer: Customer, figures: CustomerFigures | None, category: str | None, currency: str
) -> Sheet:
    places = written.decimals(currency)
    facts = [
        _Fact("Customer", customer.name),
        _Fact("Customer number", customer.customer_id),
        _Fact("Base currency", currency),
        _Fact("Orders, without cancelled ones", figures.orders if figures else 0),
        _Fact("Preferred category", category),
    ]
    if figures:
        facts[3:3] = [
            _Fact("Revenue, without tax and returns", round(figures.revenue, places)),
            _Fact("Average order", round(figures.average_order_value, places)),
            _Fact("First purchase", figures.first_bought_on),
            _Fact("Last purchase", figures.last_bought_on),
        ]
    return Sheet(
        "Figures",
        [Field("Figure", attrgetter("name"), width=34), Field("Value", attrgetter("value"), width=26)],
        facts,
    )


def _bounded(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) > MOST_ROWS:
        raise InputError(f"These are more than {MOST_ROWS:,} rows. Choose a shorter period or one store.")
    return rows
