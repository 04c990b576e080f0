"""Made-up sales of a believable retailer, in the same files and formats as the Global Electronics set."""

import csv
import random
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np

from loader.demo.catalogue import Product, make_products
from loader.demo.customers import Customer, make_customers
from loader.demo.dirt import DIRT, soil_customers, soil_products, soil_sales
from loader.demo.period import Period, period_before, us_date
from loader.demo.places import Store, read_places
from loader.demo.rates import daily_rates
from loader.demo.sales import Sales, make_sales
from loader.demo.stock import count_stock

__all__ = ["DIRT", "generate"]

SEED = 20
CUSTOMERS = 4000
PRODUCTS = 600

SALES_HEADER = (
    "Order Number,Line Item,Order Date,Delivery Date,CustomerKey,StoreKey,ProductKey,Quantity,Currency Code"
)
CUSTOMERS_HEADER = "CustomerKey,Gender,Name,City,State Code,State,Zip Code,Country,Continent,Birthday"
PRODUCTS_HEADER = (
    "ProductKey,Product Name,Brand,Color,Unit Cost USD,Unit Price USD,"
    "SubcategoryKey,Subcategory,CategoryKey,Category"
)
STORES_HEADER = "StoreKey,Country,State,Square Meters,Open Date"


def generate(folder: Path, *, today: date) -> None:
    """Write the six demo files into `folder`, which is made if it is missing.

    The sales run from the first of this month four years ago to yesterday. The same `today` gives the
    same bytes. What must not load cleanly is counted in `DIRT`.
    """
    draw = random.Random(SEED)  # noqa: S311 - repeatable on purpose  # nosec B311
    rng = np.random.default_rng(SEED)
    period = period_before(today)
    places = read_places(period)
    products = make_products(draw, count=PRODUCTS, months=period.months)
    categories = len({product.category_key for product in products})
    customers = make_customers(draw, places, period=period, count=CUSTOMERS, categories=categories)
    sales = make_sales(rng, period, places, customers, products)
    stock = count_stock(rng, period, sales, products, stores=len(places.stores))
    prospects = sorted(set(range(len(customers))) - set(sales.customer.tolist()))

    folder.mkdir(parents=True, exist_ok=True)
    customer_rows = soil_customers(_customer_rows(customers), draw, never_bought=prospects)
    sales_rows = soil_sales(_sales_rows(sales, period, customers), draw)
    _write(folder / "Customers.csv", CUSTOMERS_HEADER, customer_rows)
    _write(folder / "Products.csv", PRODUCTS_HEADER, soil_products(_product_rows(products)))
    _write(folder / "Stores.csv", STORES_HEADER, _store_rows(places.stores))
    _write(folder / "Exchange_Rates.csv", "Date,Currency,Exchange", daily_rates(rng, period, places.rates))
    _write(folder / "Sales.csv", SALES_HEADER, sales_rows)
    _write(folder / "Stock.csv", "StoreKey,ProductKey,Quantity", stock)


def _write(path: Path, header: str, rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write(header + "\n")
        csv.writer(file, lineterminator="\n").writerows(rows)


def _customer_rows(customers: list[Customer]) -> list[list[str]]:
    return [
        [
            str(customer.key),
            customer.gender,
            customer.name,
            customer.city.name,
            customer.city.state_code,
            customer.city.state,
            customer.postcode,
            customer.country.name,
            customer.country.continent,
            us_date(customer.birthday),
        ]
        for customer in customers
    ]


def _product_rows(products: list[Product]) -> list[list[str]]:
    return [
        [
            str(product.key),
            product.name,
            product.brand,
            product.color,
            _dollars(product.cost_cents),
            _dollars(product.price_cents),
            product.subcategory_key,
            product.subcategory,
            product.category_key,
            product.category,
        ]
        for product in products
    ]


def _dollars(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02d} "


def _store_rows(stores: list[Store]) -> list[list[object]]:
    """The shops, then the online shop, which has no floor."""
    online, *shops = stores
    rows: list[list[object]] = [
        [shop.key, shop.country.name, shop.state, shop.square_meters, us_date(shop.opened)]
        for shop in shops
        if shop.country
    ]
    return [*rows, [online.key, online.state, online.state, "", us_date(online.opened)]]


def _sales_rows(sales: Sales, period: Period, customers: list[Customer]) -> list[list[str]]:
    dates = [us_date(day) for day in period.dates]
    orders = [
        (
            str(number),
            dates[day],
            dates[delivered] if delivered >= 0 else "",
            str(customers[customer].key),
            str(store),
            currency,
        )
        for number, day, delivered, customer, store, currency in zip(
            sales.number.tolist(),
            sales.day.tolist(),
            sales.delivered.tolist(),
            sales.customer.tolist(),
            sales.store.tolist(),
            sales.currency,
            strict=True,
        )
    ]
    lines = zip(
        sales.line_order.tolist(),
        sales.line_number.tolist(),
        sales.line_product.tolist(),
        sales.line_quantity.tolist(),
        strict=True,
    )
    rows = []
    for order, line, product, quantity in lines:
        number, day, delivered, customer, store, currency = orders[order]
        rows.append(
            [number, str(line), day, delivered, customer, store, str(product + 1), str(quantity), currency]
        )
    return rows
