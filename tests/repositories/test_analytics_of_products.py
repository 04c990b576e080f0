"""The figures of products against an independent computation in pandas, on sales drawn at random."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from app.repositories.analytics import AnalyticsRepository, Filters
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.random_trade import PRODUCTS, trade_at_random
from tests.repositories.in_pandas import every_sale, orders, rounded, share, to_the_last_day, total, within
from tests.rules.purchasing import BOSTON, KETTLE, KNIFE, LAMP, PATH_LIGHT, buy
from tests.trade import TODAY

ALL = Filters(TODAY - timedelta(days=600), TODAY)
FILTERS = {
    "all": ALL,
    "months": Filters(TODAY - timedelta(days=240), TODAY - timedelta(days=20)),
    "one store": replace(ALL, from_on=TODAY - timedelta(days=300), store_id=BOSTON),
    "one category": replace(ALL, from_on=TODAY - timedelta(days=300), category_id=1),
    "one segment": replace(ALL, from_on=TODAY - timedelta(days=400), segment="Champions"),
    "without sales": Filters(TODAY - timedelta(days=790), TODAY - timedelta(days=780)),
}
each_filter = pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())


@pytest.fixture(scope="module")
def database(shop_of_module: OwnDatabase) -> Iterator[Database]:
    trade_at_random(shop_of_module, seed=11)
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.products SET brand = NULL WHERE product_id = %s", [LAMP])
        owner.execute(
            "INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id) VALUES ('NEW', 'Not sold yet', 1, 1)"
        )
    database = Database(shop_of_module.app_url, max_size=2)
    yield database
    database.close()


@pytest.fixture(scope="module")
def sold(database: Database) -> pd.DataFrame:
    return every_sale(database)


@pytest.fixture
def analytics(database: Database) -> Iterator[AnalyticsRepository]:
    with database.transaction(Actor("test", "crpm_manager")) as connection:
        yield AnalyticsRepository(connection)


def by_product(rows: pd.DataFrame) -> dict[int, tuple[int, Decimal, int]]:
    """Pieces, revenue and customers of each product."""
    return {
        product: (
            sum(part.units),
            total(part.revenue),
            int(part[part.kind == "sale"].customer_id.nunique()),
        )
        for product, part in rows.groupby("product_id")
    }


@each_filter
def test_best_and_least_selling_rank_by_pieces_revenue_or_customers(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    figures = by_product(now)
    has_sale = set(now[now.kind == "sale"].product_id)
    for place, rank in enumerate(("units", "revenue", "customers")):
        ranked = replace(filters, rank_products_by=rank)  # type: ignore[arg-type]
        best = analytics.answer("best_selling_products", ranked).rows
        order = sorted(has_sale, key=lambda one: (-figures[one][place], -figures[one][1], one))
        assert [row["product_id"] for row in best] == order
        least = analytics.answer("least_selling_products", ranked).rows
        order = sorted(has_sale, key=lambda one: (figures[one][place], figures[one][1], one))
        assert [row["product_id"] for row in least] == order
        for row in (*best, *least):
            assert (row["units"], row["revenue"], row["customers"]) == figures[row["product_id"]]
        assert all(row["share"] == share(row["revenue"], total(now.revenue)) for row in best)
    with_unsold = replace(filters, include_unsold=True)
    least = analytics.answer("least_selling_products", with_unsold).rows
    assert {"Not sold yet"} <= {
        row["name"] for row in least if (row["units"], row["last_sold_on"]) == (0, None)
    }
    assert analytics.answer("least_selling_products", replace(with_unsold, most_rows=1)).rows == least[:1]


@each_filter
def test_abc_classes_are_bounded_by_cumulated_revenue(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    figures, whole = by_product(now), total(now.revenue)
    so_far, classes = Decimal(0), {}
    for product in sorted(figures, key=lambda one: (-figures[one][1], one)):
        revenue = figures[product][1]
        bounds = (("A", Decimal("0.8")), ("B", Decimal("0.95")))
        name = next((name for name, bound in bounds if revenue > 0 and so_far < bound * whole), "C")
        so_far += revenue
        classes[product] = (name, share(so_far, whole))
    rows = analytics.answer("abc_products", filters).rows
    assert [(row["product_id"], (row["class"], row["share_so_far"])) for row in rows] == [*classes.items()]
    summary = {row["class"]: row for row in analytics.answer("abc_classes", filters).rows}
    assert [*summary] == ["A", "B", "C", "Not sold"]
    for name in ("A", "B", "C"):
        of_class = [figures[product] for product, (found, _) in classes.items() if found == name]
        assert summary[name]["products"] == len(of_class)
        assert (summary[name]["units"], summary[name]["revenue"]) == (
            sum(units for units, _, _ in of_class),
            total(revenue for _, revenue, _ in of_class),
        )
        assert summary[name]["share"] == share(summary[name]["revenue"], whole)
    of_category = {None: 5, 1: 3}[filters.category_id]
    assert sum(row["products"] for row in summary.values()) == of_category
    assert total(row["revenue"] for row in summary.values()) == whole


def test_classes_are_told_apart_where_products_differ_much(analytics: AnalyticsRepository) -> None:
    connection = analytics._connection
    with connection.transaction(force_rollback=True):
        today = Filters(TODAY, TODAY)
        connection.execute(
            "SELECT crpm.cancel_order(store_id, order_id, 'test') FROM crpm.orders WHERE order_date = current_date AND status = 'recorded'"
        )
        for product, quantity in ((KNIFE, 100), (KETTLE, 24), (LAMP, 18), (PATH_LIGHT, 1)):
            buy(connection, (product, quantity))
        rows = analytics.answer("abc_products", today).rows
        assert [(row["product_id"], row["class"]) for row in rows] == [
            (KNIFE, "A"), (KETTLE, "B"), (LAMP, "C"), (PATH_LIGHT, "C"),
        ]  # fmt: skip


def whole_months(filters: Filters) -> list[date]:
    months = pd.period_range(filters.from_on, filters.to_on, freq="M")
    return [
        month.start_time.date()
        for month in months
        if month.start_time.date() >= filters.from_on and month.end_time.date() <= filters.to_on
    ]


@each_filter
def test_trends_are_least_squares_over_whole_months(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    months, now = whole_months(filters), within(sold, filters)
    rows = {row["product_id"]: row for row in analytics.answer("product_trends", filters).rows}
    if len(months) < 3:
        assert rows == {}
        return
    monthly = pd.DataFrame(0, index=months, columns=[], dtype=float)
    for sale in now.itertuples():
        month = sale.sold_on.replace(day=1)
        if month in months:
            if sale.product_id not in monthly:
                monthly[sale.product_id] = 0.0
            monthly.loc[month, sale.product_id] += sale.units
    assert rows.keys() == set(monthly.columns)
    for product, row in rows.items():
        pieces = pd.Series(monthly[product].to_numpy())
        places = pd.Series(range(len(months)), dtype=float)
        slope = pieces.cov(places) / places.var()
        fit = pieces.corr(places) ** 2 if pieces.std() else 0.0
        assert (row["months"], row["units"]) == (len(months), pieces.sum())
        assert float(row["slope"]) == pytest.approx(slope, abs=0.006)
        assert float(row["fit"]) == pytest.approx(fit, abs=0.006)
        growth = slope / pieces.mean() if pieces.mean() else 0.0
        assert float(row["growth"]) == pytest.approx(growth, abs=0.0001)
        error = (1 - fit) * pieces.var() / places.var() / (len(months) - 2)
        is_steady = slope**2 < 4 * error or abs(growth) < 0.01
        trend = "steady" if is_steady else "rising" if growth > 0 else "falling"
        assert row["trend"] == trend


def test_a_product_that_sells_ever_more_rises_and_one_that_sells_ever_less_falls(
    analytics: AnalyticsRepository,
) -> None:
    first = (TODAY.replace(day=1) - timedelta(days=100)).replace(day=1)
    filters = Filters(first, TODAY.replace(day=1) - timedelta(days=1))
    months = whole_months(filters)
    connection = analytics._connection
    with connection.transaction(force_rollback=True):
        for place, month in enumerate(months):
            buy(connection, (KNIFE, 60 + 60 * place), (LAMP, 300 - 60 * place), p_order_date=month)
        rows = {row["product_id"]: row for row in analytics.answer("product_trends", filters).rows}
        assert (rows[KNIFE]["trend"], rows[LAMP]["trend"]) == ("rising", "falling")
        one = analytics.answer("product_trends", replace(filters, most_rows=1)).rows
        assert len(one) == len({row["trend"] for row in one})
        assert sum(row["products"] for row in one) == len(rows)


@each_filter
def test_a_price_change_shows_pieces_a_day_before_and_after_between_its_neighbours(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    # Entered again unchanged, or changed back within a day, is no change; today the price of the shop, 49.90, takes its place.
    entered = {
        400: ("40", "41"),
        200: ("45",),
        190: ("45",),
        185: ("50",),
        100: ("48", "50"),
        60: ("46", "44"),
        25: ("0",),
    }
    expected = []
    days = sorted([400, 200, 185, 60, 25, 0], reverse=True)
    price = {400: "41", 200: "45", 185: "50", 60: "44", 25: "0", 0: "49.90"}
    now = to_the_last_day(sold, filters, TODAY)
    for before, ago, after in zip(days[:-1], days[1:], [*days[2:], -1000], strict=True):
        on = TODAY - timedelta(days=ago)
        if not filters.from_on <= on <= filters.to_on:
            continue
        lasted = min(30, before - ago)
        lasts = min(30, ago - after, (filters.to_on - on).days + 1)
        part = now[now.product_id == KETTLE]
        units = [
            sum(part[(part.sold_on >= first) & (part.sold_on < end)].units)
            for first, end in ((on - timedelta(days=lasted), on), (on, on + timedelta(days=lasts)))
        ]
        old, new = Decimal(price[before]), Decimal(price[ago])
        expected.append((on, old, new, share(new - old, old), lasted, lasts, *units))
    connection = analytics._connection
    with connection.transaction(force_rollback=True):
        for ago, prices in entered.items():
            for hour, price_then in enumerate(prices, 9):
                connection.execute(
                    "INSERT INTO crpm.product_prices (product_id, currency_code, valid_from, unit_price) VALUES (%s, 'USD', %s, %s)",
                    [KETTLE, f"{TODAY - timedelta(days=ago)} {hour:02}:00Z", price_then],
                )
        rows = analytics.answer("price_changes", filters).rows
    assert [
        (
            row["changed_on"], row["price_before"], row["price_after"], row["price_change"], row["days_before"], row["days_after"],
            row["units_before"], row["units_after"],
        )
        for row in rows
    ] == expected[::-1]  # fmt: skip
    for row in rows:
        a_day = (
            row["units_before"] / Decimal(row["days_before"]),
            row["units_after"] / Decimal(row["days_after"]),
        )
        assert (row["units_a_day_before"], row["units_a_day_after"]) == tuple(map(rounded, a_day))
        if row["units_before"]:
            assert row["units_change"] == (rounded(a_day[1] / a_day[0] - 1, 4))


@each_filter
def test_profit_goes_down_from_category_to_product_and_adds_up_on_each_level(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)

    def expected(rows: pd.DataFrame, key: str) -> dict[int, tuple[int, Decimal, Decimal]]:
        return {
            one: (sum(part.units), total(part.revenue), total(part.revenue) - total(part.cost))
            for one, part in rows.groupby(key)
        }

    levels = [((None, None), now, "category_id")]
    for category, of_category in now.groupby("category_id"):
        levels.append(((category, None), of_category, "subcategory_id"))
        levels += [
            ((category, subcategory), part, "product_id")
            for subcategory, part in of_category.groupby("subcategory_id")
        ]
    for (category, subcategory), part, key in levels:
        branch = replace(filters, branch_category_id=category, branch_subcategory_id=subcategory)
        rows = analytics.answer("profit_drill_down", branch).rows
        given = {row["node_id"]: (row["units"], row["revenue"], row["gross_profit"]) for row in rows}
        assert given == expected(part, key)
        for row in rows:
            assert row["revenue"] - row["cost"] == row["gross_profit"]
            assert row["margin"] == share(row["gross_profit"], row["revenue"])
            assert row["share"] == share(row["revenue"], total(part.revenue))
            assert row["category"] == (part.category.iloc[0] if category else None)
            assert row["subcategory"] == (part.subcategory.iloc[0] if subcategory else None)


@each_filter
def test_brands_add_up_to_all_sales(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    now = now.assign(
        brand=now.product_id.map(
            {KETTLE: "Fjordline", KNIFE: "Castell", LAMP: "no brand", PATH_LIGHT: "Lumo"}
        )
    )
    assert set(now.product_id) <= set(PRODUCTS)
    computed = {
        brand: (
            int(part[part.kind == "sale"].product_id.nunique()),
            orders(part),
            total(part.revenue),
            total(part.cost),
        )
        for brand, part in now.groupby("brand")
    }
    sales = analytics.answer("sales_by_brand", filters).rows
    profits = {row["brand"]: row for row in analytics.answer("profit_by_brand", filters).rows}
    assert {
        row["brand"]: (row["products"], row["orders"], row["revenue"], profits[row["brand"]]["cost"])
        for row in sales
    } == computed
    assert profits.keys() == computed.keys()
    for row in sales:
        assert row["share"] == share(row["revenue"], total(now.revenue))
        assert profits[row["brand"]]["gross_profit"] == row["revenue"] - profits[row["brand"]]["cost"]
        assert rounded(profits[row["brand"]]["margin"], 4) == share(
            profits[row["brand"]]["gross_profit"], row["revenue"]
        )
