"""Comparisons, seasons and forecasts against an independent computation, on four years of random sales."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import mean

import pandas as pd
import pytest

from app.repositories.analytics import FIRST_DAY, LAST_DAY, AnalyticsRepository, Filters, Step
from app.ui.panels import Kpi
from app.ui.questions import sales
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.random_trade import fold_all
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, ONLINE, PATH_LIGHT

FIRST, LAST = date(2021, 3, 10), date(2025, 2, 20)
YEAR = Filters(date(2024, 1, 1), date(2024, 12, 31))
CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def some_sales() -> pd.DataFrame:
    """One line an order; path lights are sold in 2024 for the first time, knives for the last time in 2023."""
    draw = random.Random(7)  # noqa: S311 - the same sales each time
    rows = []
    for number in range(1, 601):
        day = FIRST + (LAST - FIRST) * (number - 1) // 599
        store = draw.choice([BOSTON, HAMBURG, ONLINE])
        products = [
            KETTLE,
            LAMP,
            *([PATH_LIGHT] if day.year >= 2024 else []),
            *([KNIFE] if day.year < 2024 else []),
        ]
        rate = Decimal(draw.randint(80, 99)) / 100 if store == HAMBURG else Decimal(1)
        price = Decimal(draw.randint(1000, 9999)) / 100 * (1 + day.month // 10)
        units = draw.randint(1, 5)
        rows.append(
            {
                "store_id": store, "order_id": number, "product_id": draw.choice(products), "sold_on": day, "rate": rate,
                "currency_code": "EUR" if store == HAMBURG else "USD", "units": units, "charged": price * units,
                "price": price, "revenue": cents(price * units / rate),
                "delivered_on": day + timedelta(days=draw.randint(1, 9)) if store == ONLINE else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def sold(shop_of_module: OwnDatabase) -> pd.DataFrame:
    sales = some_sales()
    rows = sales.to_dict("records")
    with shop_of_module.connect() as owner, owner.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE crpm.stores SET opened_on = '2024-02-01', area_m2 = 100 WHERE store_id = %s", [HAMBURG]
        )
        cursor.execute(
            "UPDATE crpm.stores SET opened_on = '2020-01-01', area_m2 = 50 WHERE store_id = %s", [BOSTON]
        )
        cursor.executemany(
            """
            INSERT INTO crpm.orders (
                store_id, order_id, order_number, order_date, delivered_on, currency_code, exchange_rate, rate_date,
                net_amount, total_amount, base_amount
            ) OVERRIDING SYSTEM VALUE VALUES (
                %(store_id)s, %(order_id)s, 'H' || %(order_id)s, %(sold_on)s, %(delivered_on)s, %(currency_code)s,
                %(rate)s, %(sold_on)s, %(charged)s, %(charged)s, %(revenue)s
            )
            """,
            rows,
        )
        cursor.executemany(
            """
            INSERT INTO crpm.order_lines (
                store_id, order_id, line_number, product_id, quantity, unit_price, line_amount, base_unit_price,
                base_unit_cost, base_amount, moves_stock
            ) VALUES (
                %(store_id)s, %(order_id)s, 1, %(product_id)s, %(units)s, %(price)s, %(charged)s, 1, 1, %(revenue)s, FALSE
            )
            """,
            rows,
        )
        cursor.execute("INSERT INTO crpm.changed_days SELECT order_date FROM crpm.orders")
    fold_all(shop_of_module)
    return sales


@pytest.fixture(scope="module")
def database(shop_of_module: OwnDatabase, sold: pd.DataFrame) -> Iterator[Database]:
    database = Database(shop_of_module.app_url, max_size=1)
    yield database
    database.close()


@pytest.fixture
def analytics(database: Database) -> Iterator[AnalyticsRepository]:
    with database.transaction(Actor("test", "crpm_manager")) as connection:
        yield AnalyticsRepository(connection)


def within(sold: pd.DataFrame, days: tuple[date, date]) -> pd.DataFrame:
    return sold[(sold.sold_on >= days[0]) & (sold.sold_on <= days[1])]


def total(values: pd.Series) -> Decimal:
    return sum(values, Decimal(0))


@pytest.mark.parametrize(
    ("first", "last", "previous"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), (date(2023, 1, 1), date(2023, 12, 31))),
        (date(2024, 3, 1), date(2024, 3, 31), (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2025, 2, 1), date(2025, 2, 28), (date(2025, 1, 1), date(2025, 1, 31))),
        (date(2024, 3, 1), date(2024, 3, 30), (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2025, 1, 1), date(2025, 1, 1), (date(2024, 12, 31), date(2024, 12, 31))),
        (date(2025, 1, 1), date(2025, 1, 2), (date(2024, 12, 1), date(2024, 12, 2))),
        (date(2024, 3, 2), date(2024, 3, 31), (date(2024, 2, 1), date(2024, 3, 1))),
        (date(2024, 7, 1), date(2025, 6, 11), (date(2023, 7, 1), date(2024, 6, 11))),
    ],
)
def test_the_period_before_has_as_many_months_or_days_and_ends_before_it(
    first: date, last: date, previous: tuple[date, date]
) -> None:
    filters = Filters(first, last)
    assert filters.previous == previous
    assert filters.previous[1] < first


def test_the_headline_has_the_period_before_beside_the_year_before(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    filters = Filters(date(2024, 5, 1), date(2024, 5, 31))
    (row,) = analytics.answer("headline", filters).rows
    for name, days in (("previous", filters.previous), ("before", filters.year_before)):
        part = within(sold, days)
        assert row[f"revenue_{name}"] == total(part.revenue)
        assert (row[f"orders_{name}"], row[f"units_{name}"]) == (len(part), sum(part.units))
        assert row["first_on"] == FIRST
        assert row[f"average_order_value_{name}"] == cents(total(part.revenue) / len(part))


def test_a_figure_says_what_it_grew_on_or_why_it_does_not() -> None:
    def strip(first: date, last: date, **figures: object) -> list[Kpi]:
        names = ("revenue", "orders", "average_order_value", "units", "returned")
        row = {f"{name}{ending}": Decimal(100) for name in names for ending in ("", "_previous", "_before")}
        assert sales.HEADLINE.figures
        return list(
            sales.HEADLINE.figures(
                row | {"first_on": date(2020, 1, 1)} | figures, Filters(first, last), "USD"
            )
        )

    def said(kpi: Kpi) -> list[str]:
        return [
            f"{delta.text} {hint}" if delta else hint for delta, hint in ((kpi.delta, kpi.hint), *kpi.more)
        ]

    april = date(2024, 4, 1), date(2024, 4, 30)
    revenue, *_, returned = strip(
        *april, revenue=Decimal(110), revenue_before=Decimal(0), returned=Decimal(50)
    )
    assert said(revenue) == ["nothing a year before", "\u25b2\u00a010.0\u00a0% on the period before"]
    assert returned.delta
    assert returned.delta.tone == "good"
    late = strip(*april, first_on=date(2024, 3, 2))[0]
    assert said(late) == ["no data of a year before", "no data of the period before"]
    assert said(strip(*april, first_on=None)[0]) == said(late)
    day = strip(date(2024, 4, 1), date(2024, 4, 1))[0]
    assert [hint for _, hint in day.more] == ["on the day before"]
    same = strip(date(2023, 1, 1), date(2023, 12, 31))[0]
    assert (same.hint, same.more) == ("on a year before", [])
    long = strip(date(2022, 1, 1), date(2023, 12, 31))[0]
    assert (long.hint, long.more) == ("on the period before", [])


@pytest.mark.parametrize(
    "filters",
    [
        YEAR,
        replace(YEAR, store_id=HAMBURG),
        Filters(date(2024, 4, 7), date(2024, 8, 2)),
        Filters(date(2024, 4, 7), date(2024, 8, 2), compare_with="year"),
    ],
)
def test_the_bridge_adds_up_and_each_step_is_what_it_says(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    rows = sold if filters.store_id is None else sold[sold.store_id == filters.store_id]
    before, now = within(rows, filters.compared), within(rows, (filters.from_on, filters.to_on))
    worth = {
        code: total(part.revenue) / total(part.charged) for code, part in before.groupby("currency_code")
    }
    steps: dict[str, Decimal] = defaultdict(Decimal)
    units_before = units_now = 0
    revenue_before = Decimal(0)
    for product in set(rows.product_id):
        old, new = before[before.product_id == product], now[now.product_id == product]
        if old.empty or new.empty:
            steps["New" if old.empty else "Lost"] += total(new.revenue) - total(old.revenue)
            continue
        at_old_rates = sum((row.charged * worth[row.currency_code] for row in new.itertuples()), Decimal(0))
        steps["Exchange"] += total(new.revenue) - at_old_rates
        steps["Prices"] += at_old_rates - sum(new.units) * total(old.revenue) / sum(old.units)
        units_before, units_now = units_before + sum(old.units), units_now + sum(new.units)
        revenue_before += total(old.revenue)
    steps["Volume"] = revenue_before * units_now / units_before - revenue_before
    given = {row["step"]: row["amount"] for row in analytics.answer("revenue_bridge", filters).rows}
    assert given["Before"] == total(before.revenue)
    assert given["This period"] == total(now.revenue)
    for step, amount in steps.items():
        assert given[step] == cents(amount), step
    between = [amount for step, amount in given.items() if step not in ("Before", "This period")]
    assert sum(between) == given["This period"] - given["Before"]
    if filters.store_id == HAMBURG:
        (euro,) = analytics.answer("sales_by_currency", filters).rows
        assert euro["revenue_at_previous_rates"] == cents(total(now.charged) * worth["EUR"])
        assert euro["exchange_effect"] == euro["revenue"] - euro["revenue_at_previous_rates"]


@pytest.mark.parametrize(
    "filters", [YEAR, replace(YEAR, store_id=HAMBURG), Filters(FIRST, date(2021, 12, 31))]
)
def test_the_effect_of_exchange_rates_is_the_sum_of_what_they_did_to_each_currency(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    rows = sold if filters.store_id is None else sold[sold.store_id == filters.store_id]
    now, before = within(rows, (filters.from_on, filters.to_on)), within(rows, filters.compared)
    at_constant_rates = without_rate = Decimal(0)
    for code, part in now.groupby("currency_code"):
        then = before[before.currency_code == code]
        if then.empty:
            without_rate += total(part.revenue)
        else:
            at_constant_rates += cents(total(part.charged) * total(then.revenue) / total(then.charged))
    (row,) = analytics.answer("exchange_headline", filters).rows
    assert (row["revenue"], row["revenue_without_rate"]) == (total(now.revenue), without_rate)
    assert row["revenue_at_constant_rates"] == at_constant_rates + without_rate
    assert row["revenue_in_other_currencies"] == total(now[now.currency_code == "EUR"].revenue)
    currencies = analytics.answer("sales_by_currency", filters).rows
    assert row["exchange_effect"] == sum(one["exchange_effect"] or 0 for one in currencies)
    assert row["exchange_effect"] == row["revenue"] - row["revenue_at_constant_rates"]


def test_rates_of_the_period_before_are_those_of_its_sales_alone(
    shop_of_module: OwnDatabase, sold: pd.DataFrame
) -> None:
    filters = replace(YEAR, store_id=HAMBURG)
    before = within(sold[sold.store_id == HAMBURG], filters.previous)
    rate = total(before.revenue) / total(before.charged)
    older = sold[(sold.store_id == HAMBURG) & (sold.sold_on < filters.previous[0])].iloc[-1]
    with shop_of_module.connect() as owner, owner.transaction(force_rollback=True):
        # Taken back at another rate for nearly all that was sold: sales less returns would be worth anything.
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute(
            """
            INSERT INTO crpm.returns (
                store_id, order_id, line_number, return_number, quantity, returned_on, received_store_id, reason,
                is_restocked, line_amount, tax_amount, base_amount
            ) VALUES (%s, %s, 1, 1, 1, %s, %s, 'broken', FALSE, %s, 0, %s)
            """,
            [HAMBURG, older.order_id, filters.previous[0], HAMBURG, total(before.charged) - 1, 1],
        )
        owner.execute("INSERT INTO crpm.changed_days VALUES (%s)", [filters.previous[0]])
        (euro,) = AnalyticsRepository(owner).answer("sales_by_currency", filters).rows
        bridge = AnalyticsRepository(owner).answer("revenue_bridge", filters).rows
    assert euro["revenue_at_previous_rates"] == cents(euro["charged_amount"] * rate)
    assert sum(row["amount"] for row in bridge[:-1]) == bridge[-1]["amount"]


def test_a_period_with_nothing_before_it_has_no_bridge(analytics: AnalyticsRepository) -> None:
    assert analytics.answer("revenue_bridge", Filters(FIRST, FIRST + timedelta(days=40))).rows == []


def monthly(sold: pd.DataFrame) -> dict[date, Fraction]:
    """Revenue of each complete month."""
    months = pd.period_range("2021-04", "2025-01", freq="M")
    sums = {
        month: total(part.revenue)
        for month, part in sold.groupby(pd.to_datetime(sold.sold_on).dt.to_period("M"))
    }
    return {month.start_time.date(): Fraction(sums.get(month, 0)) for month in months}


def line_through(revenues: list[Fraction]) -> list[Fraction]:
    """The line of least squares at each place, and at the six after the last."""
    places = range(1, len(revenues) + 1)
    middle, average = Fraction(sum(places), len(revenues)), sum(revenues) / len(revenues)
    slope = Fraction(
        sum((place - middle) * revenue for place, revenue in zip(places, revenues, strict=True)),
        sum((place - middle) ** 2 for place in places),
    )
    return [average + slope * (place - middle) for place in range(1, len(revenues) + 7)]


def rounded(number: Fraction, places: int) -> Decimal:
    return round(Decimal(number.numerator) / number.denominator, places)


def test_seasons_and_the_forecast_with_its_error_are_what_python_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    series = monthly(sold)
    filters = Filters(date(2025, 1, 1), LAST)

    def expected_of(known: list[tuple[date, Fraction]], place: int, month: int) -> Decimal:
        line = line_through([revenue for _, revenue in known])
        ratios = [
            revenue / line[at]
            for at, (day, revenue) in enumerate(known)
            if day.month == month and line[at] > 0
        ]
        return rounded(line[place - 1] * mean(ratios), 2)

    known = list(series.items())
    rows = analytics.answer("sales_forecast", filters).rows
    assert [row["starts_on"] for row in rows] == [
        day.date() for day in pd.date_range("2024-02-01", "2025-07-01", freq="MS")
    ]
    assert [row["revenue"] for row in rows[:12]] == [revenue for _, revenue in known[-12:]]
    assert [row["expected"] for row in rows[:6]] == [None] * 6
    for at, row in enumerate(rows[6:12], len(known) - 5):
        assert row["expected"] == expected_of(known[:-6], at, row["starts_on"].month)
    for at, row in enumerate(rows[12:], len(known) + 1):
        assert row["revenue"] is None
        assert row["expected"] == expected_of(known, at, row["starts_on"].month)
        assert row["year_before"] == series[date(row["starts_on"].year - 1, row["starts_on"].month, 1)]
    held_out = rows[6:12]
    for name, error in (("expected", "error"), ("year_before", "error_of_year_before")):
        off = sum(abs(row["revenue"] - row[name]) for row in held_out) / sum(
            row["revenue"] for row in held_out
        )
        assert rows[0][error] == round(off, 4)

    line = line_through([revenue for _, revenue in known])
    ratios = defaultdict(list)
    for at, (day, revenue) in enumerate(known):
        ratios[day.month].append(revenue / line[at])
    scale = 100 / mean(mean(some) for some in ratios.values())
    for row in analytics.answer("seasonality", filters).rows:
        some = ratios[row["month_of_year"]]
        assert row["years"] == len(some)
        assert (row["index"], row["lowest"], row["highest"]) == tuple(
            rounded(ratio * scale, 1) for ratio in (mean(some), min(some), max(some))
        )


def test_what_is_too_short_to_tell_tells_nothing(analytics: AnalyticsRepository) -> None:
    assert analytics.answer("seasonality", Filters(FIRST, date(2023, 3, 30))).rows == []
    assert len(analytics.answer("seasonality", Filters(FIRST, date(2023, 3, 31))).rows) == 12
    assert analytics.answer("sales_forecast", Filters(FIRST, date(2023, 9, 29))).rows == []
    assert len(analytics.answer("sales_forecast", Filters(FIRST, date(2023, 9, 30))).rows) == 18


@pytest.mark.parametrize(
    ("grain", "frequency", "averaged"),
    [("day", "D", 7), ("week", "W-SUN", 4), ("month", "M", 3), ("quarter", "Q", 4), ("year", "Y", 3)],
)
def test_sales_over_time_come_by_any_step_with_growth_and_moving_average(
    analytics: AnalyticsRepository, sold: pd.DataFrame, grain: Step, frequency: str, averaged: int
) -> None:
    filters = Filters(date(2023, 5, 17), date(2025, 1, 8), grain=grain)
    rows = analytics.answer("sales_over_time", filters).rows

    def revenue_by_step(part: pd.DataFrame, years_on: int) -> dict[date, Decimal]:
        days = pd.to_datetime(part.sold_on) + pd.DateOffset(years=years_on)
        steps = days.dt.to_period(frequency).dt.start_time.dt.date
        return {step: total(some.revenue) for step, some in part.groupby(steps)}

    steps = pd.period_range(filters.from_on, filters.to_on, freq=frequency)
    assert [row["starts_on"] for row in rows] == [step.start_time.date() for step in steps]
    now = revenue_by_step(within(sold, (filters.from_on, filters.to_on)), 0)
    before = revenue_by_step(within(sold, filters.year_before), 1)
    assert [row["revenue"] for row in rows] == [now.get(row["starts_on"], 0) for row in rows]
    assert [row["revenue_before"] for row in rows] == [before.get(row["starts_on"], 0) for row in rows]
    for place, row in enumerate(rows):
        last = [other["revenue"] for other in rows[max(place - averaged + 1, 0) : place + 1]]
        assert row["moving_average"] == (cents(sum(last) / averaged) if len(last) == averaged else None)
        earlier = rows[place - 1]["revenue"] if place else 0
        assert row["growth"] == (round(row["revenue"] / earlier - 1, 4) if earlier else None)


def test_a_long_period_is_drawn_in_coarser_steps_than_wished() -> None:
    assert Filters(date(2020, 1, 1), date(2021, 12, 31), grain="day").step == "day"
    assert Filters(date(2015, 1, 1), date(2024, 12, 31), grain="day").step == "week"
    assert Filters(date(1900, 1, 1), date(2024, 12, 31), grain="day").step == "quarter"
    assert Filters(FIRST_DAY, LAST_DAY).step == "year"


def test_days_that_no_business_has_are_refused_and_the_outermost_have_days_before() -> None:
    whole = Filters(FIRST_DAY, LAST_DAY)
    assert whole.previous[1] == FIRST_DAY - timedelta(days=1)
    for days in ((date.min, LAST_DAY), (FIRST_DAY, date.max)):
        with pytest.raises(ValueError, match="1900-01-01"):
            Filters(*days)


def test_a_year_before_that_is_not_over_when_the_period_begins_is_not_compared_with() -> None:
    year = replace(YEAR, compare_with="year")
    assert year.compared == year.year_before
    longer = replace(year, to_on=date(2025, 1, 1))
    assert longer.compared == longer.previous


@pytest.mark.parametrize(
    "filters", [YEAR, Filters(date(2024, 9, 5), date(2024, 12, 20), compare_with="year")]
)
def test_stores_stand_beside_what_they_are_compared_with_and_like_for_like_leaves_new_ones_out(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now, before = within(sold, (filters.from_on, filters.to_on)), within(sold, filters.compared)
    given = {row["store_id"]: row for row in analytics.answer("store_performance", filters).rows}
    for store in (BOSTON, HAMBURG, ONLINE):
        part, old = now[now.store_id == store], before[before.store_id == store]
        row = given[store]
        assert (row["revenue"], row["orders"]) == (total(part.revenue), len(part))
        assert row["growth"] == round(total(part.revenue) / total(old.revenue) - 1, 4)
    assert given[BOSTON]["revenue_per_square_metre"] == cents(given[BOSTON]["revenue"] / 50)
    assert (given[BOSTON]["years"], given[HAMBURG]["years"]) == (4, 0)
    # It is not known when the online shop opened.
    assert [given[store]["is_like_for_like"] for store in (BOSTON, HAMBURG, ONLINE)] == [True, False, True]
    (headline,) = analytics.answer("store_headline", filters).rows
    online = now[now.store_id == ONLINE]
    assert headline["online_revenue"] == total(online.revenue)
    assert headline["shop_revenue"] == total(now.revenue) - total(online.revenue)
    for name, part in (("like_for_like", now), ("like_for_like_previous", before)):
        assert headline[name] == total(part[part.store_id != HAMBURG].revenue)
    assert headline["like_for_like_stores"] == 2
    assert headline["delivered_orders"] == len(online)
    days = [(row.delivered_on - row.sold_on).days for row in online.itertuples()]
    assert headline["delivery_days"] == round(Decimal(sum(days)) / len(days), 2)
    floors = now[now.store_id != ONLINE]
    assert headline["revenue_per_square_metre"] == cents(total(floors.revenue) / 150)
