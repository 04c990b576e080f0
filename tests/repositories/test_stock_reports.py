from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from app.repositories.stock import StockRepository
from app.repositories.stock_reports import StockFilter, StockReportsRepository
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, ONLINE, PATH_LIGHT, buy

TODAY = datetime.now(UTC).date()
ALL = StockFilter()


@pytest.fixture
def month(shop: OwnDatabase) -> OwnDatabase:
    """Stock was opened a month ago; costs are older than that."""
    with shop.connect() as owner:
        owner.execute("ALTER TABLE crpm.stock_movements DISABLE TRIGGER tg_stock_movements__refuse")
        owner.execute("UPDATE crpm.stock_movements SET occurred_on = current_date - 30")
        owner.execute("ALTER TABLE crpm.stock_movements ENABLE TRIGGER tg_stock_movements__refuse")
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
        owner.execute("UPDATE crpm.product_costs SET valid_from = now() - interval '40 days'")
    return shop


def test_reorder_list_reckons_cover_and_suggestion_from_net_sales(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 18), store=BOSTON)
        buy(c, (KNIFE, 1), store=BOSTON)
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 3, 'dented', FALSE, gen_random_uuid())", [BOSTON, order[0]]
        )
    with act("manager") as c:
        StockRepository(c).adjust(store_id=ONLINE, product_id=KETTLE, counted=Decimal(5), reason="lost")
        StockRepository(c).adjust(store_id=ONLINE, product_id=PATH_LIGHT, counted=Decimal(0), reason="lost")
        rows = StockReportsRepository(c).reorder(wanted=ALL, limit=10, offset=0)
    # Boston's kettles: 2 on hand, 15 sold net in 90 days, so 12 days; 3 are missing and 5 go in a month.
    assert [
        (r.product_id, r.store, r.on_hand, r.sold_in_90_days, r.days_of_cover, r.suggested_quantity)
        for r in rows
    ] == [
        (KETTLE, "Boston", 2, 15, Decimal("12.0"), 8),
        (KETTLE, "Online", 5, 0, None, 1),
        (PATH_LIGHT, "Online", 0, 0, None, 1),
    ]
    assert {(r.places, r.pieces, r.suggested_pieces) for r in rows} == {(3, 7, 10)}


def test_reorder_list_is_filtered_sorted_and_paged(act: Act) -> None:
    with act("manager") as c:
        stock, reports = StockRepository(c), StockReportsRepository(c)
        for store, product, counted in ((BOSTON, KETTLE, 4), (ONLINE, KETTLE, 2), (BOSTON, LAMP, 1)):
            stock.adjust(store_id=store, product_id=product, counted=Decimal(counted), reason="lost")
        boston = reports.reorder(
            wanted=StockFilter(store_id=BOSTON), sort="on_hand descending", limit=10, offset=0
        )
        garden = reports.reorder(wanted=StockFilter(category_id=2), limit=10, offset=0)
        scanned = reports.reorder(wanted=StockFilter(text="4006381333931"), limit=1, offset=1)
    assert [row.on_hand for row in boston] == [4, 1]
    assert [row.product_id for row in garden] == [LAMP]
    assert [(row.product_id, row.places, row.pieces) for row in scanned] == [(KETTLE, 2, 6)]


def test_inactive_products_and_stores_are_not_reordered(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.products SET reorder_point = 50")
        owner.execute("UPDATE crpm.products SET is_active = FALSE WHERE product_id <> %s", [KETTLE])
        owner.execute("UPDATE crpm.stores SET is_active = FALSE WHERE store_id = %s", [ONLINE])
    with act("viewer") as c:
        rows = StockReportsRepository(c).reorder(wanted=ALL, limit=10, offset=0)
    assert sorted((row.product_id, row.store) for row in rows) == [(KETTLE, "Boston"), (KETTLE, "Hamburg")]


def test_stock_of_today_by_the_ledger_is_the_level_of_now(month: OwnDatabase, act: Act) -> None:
    with act("manager") as c:
        buy(c, (KETTLE, 3), (LAMP, 2))
        buy(c, (KNIFE, 4), store=HAMBURG, p_order_date=TODAY - timedelta(days=5))
        StockRepository(c).transfer(from_store_id=BOSTON, to_store_id=HAMBURG, pieces={LAMP: Decimal(6)})
        reports = StockReportsRepository(c)
        now = reports.on_day(wanted=ALL, day=None, limit=100, offset=0)
        today = reports.on_day(wanted=ALL, day=TODAY, limit=100, offset=0)
    assert now == today
    assert (len(now), now[0].places, now[0].pieces) == (11, 11, 211)


def test_stock_of_a_past_day_leaves_out_what_came_later(month: OwnDatabase, act: Act) -> None:
    knives = StockFilter(text="knife", store_id=HAMBURG)
    with act("manager") as c:
        buy(c, (KNIFE, 4), store=HAMBURG, p_order_date=TODAY - timedelta(days=5))
        StockRepository(c).receive(store_id=HAMBURG, pieces={KNIFE: Decimal(10)})
        reports = StockReportsRepository(c)
        counts = {
            days: [
                row.on_hand
                for row in reports.on_day(wanted=knives, day=TODAY - timedelta(days=days), limit=9, offset=0)
            ]
            for days in (0, 1, 5, 6, 30, 31)
        }
    assert counts == {0: [26], 1: [16], 5: [16], 6: [20], 30: [20], 31: []}


def test_value_is_at_the_cost_of_the_day_and_counts_what_has_none(month: OwnDatabase, act: Act) -> None:
    with month.connect() as owner:
        owner.execute("INSERT INTO crpm.product_costs (product_id, unit_cost) VALUES (%s, 10)", [KETTLE])
        owner.execute("DELETE FROM crpm.product_costs WHERE product_id = %s", [PATH_LIGHT])
    kitchen = StockFilter(store_id=BOSTON, category_id=1)
    with act("manager") as c:
        reports = StockReportsRepository(c)
        now = reports.value(wanted=kitchen, day=None, limit=10, offset=0)
        before = reports.value(wanted=kitchen, day=TODAY - timedelta(days=2), limit=10, offset=0)
        everything = reports.value(wanted=ALL, day=None, limit=2, offset=2)
        unvalued = reports.without_cost(wanted=ALL, day=None)
        none_yet = reports.value(wanted=ALL, day=TODAY - timedelta(days=31), limit=10, offset=0)
    assert [(row.on_hand, row.stock_value) for row in now] == [(40, Decimal("910.00"))]
    assert [(row.on_hand, row.stock_value) for row in before] == [(40, Decimal("1130.00"))]
    assert [
        (row.store, row.category, row.on_hand, row.stock_value, row.without_cost) for row in everything
    ] == [
        ("Hamburg", "Garden", 40, Decimal("196.00"), 20),
        ("Hamburg", "Kitchen", 40, Decimal("910.00"), 0),
    ]
    assert (everything[0].all_on_hand, everything[0].all_stock_value, everything[0].all_without_cost) == (
        220,
        Decimal("3318.00"),
        40,
    )
    assert [(row.product_id, row.on_hand, row.products) for row in unvalued] == [(PATH_LIGHT, 40, 1)]
    assert none_yet == []


def test_value_is_for_managers(act_of_module: Act) -> None:
    for read in (
        lambda reports: reports.value(wanted=ALL, day=None, limit=1, offset=0),
        lambda reports: reports.without_cost(wanted=ALL, day=None),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), act_of_module("clerk") as c:
            read(StockReportsRepository(c))
