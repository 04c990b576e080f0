import csv
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from loader.demo import DIRT, generate

Row = dict[str, str]

TODAY = date(2026, 3, 18)
FIRST = date(2022, 3, 1)
HEADERS = {
    "Customers.csv": "CustomerKey,Gender,Name,City,State Code,State,Zip Code,Country,Continent,Birthday",
    "Products.csv": "ProductKey,Product Name,Brand,Color,Unit Cost USD,Unit Price USD,"
    "SubcategoryKey,Subcategory,CategoryKey,Category",
    "Stores.csv": "StoreKey,Country,State,Square Meters,Open Date",
    "Exchange_Rates.csv": "Date,Currency,Exchange",
    "Sales.csv": "Order Number,Line Item,Order Date,Delivery Date,CustomerKey,StoreKey,ProductKey,"
    "Quantity,Currency Code",
    "Stock.csv": "StoreKey,ProductKey,Quantity",
}
CURRENCIES = {
    "United States": "USD",
    "Canada": "CAD",
    "United Kingdom": "GBP",
    "Germany": "EUR",
    "France": "EUR",
    "Sweden": "SEK",
    "Ireland": "EUR",
    "Austria": "EUR",
}


@cache
def as_date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return None


def dollars(text: str) -> float:
    return float(text.strip(" $").replace(",", ""))


def read(path: Path) -> list[Row]:
    with path.open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, today=TODAY)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, list[Row]]:
    return {name: read(folder / name) for name in HEADERS}


def is_dirty(files: dict[str, list[Row]]) -> Callable[[Row], str | None]:
    products = {row["ProductKey"] for row in files["Products.csv"]}
    customers = {row["CustomerKey"] for row in files["Customers.csv"]}

    def kind(row: Row) -> str | None:
        if not row["Quantity"].isdigit():
            return "text as quantity"
        if row["Quantity"] == "0":
            return "zero quantity"
        if as_date(row["Order Date"]) is None:
            return "impossible date"
        if row["ProductKey"] not in products:
            return "unknown product"
        return None if row["CustomerKey"] in customers else "unknown customer"

    return kind


@pytest.fixture(scope="module")
def sales(files: dict[str, list[Row]]) -> list[Row]:
    """The sales lines that should load."""
    dirty = is_dirty(files)
    lines = {(row["Order Number"], row["Line Item"]): row for row in files["Sales.csv"] if not dirty(row)}
    return list(lines.values())


def test_same_day_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", today=TODAY)
    for name in HEADERS:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_files_have_the_headers_of_the_source_system(folder: Path) -> None:
    assert {path.name: path.read_bytes().splitlines()[0].decode() for path in folder.iterdir()} == HEADERS


def test_files_are_in_the_windows_encoding_with_accents(folder: Path) -> None:
    stores = (folder / "Stores.csv").read_bytes()
    assert "Västra Götaland".encode("cp1252") in stores
    assert sum(not row["Name"].isascii() for row in read(folder / "Customers.csv")) > 300


def test_counts_are_those_of_a_small_retailer(files: dict[str, list[Row]], sales: list[Row]) -> None:
    shops = [row for row in files["Stores.csv"] if row["StoreKey"] != "0"]
    assert len({row["CustomerKey"] for row in files["Customers.csv"]}) == 4000
    assert len(files["Products.csv"]) - DIRT["Products.csv"]["unreadable price"] == 600
    assert (len(shops), len({row["Country"] for row in shops})) == (14, 6)
    assert {row["Currency"] for row in files["Exchange_Rates.csv"]} == {"USD", "CAD", "GBP", "EUR", "SEK"}
    assert 40_000 < len(sales) < 60_000
    lines = Counter(row["Order Number"] for row in sales)
    assert set(lines.values()) == {1, 2, 3, 4, 5}


