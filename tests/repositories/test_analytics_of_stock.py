"""The figures of stock against an independent computation in pandas, on movements of every kind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest

from app.repositories.analytics import AnalyticsRepository, Filters
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.random_trade import trade_at_random
from tests.repositories.in_pandas import every_sale, rounded, table, total
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, ONLINE, PATH_LIGHT
from tests.trade import TODAY

ALL = Filters(TODAY - timedelta(days=600), TODAY)
FILTERS = {
    "all": ALL,
    "months": Filters(TODAY - timedelta(days=240), TODAY - timedelta(days=20)),
    "today": Filters(TODAY, TODAY),
    "one store": replace(ALL, from_on=TODAY - timedelta(days=300), store_id=BOSTON),
    "one country": replace(ALL, from_on=TODAY - timedelta(days=300), country_code="DE"),
    "one category": replace(ALL, from_on=TODAY - timedelta(days=100), category_id=1),
    "before all": Filters(TODAY - timedelta(days=1790), TODAY - timedelta(days=1780)),
}
COSTS = {KETTLE: Decimal("21.00"), KNIFE: Decimal("35.50"), LAMP: Decimal("9.80")}
each_filter = pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())


@pytest.fixture(scope="module")
def database(shop_of_module: OwnDatabase) -> Iterator[Database]:
    trade_at_random(shop_of_module, seed=3)
    database = Database(shop_of_module.app_url, max_size=2)
    with database.transaction(Actor("test", "crpm_manager")) as c:
        c.execute("SELECT crpm.adjust_stock(%s, %s, 5, 'counted')", [BOSTON, KETTLE])
        c.execute("SELECT crpm.adjust_stock(%s, %s, 990, 'counted')", [HAMBURG, KNIFE])
        c.execute(
            "SELECT crpm.transfer_stock(%s, %s, ARRAY[%s]::bigint[], ARRAY[7]::numeric[])",
            [ONLINE, BOSTON, LAMP],
        )
    with shop_of_module.connect() as owner:
        # As if the stock had been there and moved for long; a cost of long ago, and a product without one.
        owner.execute("ALTER TABLE crpm.stock_movements DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE crpm.stock_movements SET occurred_on = current_date - 700 WHERE movement_type = 'opening' AND product_id <> %s",
            [PATH_LIGHT],
        )
        owner.execute(
            "UPDATE crpm.stock_movements SET occurred_on = current_date - 690 WHERE movement_type = 'receipt' AND product_id <> %s",
            [PATH_LIGHT],
        )
        owner.execute("ALTER TABLE crpm.stock_movements ENABLE TRIGGER USER")
        owner.execute("ALTER TABLE crpm.product_costs DISABLE TRIGGER USER")
        owner.execute("UPDATE crpm.product_costs SET valid_from = now() - interval '900 days'")
        owner.execute("DELETE FROM crpm.product_costs WHERE product_id = %s", [PATH_LIGHT])
        owner.execute("ALTER TABLE crpm.product_costs ENABLE TRIGGER USER")
    yield database
    database.close()


@pytest.fixture(scope="module")
def moved(database: Database) -> pd.DataFrame:
    """Every movement with category and country."""
    with database.transaction(Actor("test", "crpm_manager")) as c:
        t = {
            name: table(c, name)
            for name in ("stock_movements", "stores", "products", "subcategories", "categories")
        }
    places = t["stores"][["store_id", "name", "country_code"]].rename(columns={"name": "store"})
    products = t["products"].merge(t["subcategories"], on="subcategory_id", suffixes=("", "_of_subcategory"))
    products = products.merge(t["categories"], on="category_id", suffixes=("", "_of_category"))
    named = products[["product_id", "category_id", "name_of_category"]].rename(
        columns={"name_of_category": "category"}
    )
    return t["stock_movements"].merge(places, on="store_id").merge(named, on="product_id")


@pytest.fixture(scope="module")
def sold(database: Database) -> pd.DataFrame:
    sold = every_sale(database)
    with database.transaction(Actor("test", "crpm_manager")) as c:
        countries = table(c, "stores").set_index("store_id").country_code
    return sold.assign(country_code=sold.store_id.map(countries))


@pytest.fixture
def analytics(database: Database) -> Iterator[AnalyticsRepository]:
    with database.transaction(Actor("test", "crpm_manager")) as connection:
        yield AnalyticsRepository(connection)


def chosen(rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    for column in ("store_id", "country_code", "category_id"):
        if (wanted := getattr(filters, column)) is not None:
            rows = rows[rows[column] == wanted]
    return rows


@each_filter
def test_opening_and_movements_come_to_the_closing_stock(
    analytics: AnalyticsRepository, moved: pd.DataFrame, filters: Filters
) -> None:
    rows = chosen(moved, filters)
    for question, key in (("stock_flow_by_category", "category"), ("stock_flow_by_store", "store")):
        expected = {}
        for name, part in rows[rows.occurred_on <= filters.to_on].groupby(key):
            now = part[part.occurred_on >= filters.from_on]
            by_type = {kind: sum(of_kind.quantity) for kind, of_kind in now.groupby("movement_type")}
            opening = sum(part[part.occurred_on < filters.from_on].quantity)
            kinds = ("opening", "receipt", "sale", "return", "adjustment", "transfer")
            expected[name] = (opening, *(by_type.get(kind, 0) for kind in kinds), sum(part.quantity))
        given = {
            row[key]: (
                row["opening"], row["first_counts"], row["receipts"], row["sales"], row["returned"], row["adjustments"],
                row["transfers"], row["closing"],
            )
            for row in analytics.answer(question, filters).rows
        }  # fmt: skip
        assert given == expected
        assert all(sum(figures[:-1]) == figures[-1] for figures in given.values())
    if filters == ALL:
        levels = analytics._connection.execute("SELECT sum(on_hand) FROM crpm.stock_levels").fetchone()
        assert levels == (sum(figures[-1] for figures in given.values()),)
        assert sum(figures[6] for figures in given.values()) == 0
        assert all(
            any(figures[place] for figures in given.values()) for place in (2, 3, 4, 5, 6) if place != 2
        )


@each_filter
@pytest.mark.parametrize("dead_days", [10, 90])
def test_cover_and_dead_stock_are_what_pandas_computes(
    analytics: AnalyticsRepository, moved: pd.DataFrame, sold: pd.DataFrame, filters: Filters, dead_days: int
) -> None:
    filters = replace(filters, dead_days=dead_days)
    bound = filters.to_on - timedelta(days=dead_days)
    stock = chosen(moved, filters)
    stock = stock[stock.occurred_on <= filters.to_on]
    on_hand = {product: sum(part.quantity) for product, part in stock.groupby("product_id")}
    sales = chosen(sold[sold.sold_on <= filters.to_on], filters)
    last = {product: max(part.sold_on) for product, part in sales[sales.kind == "sale"].groupby("product_id")}
    since = {product: min(part.occurred_on) for product, part in stock.groupby("product_id")}
    dead = {
        product: pieces
        for product, pieces in on_hand.items()
        if pieces > 0 and since[product] <= bound and (product not in last or last[product] <= bound)
    }
    units = sum(sales[sales.sold_on >= filters.from_on].units)
    days = (filters.to_on - filters.from_on).days + 1
    (row,) = analytics.answer("stock_headline", filters).rows
    assert row["on_hand"] == sum(on_hand.values())
    assert row["products_in_stock"] == sum(pieces > 0 for pieces in on_hand.values())
    assert row["units_sold"] == units
    assert row["days_of_cover"] == (rounded(Decimal(row["on_hand"] * days) / units, 1) if units > 0 else None)
    assert (row["dead_products"], row["dead_pieces"]) == (len(dead), sum(dead.values()))
    listed = analytics.answer("dead_stock", filters).rows
    assert {found["product_id"]: (found["on_hand"], found["last_sold_on"]) for found in listed} == {
        product: (pieces, last.get(product)) for product, pieces in dead.items()
    }
    assert all(found["products"] == len(dead) for found in listed)
    short = analytics.answer("low_stock", filters).rows
    assert row["places_below_reorder_point"] == (short[0]["places"] if short else 0)


def test_what_has_not_sold_for_long_is_dead(analytics: AnalyticsRepository) -> None:
    # The path light came today, so it cannot be dead yet.
    long_ago = Filters(TODAY - timedelta(days=660), TODAY - timedelta(days=650), dead_days=30)
    assert len(analytics.answer("dead_stock", long_ago).rows) == 3
    assert len(analytics.answer("dead_stock", replace(long_ago, most_rows=1)).rows) == 1


@each_filter
def test_value_and_turn_are_what_pandas_computes(
    analytics: AnalyticsRepository, moved: pd.DataFrame, sold: pd.DataFrame, filters: Filters
) -> None:
    stock = chosen(moved, filters)
    sales = chosen(sold[(sold.sold_on >= filters.from_on) & (sold.sold_on <= filters.to_on)], filters)

    def value(rows: pd.DataFrame) -> tuple[Decimal, int, int]:
        """Worth at cost, pieces, and those of them without a cost."""
        pieces = {key: sum(part.quantity) for key, part in rows.groupby(["store_id", "product_id"])}
        pieces = {key: count for key, count in pieces.items() if count > 0}
        worth = total(count * COSTS[product] for (_, product), count in pieces.items() if product in COSTS)
        without = sum(count for (_, product), count in pieces.items() if product not in COSTS)
        return worth, sum(pieces.values()), without

    rows = analytics.answer("stock_value_by_category", filters).rows
    assert [row["is_total"] for row in rows] == [False] * (len(rows) - 1) + [True]
    days = (filters.to_on - filters.from_on).days + 1
    for row in rows:
        of_row = stock if row["is_total"] else stock[stock.category == row["category"]]
        cost = total((sales if row["is_total"] else sales[sales.category == row["category"]]).cost)
        opening, _, _ = value(of_row[of_row.occurred_on < filters.from_on])
        closing, pieces, without = value(of_row[of_row.occurred_on <= filters.to_on])
        assert (row["opening_value"], row["closing_value"]) == (opening, closing)
        assert (row["closing"], row["without_cost"], row["cost_of_sales"]) == (pieces, without, cost)
        average = (opening + closing) / 2
        assert row["turn"] == (rounded(cost / average) if average else None)
        assert row["days_of_cover"] == (rounded(closing * days / cost, 1) if cost > 0 else None)
    for name in ("opening_value", "closing_value", "cost_of_sales", "closing"):
        assert sum(row[name] for row in rows[:-1]) == rows[-1][name]
