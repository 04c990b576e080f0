from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from app.errors import DuplicateError, NotFoundError, RuleError, from_database
from app.repositories.closes import ClosesRepository, CountedTaking
from app.repositories.counts import CountsRepository, RecordedCount
from app.repositories.stock import StockRepository
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, LAMP, buy

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def counted(method: str, expected: str, pieces: str, currency: str = "USD") -> CountedTaking:
    return CountedTaking(currency, method, Decimal(expected), Decimal(pieces))


def sell(act: Act, *lines: tuple[int, int], **more: Any) -> None:
    with act("clerk") as c:
        buy(c, *lines, p_payment_methods=["cash"], **more)


def test_sheet_says_what_is_expected_and_then_what_was_counted(act: Act) -> None:
    with act("manager") as c:
        number = CountsRepository(c).make(store_id=BOSTON, category_id=1)
    sell(act, (KETTLE, 4))
    with act("manager") as c:
        counts = CountsRepository(c)
        before = counts.lines(count_sheet_id=number)
        done = counts.record(count_sheet_id=number, counted={1: 19})
    with act("viewer") as c:
        counts = CountsRepository(c)
        after = counts.lines(count_sheet_id=number)
        sheet = counts.get(count_sheet_id=number)
        page = counts.page(limit=10, offset=0)
        elsewhere = counts.page(store_id=HAMBURG, limit=10, offset=0)
    assert [(line.sku, line.expected, line.counted) for line in before] == [
        ("KET-1", 20, None),
        ("KNI-1", 20, None),
    ]
    assert done == RecordedCount(counted_lines=1, booked_lines=1, booked_pieces=-1)
    assert [(line.expected, line.counted, line.difference) for line in after] == [
        (20, 19, -1),
        (20, None, None),
    ]
    assert (sheet.store, sheet.category, sheet.typed_by) == ("Boston", "Kitchen", "test-manager")
    assert (sheet.lines, sheet.counted_lines, sheet.booked_pieces) == (2, 1, -1)
    assert page == [sheet]
    assert elsewhere == []


def test_sheet_that_is_not_there_is_not_found(act_of_module: Act) -> None:
    with pytest.raises(NotFoundError), act_of_module("viewer") as c:
        CountsRepository(c).get(count_sheet_id=99)


def test_sheet_typed_twice_is_explained(act: Act) -> None:
    with act("manager") as c:
        counts = CountsRepository(c)
        number = counts.make(store_id=BOSTON)
        counts.record(count_sheet_id=number, counted={1: 20})
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        CountsRepository(c).record(count_sheet_id=number, counted={1: 20})
    known = from_database(refused.value)
    assert isinstance(known, DuplicateError)
    assert str(known).endswith("already. Nothing was booked again.")


def test_codes_are_found_by_sku_and_barcode_alone(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.product_barcodes VALUES ('LAM-1', %s)", [KETTLE])
    with act("viewer") as c:
        found = StockRepository(c).find_codes(
            codes=["KET-1", "KET-1", "4006381333931", "LAM-1", "KET", "ket-1"], store_id=BOSTON
        )
    assert [(row.code, row.product_id, row.on_hand) for row in found] == [
        ("4006381333931", KETTLE, 20),
        ("KET-1", KETTLE, 20),
        ("LAM-1", KETTLE, 20),
        ("LAM-1", LAMP, 20),
    ]


def test_day_is_read_closed_and_listed(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    sell(act, (LAMP, 2), p_order_date=YESTERDAY)
    with act("clerk") as c:
        closes = ClosesRepository(c)
        day = closes.day(store_id=BOSTON, day=YESTERDAY)
        assert (day.store, day.currency_code, day.business_day, day.version) == (
            "Boston",
            "USD",
            YESTERDAY,
            0,
        )
        [total] = closes.totals(store_id=BOSTON, day=YESTERDAY)
        assert (total.orders, total.sales_amount) == (1, Decimal("49.00"))
        [taking] = closes.takings(store_id=BOSTON, day=YESTERDAY, version=0)
        assert (taking.expected, taking.closed_expected, taking.counted) == (Decimal("49.00"), None, None)
        assert closes.close(store_id=BOSTON, day=YESTERDAY, lines=[counted("cash", "49.00", "48.50")]) == 1
        assert closes.day(store_id=BOSTON, day=YESTERDAY).closed_by == "test-clerk"
        [close] = closes.page(limit=10, offset=0)
    assert (close.difference, close.arisen, close.is_changed, close.closes) == (Decimal("-0.50"), 0, False, 1)


def test_what_comes_to_a_closed_day_shows_on_its_latest_close_alone(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    sell(act, (LAMP, 2), p_order_date=YESTERDAY)
    with act("clerk") as c:
        closes = ClosesRepository(c)
        closes.close(store_id=BOSTON, day=YESTERDAY, lines=[counted("cash", "49.00", "48.50")])
        closes.close(
            store_id=BOSTON,
            day=YESTERDAY,
            lines=[counted("cash", "49.00", "49.00")],
            follows_version=1,
            reason="found half a dollar",
        )
    sell(act, (KETTLE, 1), p_order_date=YESTERDAY)
    sell(act, (KETTLE, 1), p_order_date=YESTERDAY, p_currency_code="EUR")
    with act("viewer") as c:
        closes = ClosesRepository(c)
        page = closes.page(store_id=BOSTON, limit=10, offset=0)
        takings = closes.takings(store_id=BOSTON, day=YESTERDAY, version=2)
        assert closes.page(store_id=HAMBURG, limit=10, offset=0) == []
    assert [(row.version, row.difference, row.arisen, row.is_changed) for row in page] == [
        (2, 0, Decimal("49.90"), True),
        (1, Decimal("-0.50"), None, None),
    ]
    assert [(row.currency_code, row.expected, row.closed_expected) for row in takings] == [
        ("EUR", Decimal("44.91"), None),
        ("USD", Decimal("98.90"), Decimal("49.00")),
    ]


def test_change_is_told_on_the_currency_it_belongs_to(act: Act) -> None:
    sell(act, (LAMP, 2))
    sell(act, (LAMP, 2), p_currency_code="EUR")
    lines = [counted("cash", "49.00", "49.00"), counted("cash", "44.10", "44.10", "EUR")]
    with act("clerk") as c:
        ClosesRepository(c).close(store_id=BOSTON, day=TODAY, lines=lines)
    sell(act, (KETTLE, 1))
    with act("viewer") as c:
        page = ClosesRepository(c).page(limit=10, offset=0)
    assert [(row.currency_code, row.arisen, row.is_changed) for row in page] == [
        ("EUR", 0, False),
        ("USD", Decimal("49.90"), True),
    ]


def test_close_on_figures_of_before_is_explained(act: Act) -> None:
    sell(act, (LAMP, 2))
    with pytest.raises(psycopg.IntegrityError) as refused, act("clerk") as c:
        ClosesRepository(c).close(store_id=BOSTON, day=TODAY, lines=[counted("cash", "24.50", "24.50")])
    known = from_database(refused.value)
    assert isinstance(known, RuleError)
    assert str(known) == (
        "The figures have changed since you looked: 49.00 is now expected in USD by cash."
        " Look at the day again, then close it."
    )
