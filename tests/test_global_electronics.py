"""The Global Electronics files, loaded: their figures are known from elsewhere."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.repositories.analytics import AnalyticsRepository, Filters
from db.pool import Actor, Database
from loader.account import Money, Report
from loader.loading import load
from tests.conftest import REAL_DATA, OwnDatabase, clone
from tests.loader.conftest import outcomes

pytestmark = pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"the Global Electronics files are not at {REAL_DATA}"
)

COUNTS = {
    "Customers.csv": 15_266,
    "Products.csv": 2_517,
    "Stores.csv": 67,
    "Exchange_Rates.csv": 11_215,
    "Sales.csv": 62_884,
}
REVENUE = Decimal("55755479.59")
ALL = Filters(date(2016, 1, 1), date(2021, 2, 20))
FIGURES = """
SELECT
    (SELECT count(*) FROM crpm.customers), (SELECT count(*) FROM crpm.products), (SELECT count(*) FROM crpm.stores),
    (SELECT count(*) FROM crpm.exchange_rates), (SELECT count(*) FROM crpm.orders), (SELECT count(*) FROM crpm.order_lines),
    (SELECT sum(o.base_amount) FROM crpm.orders AS o),
    (SELECT sum(l.quantity * l.base_unit_cost) FROM crpm.order_lines AS l),
    (SELECT sum(l.quantity) FROM crpm.order_lines AS l),
    (SELECT sum(v.on_hand) FROM crpm.stock_levels AS v), (SELECT count(*) FROM crpm.stock_movements),
    (SELECT count(*) FROM crpm.audit_log)
"""


@pytest.fixture(scope="module")
def loaded(server: str, empty_template: str) -> Iterator[tuple[OwnDatabase, Report]]:
    with clone(server, empty_template) as own:
        yield own, load(own.owner_url, REAL_DATA, actor=Actor("ada", "crpm_admin"))


def one(database: OwnDatabase, statement: str) -> tuple[object, ...]:
    with database.connect() as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return row


def test_every_row_is_loaded(loaded: tuple[OwnDatabase, Report]) -> None:
    _, report = loaded
    assert {file.file: (file.read, file.loaded) for file in report.files} == {
        name: (count, count) for name, count in COUNTS.items()
    }
    assert report.money == Money(REVENUE, REVENUE, Decimal(0), Decimal(0))
    assert report.unpriced_rows == 0
    assert report.ignored_files == ("Data_Dictionary.csv",)


def test_figures_are_those_of_the_files(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(database, FIGURES)[:9] == (
        15_266,
        2_517,
        67,
        11_215,
        26_326,
        62_884,
        REVENUE,
        Decimal("23092791.21"),
        197_757,
    )


def test_euros_are_charged_to_the_cent_at_the_rate_of_the_day(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT sum(l.base_amount), sum(l.line_amount)
        FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        WHERE o.currency_code = 'EUR'
        """,
    ) == (Decimal("11367288.06"), Decimal("10032218.28"))


def test_orders_total_their_lines(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT count(*)
        FROM crpm.orders AS o
        INNER JOIN (
            SELECT store_id, order_id, sum(line_amount) AS net_amount, sum(base_amount) AS base_amount
            FROM crpm.order_lines GROUP BY store_id, order_id
        ) AS l ON o.store_id = l.store_id AND o.order_id = l.order_id
        WHERE o.net_amount = l.net_amount AND o.base_amount = l.base_amount AND o.total_amount = o.net_amount
        """,
    ) == (26_326,)


def test_napoli_is_a_state_and_no_delivery_is_no_day(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    napoli = "SELECT count(*) FROM crpm.customers WHERE state_code = 'NA' AND state = 'Napoli'"
    assert one(database, napoli) == (10,)
    delivered = """
        SELECT count(*) FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        WHERE o.delivered_on IS NULL
        """
    assert one(database, delivered) == (49_719,)


def test_stores_have_readable_names_and_the_currency_of_their_country(
    loaded: tuple[OwnDatabase, Report],
) -> None:
    database, _ = loaded
    berlin = "SELECT name, currency_code, is_online FROM crpm.stores WHERE source_key = '19'"
    assert one(database, berlin) == ("Berlin, Germany", "EUR", False)
    online = "SELECT name, currency_code, is_online FROM crpm.stores WHERE source_key = '0'"
    assert one(database, online) == ("Online", "USD", True)


def test_every_row_leads_back_to_its_file_and_line(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    names = one(
        database,
        """
        SELECT
            (SELECT c.name FROM crpm.customers AS c INNER JOIN crpm.load_files AS f USING (load_file_id)
            WHERE f.file_name = 'Customers.csv' AND c.source_line = 2),
            (SELECT o.order_number FROM crpm.orders AS o INNER JOIN crpm.load_files AS f USING (load_file_id)
            WHERE f.file_name = 'Sales.csv' AND o.source_line = 2)
        """,
    )
    assert names == ("Lilly Harding", "366000")


def test_stock_opens_for_what_sold_and_the_whole_range_online(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT count(*), min(v.on_hand), max(v.on_hand), count(*) FILTER (WHERE s.is_online)
        FROM crpm.stock_levels AS v INNER JOIN crpm.stores AS s ON v.store_id = s.store_id
        """,
    ) == (36_083, 100, 100, 2_517)
    assert one(database, "SELECT count(*) FROM crpm.stores WHERE opening_count_on = current_date") == (67,)


