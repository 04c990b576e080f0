"""Every figure against an independent computation in pandas, on a shop with sales, returns and a cancelled order."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import psycopg
import pytest

from app.repositories.analytics import AnalyticsRepository, Answer, Filters
from app.ui import questions
from db.pool import Actor, Database
from db.sqlfiles import QUERIES
from tests.conftest import OwnDatabase
from tests.repositories.in_pandas import every_sale, orders, total, within
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, ONLINE, PATH_LIGHT
from tests.trade import TODAY, trade

QUESTIONS = {path.stem for path in (QUERIES / "analytics").glob("*.sql")} - {"horizon"}
BREAKDOWNS = {
    "sales_by_category": "category",
    "sales_by_subcategory": "subcategory",
    "sales_by_store": "store",
    "sales_by_country": "country",
    "sales_by_currency": "currency_code",
    "customers_by_gender": "gender",
    "customers_by_age": "age_band",
    "customers_by_country": "home",
}
ALL = Filters(TODAY - timedelta(days=800), TODAY)
KITCHEN = 1
FILTERS = {
    "everything": ALL,
    "last 30 days": replace(ALL, from_on=TODAY - timedelta(days=30)),
    "days without sales": Filters(TODAY - timedelta(days=790), TODAY - timedelta(days=780)),
    "one store": replace(ALL, store_id=BOSTON),
    "one country": replace(ALL, country_code="DE"),
    "one category": replace(ALL, category_id=KITCHEN),
    "one segment": replace(ALL, segment="New or promising"),
    "all at once": Filters(TODAY - timedelta(days=60), TODAY, BOSTON, "US", KITCHEN),
}


@pytest.fixture(scope="module")
def traded(shop_of_module: OwnDatabase) -> Iterator[Database]:
    trade(shop_of_module)
    database = Database(shop_of_module.app_url, max_size=2)
    yield database
    database.close()


@pytest.fixture
def analytics(traded: Database) -> Iterator[AnalyticsRepository]:
    with traded.transaction(Actor("test", "crpm_manager")) as connection:
        yield AnalyticsRepository(connection)


@pytest.fixture(scope="module")
def sold(traded: Database) -> pd.DataFrame:
    return every_sale(traded)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_headline_is_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    expected = within(sold, filters)
    (row,) = analytics.answer("headline", filters).rows
    assert (row["revenue"], row["units"], row["orders"]) == (
        total(expected.revenue),
        sum(expected.units),
        orders(expected),
    )
    if orders(expected):
        assert row["average_order_value"] == round(total(expected.revenue) / orders(expected), 2)
    else:
        assert row["average_order_value"] is None
    (profit,) = analytics.answer("headline_profit", filters).rows
    assert profit["cost"] == total(expected.cost)
    assert profit["gross_profit"] == total(expected.revenue) - total(expected.cost)
    for ending, (first, last) in (("before", filters.year_before), ("previous", filters.previous)):
        compared = within(sold, replace(filters, from_on=first, to_on=last))
        assert profit[f"cost_{ending}"] == total(compared.cost)
        assert profit[f"gross_profit_{ending}"] == total(compared.revenue) - total(compared.cost)
        revenue = total(compared.revenue)
        margin = round(profit[f"gross_profit_{ending}"] / revenue, 4) if revenue else None
        assert profit[f"margin_{ending}"] == margin


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize(("question", "key"), BREAKDOWNS.items())
def test_breakdown_is_what_pandas_computes_and_adds_up(
    analytics: AnalyticsRepository, sold: pd.DataFrame, question: str, key: str, filters: Filters
) -> None:
    rows = analytics.answer(question, filters).rows
    given = {row["country" if key == "home" else key]: (row["revenue"], row["orders"]) for row in rows}
    expected = within(sold, filters)
    computed = {name: (total(part.revenue), orders(part)) for name, part in expected.groupby(key)}
    assert {name: figures for name, figures in given.items() if figures != (0, 0)} == computed
    assert total(revenue for revenue, _ in given.values()) == total(expected.revenue)
    if "share" in (rows[0] if rows else {}):
        assert abs(total(row["share"] for row in rows) - 1) <= Decimal("0.0005") * len(rows)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_weekdays_pairs_and_kinds_of_customers_are_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    expected = within(sold, filters)
    first, last = sold[sold.kind == "sale"].sold_on.min(), sold[sold.kind == "sale"].sold_on.max()
    days = pd.date_range(max(filters.from_on, first), min(filters.to_on, last))
    by_day = {
        day: total(part.revenue)
        for day, part in expected.groupby([day.isoweekday() for day in expected.sold_on])
    }
    rows = analytics.answer("sales_by_weekday", filters).rows
    average = total(expected.revenue) / len(days) if len(days) else None
    assert sum(row["days"] for row in rows) == len(days)
    for row in rows:
        count = sum(day.isoweekday() == row["weekday"] for day in days)
        revenue = by_day.get(row["weekday"], Decimal(0))
        assert (row["days"], row["revenue"]) == (count, revenue)
        assert row["index"] == (round(100 * revenue / count / average, 1) if average else None)

    sales = expected[expected.kind == "sale"]
    baskets = {key: set(part.product_id) for key, part in sales.groupby(["store_id", "order_id"])}
    for row in analytics.answer("bought_together", filters).rows:
        one, other = row["product_id"], row["other_id"]
        both = sum({one, other} <= basket for basket in baskets.values())
        with_one, with_other = (
            sum(product in basket for basket in baskets.values()) for product in (one, other)
        )
        assert row["orders"] == both >= max(2, len(baskets) / 10_000)
        assert row["support"] == round(Decimal(both) / len(baskets), 4)
        assert row["lift"] == round(Decimal(both) * len(baskets) / (with_one * with_other), 2)

    firsts = sold[(sold.kind == "sale") & sold.customer_id.notna()].groupby("customer_id").sold_on.min()
    buyers = expected[expected.customer_id.isin(set(sales.customer_id.dropna()))]
    given = {
        row["kind"]: (row["customers"], row["revenue"])
        for row in analytics.answer("new_and_returning_customers", filters).rows
    }
    for kind, is_returning in (("new", False), ("returning", True)):
        part = buyers[(buyers.customer_id.map(firsts) < filters.from_on) == is_returning]
        assert given[kind] == (part.customer_id.nunique(), total(part.revenue))
    segments = analytics.answer("customer_segments", filters).rows
    assert sum(row["customers"] for row in segments) == buyers.customer_id.nunique()
    assert total(row["revenue"] for row in segments) == total(buyers.revenue)


def test_segments_follow_the_scores_of_recency_and_frequency(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    sales = sold[(sold.kind == "sale") & sold.customer_id.notna()]
    people = sales.groupby("customer_id").agg(last=("sold_on", "max"), orders=("order_id", "nunique"))

    def scores(name: str) -> list[int]:
        values = list(people[name])
        return [1 + 5 * sum(other < value for other in values) // len(values) for value in values]

    def segment(recency: int, frequency: int) -> str:
        if recency >= 3 and frequency >= 3:
            return "Champions" if min(recency, frequency) >= 4 else "Loyal"
        if recency >= 3:
            return "New or promising" if recency >= 4 else "Need attention"
        return "At risk" if frequency >= 3 else "Gone quiet"

    expected = Counter(segment(*pair) for pair in zip(scores("last"), scores("orders"), strict=True))
    rows = analytics.answer("customer_segments", ALL).rows
    assert {row["segment"]: row["customers"] for row in rows} == expected


def test_charged_amounts_stand_beside_their_worth_in_base_currency(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    rows = {row["currency_code"]: row for row in analytics.answer("sales_by_currency", ALL).rows}
    assert rows["EUR"]["charged_amount"] == total(sold[sold.currency_code == "EUR"].line_amount)
    assert rows["USD"]["charged_amount"] == rows["USD"]["revenue"]


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_sales_over_time_add_up_and_name_every_step(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    rows = analytics.answer("sales_over_time", filters).rows
    steps = pd.period_range(filters.from_on, filters.to_on, freq="D" if filters.step == "day" else "M")
    assert [row["starts_on"] for row in rows] == [step.start_time.date() for step in steps]
    expected = within(sold, filters)
    assert total(row["revenue"] for row in rows) == total(expected.revenue)
    assert sum(row["orders"] for row in rows) == orders(expected)


def test_headline_compares_with_the_same_days_one_year_before(analytics: AnalyticsRepository) -> None:
    (row,) = analytics.answer("headline", replace(ALL, from_on=TODAY)).rows
    assert row["revenue_before"] == Decimal("199.60")
    assert (row["orders_before"], row["units_before"], row["average_order_value_before"]) == (
        1,
        4,
        Decimal("199.60"),
    )
    (today,) = analytics.answer("sales_over_time", replace(ALL, from_on=TODAY)).rows
    assert today["revenue_before"] == Decimal("199.60")
    assert today["revenue"] == row["revenue"]


def test_profit_by_category_adds_up_to_the_headline(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    rows = analytics.answer("profit_by_category", ALL).rows
    (headline,) = analytics.answer("headline_profit", ALL).rows
    for name in ("revenue", "cost", "gross_profit"):
        assert total(row[name] for row in rows) == headline[name]
    assert {row["category"]: row["cost"] for row in rows} == {
        name: total(part.cost) for name, part in within(sold, ALL).groupby("category")
    }


def test_best_and_least_selling_products_are_ranked_by_units(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    best = analytics.answer("best_selling_products", ALL).rows
    assert [row["product_id"] for row in best] == [LAMP, KETTLE, KNIFE]
    assert [row["units"] for row in best] == [11, 6, 4]
    assert {row["product_id"]: row["revenue"] for row in best} == {
        product: total(part.revenue) for product, part in sold.groupby("product_id")
    }
    in_short = analytics.answer("best_sellers", ALL).rows
    assert in_short == [
        {name: row[name] for name in ("product_id", "sku", "name", "units", "revenue")} for row in best
    ]
    least = analytics.answer("least_selling_products", ALL).rows
    assert [row["product_id"] for row in least] == [KNIFE, KETTLE, LAMP]
    assert least[0]["last_sold_on"] == TODAY


def test_products_never_sold_are_counted_and_listed_when_asked_for(analytics: AnalyticsRepository) -> None:
    (figures,) = analytics.answer("product_headline", ALL).rows
    assert (figures["products_sold"], figures["products_not_sold"]) == (3, 1)
    assert figures["products_never_sold"] == 1
    least = analytics.answer("least_selling_products", replace(ALL, include_unsold=True)).rows
    assert least[0]["product_id"] == PATH_LIGHT
    assert (least[0]["units"], least[0]["last_sold_on"]) == (0, None)
    in_category = analytics.answer(
        "least_selling_products", replace(ALL, include_unsold=True, category_id=KITCHEN)
    ).rows
    assert PATH_LIGHT not in {row["product_id"] for row in in_category}


def test_top_customers_carry_their_share_of_all_revenue(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    rows = analytics.answer("top_customers", ALL).rows
    computed = {customer: total(part.revenue) for customer, part in sold.groupby("customer_id")}
    assert {row["customer_id"]: row["revenue"] for row in rows} == computed
    assert [row["revenue"] for row in rows] == sorted(computed.values(), reverse=True)
    assert rows[0]["share"] == round(rows[0]["revenue"] / total(sold.revenue), 4)


def test_customers_on_record_are_counted_whatever_they_bought(analytics: AnalyticsRepository) -> None:
    nothing_sold = FILTERS["days without sales"]
    for question in ("customers_by_gender", "customers_by_age", "customers_by_country"):
        assert sum(row["customers"] for row in analytics.answer(question, nothing_sold).rows) == 3
    (figures,) = analytics.answer("customer_headline", ALL).rows
    assert (figures["customers"], figures["repeat_customers"]) == (3, 2)
    assert figures["orders_per_customer"] == Decimal("2.00")


def test_age_bands_change_on_the_birthday(
    analytics: AnalyticsRepository, shop_of_module: OwnDatabase
) -> None:
    # Zoë was born on 1988-04-12, John on 1975-11-30.
    def bands(on: date) -> dict[str, int]:
        rows = analytics.answer("customers_by_age", Filters(on, on)).rows
        return {row["age_band"]: row["customers"] for row in rows}

    assert bands(date(2018, 4, 11)) == {"20-29": 1, "40-49": 1, "not known": 1}
    assert bands(date(2018, 4, 12)) == {"30-39": 1, "40-49": 1, "not known": 1}
    assert bands(date(2036, 1, 1)) == {"40-49": 1, "60 and over": 1, "not known": 1}


def test_low_stock_names_the_shortest_first(
    analytics: AnalyticsRepository, shop_of_module: OwnDatabase
) -> None:
    with shop_of_module.connect() as owner:
        owner.execute("SELECT crpm.adjust_stock(%s, %s, 1, 'counted')", [ONLINE, KETTLE])
        owner.execute("SELECT crpm.adjust_stock(%s, %s, 3, 'counted')", [HAMBURG, KNIFE])
    rows = analytics.answer("low_stock", ALL).rows
    assert [(row["product"], row["store"], row["on_hand"], row["reorder_point"]) for row in rows] == [
        ("Kettle 1.7 l", "Online", 1, 5),
        ("Chef's knife", "Hamburg", 3, 3),
    ]
    assert {(row["places"], row["products"]) for row in rows} == {(2, 2)}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_shown_sql_gives_the_same_rows(
    analytics: AnalyticsRepository, question: str, filters: Filters
) -> None:
    answer = analytics.answer(question, filters)
    cursor = analytics._connection.execute(answer.sql.encode())
    assert cursor.description
    names = [column.name for column in cursor.description]
    assert [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] == answer.rows
    assert "%(" not in answer.sql


def test_a_quote_in_a_filter_stays_text(analytics: AnalyticsRepository) -> None:
    answer = analytics.answer("sales_by_store", replace(ALL, country_code="x' OR 'a' = 'a"))
    assert answer.rows == []


def test_horizon_reaches_from_the_first_sale_to_the_last(analytics: AnalyticsRepository) -> None:
    horizon = analytics.find_horizon()
    assert horizon is not None
    assert (horizon.first_on, horizon.last_on, horizon.today) == (TODAY - timedelta(days=450), TODAY, TODAY)
    assert (horizon.company_name, horizon.base_currency_code, horizon.is_demo) == (
        "Harbour & Hill",
        "USD",
        False,
    )


def test_horizon_of_a_business_not_set_up_is_none(empty: OwnDatabase) -> None:
    with empty.connect() as connection:
        assert AnalyticsRepository(connection).find_horizon() is None


def test_a_clerk_reads_revenue_and_no_cost(traded: Database) -> None:
    of_managers = {insight.question for insight in questions.PANELS if insight.role == "crpm_manager"}
    with traded.transaction(Actor("test", "crpm_clerk")) as connection:
        repository = AnalyticsRepository(connection)
        for question in sorted(QUESTIONS - of_managers):
            assert isinstance(repository.answer(question, ALL), Answer)
        for question in sorted(of_managers):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                repository.answer(question, ALL)


def test_an_analyst_reads_every_figure_and_no_person(traded: Database) -> None:
    assert len(questions.PANELS) > 15
    for insight in questions.PANELS:
        with traded.transaction(Actor("ann", "crpm_analyst")) as connection:
            answer = AnalyticsRepository(connection).answer
            if insight.is_personal:
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    answer(insight.question, ALL)
            else:
                assert answer(insight.question, ALL).rows is not None
    for statement in (
        "SELECT name FROM crpm.customers",
        "SELECT user_name FROM crpm.users",
        "SELECT * FROM crpm.audit_log",
        "SELECT raw_text FROM crpm.rejects",
        "INSERT INTO crpm.customers (name) VALUES ('x')",
        "SELECT crpm.receive_stock(1, ARRAY[1], ARRAY[1]::numeric[])",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            traded.transaction(Actor("ann", "crpm_analyst")) as connection,
        ):
            connection.execute(statement)
