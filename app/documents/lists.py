"""The lists of customers and products whole, as they are filtered and sorted on screen, as files of any length.

They are read page by page in one transaction, and a CSV file is sent while it is read.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from threading import BoundedSemaphore
from typing import IO, Any

from psycopg import Connection

from app.documents.tables import Field, Sheet, csv_parts, write_xlsx
from app.errors import UnavailableError
from app.repositories.customers import CustomersRepository
from app.repositories.products import RECENT_DAYS, ProductsRepository, days_of_cover, margin_of
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui.tabs import customers_filters, products_filters

# Each holds a connection until the last row has been sent.
_AT_ONCE = BoundedSemaphore(2)

Transaction = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer with what they bought, net of tax and returns, in base currency."""

    number: int
    name: str
    email: str | None
    city: str | None
    country: str | None
    orders: int
    revenue: Decimal
    currency: str
    minor_units: int
    last_bought_on: date | None
    status: str


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product with price, stock and sales; cost and margin for managers alone."""

    sku: str
    name: str
    brand: str | None
    category: str
    subcategory: str
    price: Decimal | None
    cost: Decimal | None
    margin: Decimal | None
    currency: str
    minor_units: int
    on_hand: int
    sold: int
    days_of_cover: int | None
    status: str


@dataclass(frozen=True, slots=True)
class WholeList:
    """A list as a file: its name, its columns, and its rows page by page."""

    name: str
    fields: Sequence[Field]
    pages: Callable[[Connection], Iterator[Sequence[Any]]]

    def csv(self, transaction: Transaction) -> Iterator[bytes]:
        """The file in parts. UnavailableError where two others are on their way; what fails later breaks it off."""
        with _one_of_few(), transaction() as connection:
            yield from csv_parts(self.fields, self.pages(connection))

    def xlsx(self, transaction: Transaction) -> IO[bytes]:
        """The file, to be read from its beginning and closed. UnavailableError as for csv."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - who sends it closes it
        try:
            with _one_of_few(), transaction() as connection:
                rows = (row for page in self.pages(connection) for row in page)
                write_xlsx(file, [Sheet(self.name.capitalize(), self.fields, rows)])
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file


def customers(key: str) -> WholeList:
    """The customers of a list whose address has this key."""
    shown = customers_filters.ADDRESS.read(key)
    wanted = customers_filters.wanted(*shown.values)

    def pages(connection: Connection) -> Iterator[list[CustomerLine]]:
        repository = CustomersRepository(connection)
        currency = _currency(connection)
        meant, _ = repository.meant(wanted=wanted)
        for found in repository.stream(wanted=meant, sort=shown.state.order):
            bought = repository.figures(customer_ids=[row.customer_id for row in found])
            yield [
                CustomerLine(
                    row.customer_id,
                    row.name,
                    row.email,
                    row.city,
                    row.country,
                    bought[row.customer_id].orders if row.customer_id in bought else 0,
                    bought[row.customer_id].revenue if row.customer_id in bought else Decimal(0),
                    currency,
                    written.decimals(currency),
                    bought[row.customer_id].last_bought_on if row.customer_id in bought else None,
                    "active" if row.is_active else "inactive",
                )
                for row in found
            ]

    fields = [
        Field("Customer number", attrgetter("number"), width=16),
        Field("Name", attrgetter("name"), width=30),
        Field("E-mail", attrgetter("email"), width=30),
        Field("City", attrgetter("city"), width=18),
        Field("Country", attrgetter("country"), width=18),
        Field("Orders", attrgetter("orders"), width=8),
        Field("Revenue", attrgetter("revenue"), "money"),
        Field("Currency", attrgetter("currency"), width=9),
        Field("Last purchase", attrgetter("last_bought_on")),
        Field("Status", attrgetter("status"), width=11),
    ]
    return WholeList("customers", fields, pages)


def products(key: str, *, has_costs: bool) -> WholeList:
    """The products of a list whose address has this key, with costs for those who may read them."""
    shown = products_filters.ADDRESS.read(key)
    wanted = products_filters.wanted(*shown.values)

    def pages(connection: Connection) -> Iterator[list[ProductLine]]:
        repository = ProductsRepository(connection)
        currency = _currency(connection)
        meant, _ = repository.meant(wanted=wanted)
        for found in repository.stream(wanted=meant, sort=shown.state.order):
            numbers = [row.product_id for row in found]
            sold = repository.recent_sales(product_ids=numbers, store_id=wanted.store_id)
            costs = repository.costs(product_ids=numbers) if has_costs else {}
            yield [
                ProductLine(
                    row.sku,
                    row.name,
                    row.brand,
                    row.category,
                    row.subcategory,
                    row.unit_price,
                    costs.get(row.product_id),
                    _rounded(margin_of(row.unit_price, costs.get(row.product_id))),
                    currency,
                    written.decimals(currency),
                    row.on_hand,
                    sold.get(row.product_id, 0),
                    days_of_cover(on_hand=row.on_hand, recent_units=sold.get(row.product_id, 0)),
                    row.status,
                )
                for row in found
            ]

    for_managers = [
        Field("Cost", attrgetter("cost"), "money"),
        Field("Margin", attrgetter("margin"), "share", width=9),
    ]
    fields = [
        Field("SKU", attrgetter("sku"), width=16),
        Field("Name", attrgetter("name"), width=36),
        Field("Brand", attrgetter("brand"), width=18),
        Field("Category", attrgetter("category"), width=18),
        Field("Subcategory", attrgetter("subcategory"), width=18),
        Field("Price", attrgetter("price"), "money"),
        *(for_managers if has_costs else []),
        Field("Currency", attrgetter("currency"), width=9),
        Field("On hand", attrgetter("on_hand"), width=9),
        Field(f"Sold in {RECENT_DAYS} days", attrgetter("sold"), width=15),
        Field("Days of cover", attrgetter("days_of_cover"), width=13),
        Field("Status", attrgetter("status"), width=13),
    ]
    return WholeList("products", fields, pages)


def _rounded(share: Decimal | None) -> Decimal | None:
    return None if share is None else round(share, 4)


def _currency(connection: Connection) -> str:
    company = ReferenceRepository(connection).settings()
    return company.base_currency_code if company else ""


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(blocking=False):
        raise UnavailableError("Two lists are being exported. Try again when one is done.")
    try:
        yield
    finally:
        _AT_ONCE.release()