@pytest.fixture(scope="module")
def real_shop(loaded: tuple[OwnDatabase, Report]) -> Iterator[Database]:
    database = Database(loaded[0].app_url, max_size=2)
    yield database
    database.close()


@pytest.fixture
def analytics(real_shop: Database) -> Iterator[AnalyticsRepository]:
    with real_shop.transaction(Actor("test", "crpm_manager")) as connection:
        yield AnalyticsRepository(connection)


def figures(analytics: AnalyticsRepository, question: str, filters: Filters = ALL) -> Any:
    (row,) = analytics.answer(question, filters).rows
    return row


def keyed(analytics: AnalyticsRepository, question: str, key: str, *names: str) -> dict[str, Any]:
    rows = analytics.answer(question, ALL).rows
    return {row[key]: tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in rows}


def test_all_time(analytics: AnalyticsRepository) -> None:
    horizon = analytics.find_horizon()
    assert horizon is not None
    assert (horizon.first_on, horizon.last_on) == (ALL.from_on, ALL.to_on)
    row = figures(analytics, "headline")
    assert (row["revenue"], row["orders"], row["units"]) == (Decimal("55755479.59"), 26326, 197757)
    assert row["average_order_value"] == Decimal("2117.89")
    assert figures(analytics, "headline_profit")["gross_profit"] == Decimal("32662688.38")


def test_the_year_2019(analytics: AnalyticsRepository) -> None:
    row = figures(analytics, "headline", Filters(date(2019, 1, 1), date(2019, 12, 31)))
    assert (row["revenue"], row["orders"]) == (Decimal("18264382.48"), 9083)


def test_computers_and_their_profit(analytics: AnalyticsRepository) -> None:
    assert keyed(analytics, "profit_by_category", "category", "revenue", "gross_profit")["Computers"] == (
        Decimal("19301595.46"),
        Decimal("11277447.90"),
    )


def test_euros_as_charged_and_in_base_currency(analytics: AnalyticsRepository) -> None:
    assert keyed(analytics, "sales_by_currency", "currency_code", "revenue", "charged_amount")["EUR"] == (
        Decimal("11367288.06"),
        Decimal("10032218.28"),
    )


def test_products_never_sold(analytics: AnalyticsRepository) -> None:
    assert figures(analytics, "product_headline")["products_not_sold"] == 25


def test_customers_who_bought(analytics: AnalyticsRepository) -> None:
    row = figures(analytics, "customer_headline")
    assert (row["customers"], row["repeat_customers"]) == (11887, 7272)


def test_customers_by_gender_and_age(analytics: AnalyticsRepository) -> None:
    assert keyed(analytics, "customers_by_gender", "gender", "customers") == {"female": 7518, "male": 7748}
    assert keyed(analytics, "customers_by_age", "age_band", "customers") == {
        "under 20": 242,
        "20-29": 2300,
        "30-39": 2247,
        "40-49": 2270,
        "50-59": 2299,
        "60 and over": 5908,
    }


def test_stores_online_and_delivery(analytics: AnalyticsRepository) -> None:
    row = figures(analytics, "store_headline")
    assert row["delivery_days"] == Decimal("4.52")
    assert row["shop_revenue"] + row["online_revenue"] == REVENUE
    assert row["delivered_orders"] == 5580


def test_what_changed_revenue_from_2018_to_2019_adds_up(analytics: AnalyticsRepository) -> None:
    filters = Filters(date(2019, 1, 1), date(2019, 12, 31))
    before, *steps, now = analytics.answer("revenue_bridge", filters).rows
    assert (before["amount"], now["amount"]) == (Decimal("12788960.66"), Decimal("18264382.48"))
    assert sum(step["amount"] for step in steps) == now["amount"] - before["amount"]
    # The files have one price list, in base currency: what rates took is what prices in other currencies gave.
    changes = {step["step"]: step["amount"] for step in steps}
    assert changes["Exchange"] == -changes["Prices"] != 0
    assert figures(analytics, "exchange_headline", filters)["exchange_effect"] < 0


def test_second_load_changes_nothing_and_says_so(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    before = one(database, FIGURES)
    report = load(database.owner_url, REAL_DATA, actor=Actor("ada", "crpm_admin"), opening_stock=55)
    assert one(database, FIGURES) == before
    assert report.is_unchanged
    assert report.money == Money(REVENUE, Decimal(0), REVENUE, Decimal(0))
    for name, count in COUNTS.items():
        assert outcomes(report, name) == (count, 0, 0, count, 0)