def test_dirt_is_what_is_declared(files: dict[str, list[Row]]) -> None:
    found: dict[str, Counter[str]] = {}
    for name, rows in files.items():
        repeated = sum(count - 1 for count in Counter(tuple(row.values()) for row in rows).values())
        found[name] = Counter({"duplicate row": repeated} if repeated else {})
    dirty = is_dirty(files)
    found["Sales.csv"].update(kind for row in files["Sales.csv"] if (kind := dirty(row)))
    found["Customers.csv"].update(
        "impossible birthday" for row in files["Customers.csv"] if as_date(row["Birthday"]) is None
    )
    found["Products.csv"].update(
        "unreadable price" for row in files["Products.csv"] if "$" not in row["Unit Price USD"]
    )
    assert found == DIRT


def test_nothing_clean_depends_on_a_dirty_row(files: dict[str, list[Row]], sales: list[Row]) -> None:
    unpriced = {row["ProductKey"] for row in files["Products.csv"] if "$" not in row["Unit Price USD"]}
    unborn = {row["CustomerKey"] for row in files["Customers.csv"] if as_date(row["Birthday"]) is None}
    assert unpriced.isdisjoint(row["ProductKey"] for row in sales + files["Stock.csv"])
    assert unborn.isdisjoint(row["CustomerKey"] for row in sales)


def test_every_key_is_unique_and_every_reference_is_known(
    files: dict[str, list[Row]], sales: list[Row]
) -> None:
    stores = [row["StoreKey"] for row in files["Stores.csv"]]
    products = [row["ProductKey"] for row in files["Products.csv"]]
    assert len(stores) == len(set(stores))
    assert len(products) == len(set(products))
    assert {row["StoreKey"] for row in sales + files["Stock.csv"]} == set(stores)
    assert {row["ProductKey"] for row in files["Stock.csv"]} <= set(products)
    assert {row["Country"] for row in files["Customers.csv"]} == set(CURRENCIES)


def test_lines_of_an_order_agree(sales: list[Row]) -> None:
    shared = ["Order Date", "Delivery Date", "CustomerKey", "StoreKey", "Currency Code"]
    headers = {(row["Order Number"], *(row[column] for column in shared)) for row in sales}
    assert len(headers) == len({row["Order Number"] for row in sales})
    assert len({(row["Order Number"], row["ProductKey"]) for row in sales}) == len(sales)


def test_orders_are_in_the_currency_of_the_shop_or_of_the_online_customer(
    files: dict[str, list[Row]], sales: list[Row]
) -> None:
    shops = {row["StoreKey"]: row["Country"] for row in files["Stores.csv"]}
    customers = {row["CustomerKey"]: row["Country"] for row in files["Customers.csv"]}
    for row in sales:
        at = customers[row["CustomerKey"]] if row["StoreKey"] == "0" else shops[row["StoreKey"]]
        assert row["Currency Code"] == CURRENCIES[at]


def test_only_online_orders_are_delivered_and_recent_ones_not_yet(sales: list[Row]) -> None:
    delays = []
    for row in sales:
        ordered, delivered = as_date(row["Order Date"]), as_date(row["Delivery Date"])
        assert ordered
        if row["StoreKey"] == "0" and delivered:
            assert delivered < TODAY
            delays.append((delivered - ordered).days)
        else:
            assert not row["Delivery Date"]
            assert row["StoreKey"] != "0" or ordered > TODAY - timedelta(days=30)
    assert min(delays) == 2
    assert 3 < sum(delays) / len(delays) < 6


def test_no_shop_sells_before_it_opens(files: dict[str, list[Row]], sales: list[Row]) -> None:
    opened = {row["StoreKey"]: as_date(row["Open Date"]) for row in files["Stores.csv"]}
    for row in sales:
        ordered, since = as_date(row["Order Date"]), opened[row["StoreKey"]]
        assert ordered
        assert since
        assert ordered >= since
    assert sum(day > FIRST for day in opened.values() if day) == 3


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2025, 1, 1)])
def test_sales_and_rates_run_for_four_years_to_yesterday(tmp_path: Path, today: date) -> None:
    generate(tmp_path, today=today)
    yesterday, first = today - timedelta(days=1), date(today.year - 4, today.month, 1)
    rates = [as_date(row["Date"]) for row in read(tmp_path / "Exchange_Rates.csv")]
    days = [day for row in read(tmp_path / "Sales.csv") if (day := as_date(row["Order Date"]))]
    assert (rates[0], rates[-1]) == (first, yesterday)
    assert (min(days), max(days)) == (first, yesterday)
    assert days == sorted(days)


