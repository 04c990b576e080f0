"""The figures of the Global Electronics files, which are known from elsewhere."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.repositories.analytics import AnalyticsRepository, Filters
from db.pool import Actor, Database
from loader.loading import load
from tests.conftest import REAL_DATA, clone

pytestmark = pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"the Global Electronics files are not in {REAL_DATA}"
)

ALL = Filters(date(2016, 1, 1), date(2021, 2, 20))


@pytest.fixture(scope="module")
def real_data(server: str, empty_template: str) -> Iterator[Database]:
    with clone(server, empty_template) as own:
        load(own.owner_url, REAL_DATA, actor=Actor("test", "crpm_admin"))
        database = Database(own.app_url, max_size=2)
        yield database
        database.close()


@pytest.fixture
def analytics(real_data: Database) -> Iterator[AnalyticsRepository]:
    with real_data.transaction(Actor("test", "crpm_manager")) as connection:
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
