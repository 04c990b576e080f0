"""The figures of customers against an independent computation in pandas, on sales drawn at random."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest

from app.repositories.analytics import AnalyticsRepository, Filters, Row
from app.repositories.customers import SEGMENTS
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.random_trade import trade_at_random
from tests.repositories.in_pandas import (
    every_sale,
    orders,
    rounded,
    scores,
    share,
    to_the_last_day,
    total,
    within,
)
from tests.rules.purchasing import BOSTON
from tests.trade import TODAY

ALL = Filters(TODAY - timedelta(days=600), TODAY)
FILTERS = {
    "all": ALL,
    "months": Filters(TODAY - timedelta(days=240), TODAY - timedelta(days=20)),
    "one store": replace(ALL, from_on=TODAY - timedelta(days=300), store_id=BOSTON),
    "one country and category": replace(
        ALL, from_on=TODAY - timedelta(days=300), country_code="DE", category_id=1
    ),
    "one segment": replace(ALL, from_on=TODAY - timedelta(days=400), segment="Champions"),
    "without sales": Filters(TODAY - timedelta(days=790), TODAY - timedelta(days=780)),
}
each_filter = pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())


@pytest.fixture(scope="module")
def database(shop_of_module: OwnDatabase) -> Iterator[Database]:
    trade_at_random(shop_of_module)
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


def figures(part: pd.DataFrame) -> tuple[int, int, Decimal]:
    """Who bought, their orders and their revenue."""
    return (int(part[part.kind == "sale"].customer_id.nunique()), orders(part), total(part.revenue))


@each_filter
@pytest.mark.parametrize(
    ("question", "keys"),
    [
        ("customers_by_age_and_gender", ["age_band", "gender"]),
        ("customers_by_country_and_age", ["country", "age_band"]),
        ("customers_by_continent", ["continent"]),
        ("customers_by_state", ["state", "country"]),
        ("customers_by_city", ["city"]),
    ],
)
def test_groups_of_customers_are_what_pandas_computes_and_add_up(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters, question: str, keys: list[str]
) -> None:
    homes = {"United States": "North America", "Germany": "Europe"}
    expected = within(sold, filters)
    expected = expected.assign(
        country=expected.home, continent=expected.home.map(lambda home: homes.get(home, home))
    )
    for name in ("state", "city"):
        known = expected[f"home_{name}"].fillna("not known")
        expected[name] = known.mask(expected.customer_id.isna(), "walk-in")
    computed = {key if len(keys) > 1 else key[0]: figures(part) for key, part in expected.groupby(keys)}
    rows = analytics.answer(question, filters).rows
    given = {
        tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: (
            row["buyers"],
            row["orders"],
            row["revenue"],
        )
        for row in rows
    }
    assert {key: found for key, found in given.items() if any(found)} == computed
    assert total(row["revenue"] for row in rows) == total(expected.revenue)
    for row in rows:
        average = rounded(row["revenue"] / row["orders"], 2) if row["orders"] else None
        assert row["average_order_value"] == average
    on_record = {"DE": 5, None: 17}[filters.country_code]
    if filters.segment:
        on_record = expected.customer_id.nunique()
    assert sum(row["customers"] for row in rows) == on_record


def test_cities_beyond_the_thirty_largest_are_one_row(
    analytics: AnalyticsRepository, sold: pd.DataFrame
) -> None:
    with_cities = analytics._connection
    before = {row["city"]: row for row in analytics.answer("customers_by_city", ALL).rows}
    with with_cities.transaction(force_rollback=True):
        with_cities.execute(
            "INSERT INTO crpm.customers (name, city) SELECT 'C' || n, 'City ' || n FROM generate_series(1, 40) AS n"
        )
        rows = analytics.answer("customers_by_city", ALL).rows
        assert len(rows) == 32
        others = next(row for row in rows if row["city"] == "all other cities")
        assert others["customers"] == 40 + len(before) - 1 - 30
        assert sum(row["customers"] for row in rows) == 57
        assert total(row["revenue"] for row in rows) == total(sold.revenue)
        assert rows[-1]["city"] == "walk-in"


def step_of(day: date, step: str) -> date:
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[step]
    return day.replace(month=month, day=1)


@each_filter
@pytest.mark.parametrize("longer", [0, 900, 2300])
def test_cohorts_come_back_and_bring_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters, longer: int
) -> None:
    filters = replace(filters, from_on=filters.from_on - timedelta(days=longer))
    step = filters.cohort_step
    assert step == ("month" if not longer else "quarter" if longer == 900 else "year")
    all_rows = to_the_last_day(sold, filters)
    sales = all_rows[(all_rows.kind == "sale") & all_rows.customer_id.notna()]
    firsts = {customer: min(part.sold_on) for customer, part in sales.groupby("customer_id")}
    cohorts = {
        customer: step_of(first, step) for customer, first in firsts.items() if first >= filters.from_on
    }
    sizes = Counter(cohorts.values())
    active: dict[tuple[date, date], set[int]] = {}
    for sale in sales.itertuples():
        if sale.customer_id in cohorts:
            key = cohorts[sale.customer_id], step_of(sale.sold_on, step)
            active.setdefault(key, set()).add(sale.customer_id)
    steps = sorted({step_of(day.date(), step) for day in pd.date_range(filters.from_on, filters.to_on)})
    expected = {
        (cohort, steps.index(later) - steps.index(cohort)): (size, len(active.get((cohort, later), ())))
        for cohort, size in sizes.items()
        for later in steps
        if later >= cohort
    }
    rows = analytics.answer("cohort_retention", filters).rows
    assert {
        (row["cohort_on"], row["number_after"]): (row["cohort_customers"], row["customers"]) for row in rows
    } == expected
    assert all(row["share"] == share(row["customers"], row["cohort_customers"]) for row in rows)
    assert all(row["share"] == 1 for row in rows if row["number_after"] == 0)

    now = within(sold, filters)
    rows = analytics.answer("cohort_revenue", filters).rows
    assert total(row["revenue"] for row in rows) == total(now.revenue)
    assert sum(row["orders"] for row in rows) == orders(now)
    worth = all_rows[all_rows.customer_id.notna()]
    for row in rows:
        if row["cohort"] == "walk-in":
            assert row["revenue"] == total(now[now.customer_id.isna()].revenue)
            continue
        people = {who for who in firsts if cohorts.get(who) == row["cohort_on"]}
        assert row["cohort_customers"] == len(people)
        assert (row["buyers"], row["orders"], row["revenue"]) == figures(now[now.customer_id.isin(people)])
        assert row["lifetime_value"] == rounded(
            total(worth[worth.customer_id.isin(people)].revenue) / len(people), 2
        )


def gaps_of(sold: pd.DataFrame, filters: Filters) -> list[int]:
    rows = to_the_last_day(sold, filters)
    sales = rows[(rows.kind == "sale") & rows.customer_id.notna()]
    return sorted(
        (later - earlier).days
        for _, part in sales.groupby("customer_id")
        for earlier, later in pairwise(sorted(set(part.sold_on)))
        if later >= filters.from_on
    )


def median(values: list[Decimal] | list[int], places: int) -> Decimal | None:
    ordered, half = sorted(values), len(values) // 2
    return rounded(Decimal(ordered[-half - 1] + ordered[half]) / 2, places) if values else None


@each_filter
def test_habits_are_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    rows, now = to_the_last_day(sold, filters), within(sold, filters)
    worth = [total(part.revenue) for _, part in rows.groupby("customer_id")]
    (habits,) = analytics.answer("customer_habits", filters).rows
    assert habits["customers_to_date"] == len(worth)
    assert habits["lifetime_value"] == (rounded(total(worth) / len(worth), 2) if worth else None)
    assert habits["lifetime_value_median"] == median(worth, 2)
    gaps = gaps_of(sold, filters)
    assert (habits["gaps"], habits["days_between_median"]) == (len(gaps), median(gaps, 1))
    assert habits["days_between"] == (rounded(Decimal(sum(gaps)) / len(gaps), 1) if gaps else None)
    sales = now[now.kind == "sale"]
    placed = [part.order_id.nunique() for _, part in sales.groupby("customer_id")]
    count = orders(now)
    assert habits["orders_per_customer"] == (
        rounded(Decimal(sum(placed)) / len(placed), 2) if placed else None
    )
    assert habits["pieces_per_order"] == (rounded(Decimal(sum(sales.units)) / count, 2) if count else None)
    assert habits["lines_per_order"] == (rounded(Decimal(len(sales)) / count, 2) if count else None)

    bands = {
        "1-7": (1, 7),
        "8-30": (8, 30),
        "31-90": (31, 90),
        "91-180": (91, 180),
        "181-365": (181, 365),
        "over 365": (366, 9999),
    }
    found = {
        row["days"]: (row["gaps"], row["share"])
        for row in analytics.answer("days_between_purchases", filters).rows
    }
    counts = {name: sum(low <= gap <= high for gap in gaps) for name, (low, high) in bands.items()}
    assert found == {name: (number, share(number, len(gaps))) for name, number in counts.items()}

    tenths = analytics.answer("lifetime_value", filters).rows
    ranked = sorted(worth, reverse=True)
    assert sum(row["customers"] for row in tenths) == len(worth)
    for row in tenths:
        part, ranked = ranked[: row["customers"]], ranked[row["customers"] :]
        assert (row["most"], row["least"], row["revenue"]) == (part[0], part[-1], total(part))
        assert row["share"] == share(row["revenue"], total(worth))
    assert {row["customers"] for row in tenths} <= {len(worth) // 10, len(worth) // 10 + 1}


def band(number: int, bands: list[tuple[int, str]], above: str) -> str:
    return next((name for below, name in bands if number < below), above)


@each_filter
def test_orders_by_customer_and_by_size_are_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    expected: dict[str, list[Decimal | int]] = {}
    for customer, part in now.groupby("customer_id", dropna=False):
        placed = orders(part)
        low = [(number + 1, str(number)) for number in range(5)]
        name = (
            "walk-in"
            if pd.isna(customer)
            else band(placed, [*low, (10, "5-9"), (20, "10-19")], "20 and more")
        )
        found = expected.setdefault(name, [0, 0, Decimal(0)])
        found[:] = found[0] + (name != "walk-in"), found[1] + placed, found[2] + total(part.revenue)
    rows = analytics.answer("customers_by_orders", filters).rows
    assert {
        row["orders_placed"]: [row["customers"], row["orders"], row["revenue"]] for row in rows
    } == expected
    buyers = sum(found[0] for found in expected.values())
    assert all(row["share_of_customers"] == share(row["customers"], buyers) for row in rows)

    expected = {}
    for _, part in now.groupby("order_id"):
        sales = part[part.kind == "sale"]
        low = [(number + 1, str(number)) for number in range(1, 4)]
        name = band(sum(sales.units), [*low, (6, "4-5"), (11, "6-10"), (21, "11-20")], "over 20")
        if sales.empty:
            name = "returns of earlier orders"
        found = expected.setdefault(name, [0, Decimal(0)])
        found[:] = found[0] + (not sales.empty), found[1] + total(part.revenue)
    rows = analytics.answer("orders_by_size", filters).rows
    assert {row["size"]: [row["orders"], row["revenue"]] for row in rows} == expected
    assert total(row["revenue"] for row in rows) == total(now.revenue)
    if next(name for name, known in FILTERS.items() if known == filters) == "all":
        assert len(rows) > 5


@each_filter
def test_top_customers_rank_by_revenue_orders_or_profit(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    people = {
        customer: (orders(part), total(part.revenue), total(part.revenue) - total(part.cost))
        for customer, part in now.groupby("customer_id")
    }

    def ranked(*places: int) -> list[int]:
        return sorted(people, key=lambda one: (*(-people[one][place] for place in places), one))[:20]

    def ids(rows: list[Row]) -> list[int]:
        return [row["customer_id"] for row in rows]

    by_revenue = analytics.answer("top_customers", filters).rows
    assert ids([*by_revenue]) == ranked(1)
    by_orders = analytics.answer(
        "top_customers", replace(filters, rank_customers_by="orders", most_rows=5)
    ).rows
    assert ids([*by_orders]) == ranked(0, 1)[:5]
    for row in by_revenue:
        assert (row["orders"], row["revenue"]) == people[row["customer_id"]][:2]
        assert row["share"] == share(row["revenue"], total(now.revenue))
        assert row["share_of_orders"] == share(row["orders"], orders(now))
    by_profit = analytics.answer("top_customers_by_profit", filters).rows
    assert ids([*by_profit]) == ranked(2)
    profit = total(now.revenue) - total(now.cost)
    for row in by_profit:
        assert row["gross_profit"] == people[row["customer_id"]][2]
        assert row["share"] == share(row["gross_profit"], profit)
        assert row["margin"] == share(row["gross_profit"], row["revenue"])


@each_filter
def test_segments_list_their_customers_and_move_as_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    filters = replace(filters, segment=None)
    people = scores(sold, filters)
    for segment in (None, *SEGMENTS):
        part = people if segment is None else people[people.segment == segment]
        expected = {
            person.Index: (
                person.segment,
                person.r,
                person.f,
                person.m,
                person.orders,
                person.revenue,
                person.last,
            )
            for person in part.itertuples()
        }
        rows = analytics.answer("segment_customers", replace(filters, segment=segment)).rows
        given = {
            row["customer_id"]: (
                row["segment"], row["recency"], row["frequency"], row["monetary"], row["orders"], row["revenue"],
                row["last_bought_on"],
            )
            for row in rows
        }  # fmt: skip
        assert given == expected
        assert [row["revenue"] for row in rows] == sorted((row["revenue"] for row in rows), reverse=True)
        assert {row["found"] for row in rows} <= {len(part)}
    summary = analytics.answer("customer_segments", filters).rows
    assert {row["segment"]: row["customers"] for row in summary} == Counter(people.segment)

    first, last = filters.previous
    before = scores(sold, replace(filters, from_on=first, to_on=last)).segment.to_dict()
    now = people.segment.to_dict()
    moves = Counter(
        (before.get(one, "Did not buy"), now.get(one, "Did not buy")) for one in before.keys() | now.keys()
    )
    known = within(sold, filters).drop_duplicates("customer_id").set_index("customer_id")
    for kind, column in (("Gender", "gender"), ("Age", "age_band"), ("Country", "home")):
        groups = people.assign(group=[known[column][one] for one in people.index]).groupby("group")
        unknown = f"{kind.lower()} not known"
        expected_shares = {
            (unknown if name == "not known" else name, segment): (count, share(count, len(part)))
            for name, part in groups
            for segment, count in Counter(part.segment).items()
        }
        rows = analytics.answer("segments_by_group", filters).rows
        assert {
            (row["name"], row["segment"]): (row["customers"], row["share"])
            for row in rows
            if row["kind"] == kind
        } == expected_shares

    rows = analytics.answer("segment_movements", filters).rows
    assert {(row["segment_before"], row["segment"]): row["customers"] for row in rows} == moves
    of_before: Counter[str] = Counter()
    for (name, _), count in moves.items():
        of_before[name] += count
    for row in rows:
        assert row["customers_before"] == of_before[row["segment_before"]]
        assert row["share"] == share(row["customers"], of_before[row["segment_before"]])


@each_filter
def test_groups_and_segments_prefer_what_pandas_computes(
    analytics: AnalyticsRepository, sold: pd.DataFrame, filters: Filters
) -> None:
    now = within(sold, filters)
    segments = scores(sold, filters).segment.to_dict()
    now = now.assign(segment=now.customer_id.map(segments))
    kinds = {"Gender": "gender", "Age": "age_band", "Country": "home", "Segment": "segment"}
    rows = [
        *analytics.answer("preferences_by_group", filters).rows,
        *analytics.answer("preferences_by_segment", filters).rows,
    ]

    def preferred(part: pd.DataFrame, key: str) -> tuple[object, int]:
        found = {one: (sum(of.units), total(of.revenue)) for one, of in part.groupby(key)}
        one = min(found, key=lambda one: (-found[one][0], -found[one][1], one))
        return (one, found[one][0]) if found[one][0] > 0 else (None, 0)

    for kind, column in kinds.items():
        given = {row["name"]: row for row in rows if row["kind"] == kind}
        parts = dict(list(now.groupby(column)))
        assert given.keys() == parts.keys()
        for name, part in parts.items():
            row, units = given[name], sum(part.units)
            assert (row["units"], row["revenue"]) == (units, total(part.revenue))
            category, pieces = preferred(part, "category")
            assert row["category"] == category
            if category:
                assert row["category_share"] == share(pieces, units)
            product, pieces = preferred(part, "product_id")
            assert (row["product_id"], row["product_units"] or 0) == (product, pieces)
    assert total(row["revenue"] for row in rows if row["kind"] == "Age") == total(now.revenue)