def test_rates_have_one_row_a_day_and_currency_and_move_smoothly(files: dict[str, list[Row]]) -> None:
    rates: dict[str, list[float]] = {}
    for row in files["Exchange_Rates.csv"]:
        rates.setdefault(row["Currency"], []).append(float(row["Exchange"]))
    assert {len(series) for series in rates.values()} == {(TODAY - FIRST).days}
    assert set(rates["USD"]) == {1.0}
    for series in rates.values():
        assert all(abs(after / before - 1) < 0.02 for before, after in pairwise(series))


def test_prices_leave_a_margin(files: dict[str, list[Row]]) -> None:
    priced = [row for row in files["Products.csv"] if "$" in row["Unit Price USD"]]
    for row in priced:
        assert 0.25 < dollars(row["Unit Cost USD"]) / dollars(row["Unit Price USD"]) < 0.8
    assert any("$1," in row["Unit Price USD"] for row in priced)


def test_stock_covers_each_pair_that_sold_and_the_whole_range_online(
    files: dict[str, list[Row]], sales: list[Row]
) -> None:
    stock = {(row["StoreKey"], row["ProductKey"]): int(row["Quantity"]) for row in files["Stock.csv"]}
    priced = [row["ProductKey"] for row in files["Products.csv"] if "$" in row["Unit Price USD"]]
    sold = {(row["StoreKey"], row["ProductKey"]) for row in sales}
    assert len(stock) == len(files["Stock.csv"])
    assert set(stock) == sold | {("0", product) for product in priced}
    empty, low = (sum(pieces in band for pieces in stock.values()) for band in (range(1), range(1, 6)))
    assert 0.01 < empty / len(stock) < 0.06
    assert 0.04 < low / len(stock) < 0.12
    assert min(stock.values()) == 0


def test_some_products_never_sold_and_some_customers_never_bought(
    files: dict[str, list[Row]], sales: list[Row]
) -> None:
    products, customers = ({row[key] for row in sales} for key in ("ProductKey", "CustomerKey"))
    assert 6 <= 600 - len(products) <= 20
    assert 50 <= 4000 - len(customers) <= 400


def test_revenue_grows_and_peaks_in_december(files: dict[str, list[Row]], sales: list[Row]) -> None:
    price = {row["ProductKey"]: row["Unit Price USD"] for row in files["Products.csv"]}
    by_month: Counter[tuple[int, int]] = Counter()
    for row in sales:
        day = as_date(row["Order Date"])
        assert day
        by_month[day.year, day.month] += round(int(row["Quantity"]) * dollars(price[row["ProductKey"]]))
    for year in (2022, 2023, 2024, 2025):
        assert max((month for month in by_month if month[0] == year), key=by_month.__getitem__)[1] == 12
    years = [
        sum(by_month[year + (month > 12), (month - 1) % 12 + 1] for month in range(3, 15))
        for year in range(2022, 2026)
    ]
    assert all(1.05 < after / before < 1.6 for before, after in pairwise(years))


def test_customers_return_and_keep_joining(sales: list[Row]) -> None:
    orders = {row["Order Number"]: (row["CustomerKey"], as_date(row["Order Date"])) for row in sales}
    counts = Counter(customer for customer, _ in orders.values())
    first: dict[str, date] = {}
    for customer, day in orders.values():
        if day:
            first[customer] = min(day, first.get(customer, day))
    assert 0.55 < sum(count > 1 for count in counts.values()) / len(counts) < 0.8
    assert max(counts.values()) < 120
    joined = Counter(day.year for day in first.values())
    assert all(joined[year] > 400 for year in (2023, 2024, 2025))
