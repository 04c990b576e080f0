"""A day is closed once and corrected by versions; what comes to it later shows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, LAMP, buy

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def store(shop: OwnDatabase) -> OwnDatabase:
    """Stock was counted a month ago, so that sales of yesterday can be recorded."""
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    return shop


def sell(act: Act, *lines: tuple[int, int], method: str = "cash", **more: Any) -> Any:
    with act("clerk") as c:
        return buy(c, *lines, p_payment_methods=[method], **more)


def takings(act: Act, day: date = TODAY, store: int = BOSTON) -> list[Any]:
    with act("viewer") as c:
        return c.execute("SELECT * FROM crpm.takings_on(%s, %s) ORDER BY 1, 2", [store, day]).fetchall()


def close(
    act: Act,
    *lines: tuple[str, str, Any, Any],
    day: date | None = TODAY,
    follows: int = 0,
    reason: str | None = None,
) -> int:
    """Close Boston's day; lines of currency, method, counted and expected."""
    currencies, methods, *figures = [list(column) for column in zip(*lines, strict=True)] or [[], [], [], []]
    figures = [[None if figure is None else Decimal(figure) for figure in column] for column in figures]
    with act("clerk") as c:
        row = c.execute(
            "SELECT crpm.close_day(%s, %s, %s::text[], %s::text[], %s::numeric[], %s::numeric[], %s, %s)",
            [BOSTON, day, currencies, methods, *figures, follows, reason],
        ).fetchone()
    assert row
    return int(row[0])


def refused_rule(act: Act, *lines: tuple[str, str, Any, Any], **more: Any) -> str:
    with pytest.raises(psycopg.IntegrityError) as refused:
        close(act, *lines, **more)
    return str(refused.value.diag.constraint_name)


def test_sale_counts_on_its_day_and_refund_where_and_when_the_goods_came_back(
    store: OwnDatabase, act: Act
) -> None:
    order = sell(act, (KETTLE, 2), p_order_date=YESTERDAY)
    sell(act, (LAMP, 1), method="card")
    with act("clerk") as c:
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1, 'dented', TRUE, %s, %s, 'cash')",
            [BOSTON, order[0], uuid4(), HAMBURG],
        )
    assert takings(act, YESTERDAY) == [("USD", "cash", 1, Decimal("99.80"))]
    assert takings(act) == [("USD", "card", 1, Decimal("24.50"))]
    assert takings(act, store=HAMBURG) == [("USD", "cash", 1, Decimal("-49.90"))]
    with act("viewer") as c:
        totals = c.execute("SELECT * FROM crpm.day_totals(%s, %s)", [HAMBURG, TODAY]).fetchall()
    assert totals == [("USD", 0, 0, 0, 1, Decimal("49.90"), 0, 0)]


def test_cancelled_order_is_no_sale_and_leaves_nothing_to_count(act: Act) -> None:
    order = sell(act, (KETTLE, 1))
    sell(act, (LAMP, 2))
    with act("clerk") as c:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, order[0]])
    assert takings(act) == [("USD", "cash", 3, Decimal("49.00"))]
    with act("viewer") as c:
        totals = c.execute("SELECT * FROM crpm.day_totals(%s, %s)", [BOSTON, TODAY]).fetchall()
    assert totals == [("USD", 1, Decimal("49.00"), 0, 0, 0, 1, Decimal("49.90"))]


def test_day_is_the_stores_own(store: OwnDatabase, act: Act) -> None:
    order = sell(act, (KETTLE, 1))
    with store.connect() as owner:
        owner.execute("UPDATE crpm.stores SET time_zone = 'Pacific/Kiritimati' WHERE store_id = %s", [BOSTON])
        row = owner.execute("SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date").fetchone()
    assert row
    with act("clerk") as c:
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1, 'dented', TRUE, %s, NULL, 'cash')",
            [BOSTON, order[0], uuid4()],
        )
    assert [taking[3] for taking in takings(act, row[0])] == [
        Decimal("-49.90") if row[0] != TODAY else Decimal(0)
    ]


def test_close_keeps_what_was_expected_and_counted(store: OwnDatabase, act: Act) -> None:
    sell(act, (LAMP, 2))
    sell(act, (KETTLE, 1), method="card", p_currency_code="EUR")
    assert (
        close(act, ("USD", "cash", 50, 49), ("EUR", "card", "44.91", "44.91"), ("USD", "voucher", 0, 0)) == 1
    )
    with store.connect() as owner:
        lines = owner.execute(
            "SELECT currency_code, expected, counted, difference, is_latest, closed_by FROM analytics.daily_closes ORDER BY 1"
        ).fetchall()
        totals = owner.execute(
            "SELECT currency_code, orders, sales_amount FROM crpm.daily_close_totals ORDER BY 1"
        ).fetchall()
    assert lines == [
        ("EUR", Decimal("44.91"), Decimal("44.91"), 0, True, "test-clerk"),
        ("USD", 49, 50, 1, True, "test-clerk"),
    ]
    assert totals == [("EUR", 1, Decimal("44.91")), ("USD", 1, Decimal("49.00"))]


def test_correction_is_a_new_version_with_a_reason(store: OwnDatabase, act: Act) -> None:
    sell(act, (LAMP, 2))
    close(act, ("USD", "cash", 50, 49))
    assert refused_rule(act, ("USD", "cash", 49, 49)) == "daily_closes_follow_the_latest"
    assert refused_rule(act, ("USD", "cash", 49, 49), follows=1) == "daily_closes_correction_has_a_reason"
    assert (
        refused_rule(act, ("USD", "cash", 49, 49), follows=1, reason=" ")
        == "daily_closes_correction_has_a_reason"
    )
    assert close(act, ("USD", "cash", 49, 49), follows=1, reason="one dollar under the drawer") == 2
    with store.connect() as owner:
        rows = owner.execute(
            "SELECT version, counted, reason, is_latest FROM analytics.daily_closes ORDER BY version"
        ).fetchall()
    assert rows == [(1, 50, None, False), (2, 49, "one dollar under the drawer", True)]


def test_two_people_closing_the_same_day_at_once_close_it_once(store: OwnDatabase, act: Act) -> None:
    sell(act, (LAMP, 2))

    def attempt(counted: int) -> str:
        try:
            close(act, ("USD", "cash", counted, 49))
        except psycopg.IntegrityError as error:
            return str(error.diag.constraint_name)
        return "closed"

    with ThreadPoolExecutor(2) as executor:
        outcomes = list(executor.map(attempt, [49, 50]))
    assert outcomes.count("closed") == 1
    assert set(outcomes) < {"closed", "daily_closes_pkey", "daily_closes_follow_the_latest"}
    with store.connect() as owner:
        assert owner.execute("SELECT count(*) FROM crpm.daily_closes").fetchone() == (1,)


def test_backdated_sale_after_the_close_leaves_the_close_and_shows_as_arisen(
    store: OwnDatabase, act: Act
) -> None:
    sell(act, (LAMP, 2), p_order_date=YESTERDAY)
    close(act, ("USD", "cash", 49, 49), day=YESTERDAY)
    sell(act, (KETTLE, 1), p_order_date=YESTERDAY)
    assert takings(act, YESTERDAY) == [("USD", "cash", 2, Decimal("98.90"))]
    with store.connect() as owner:
        assert owner.execute("SELECT expected, counted FROM crpm.daily_close_lines").fetchall() == [(49, 49)]


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([], "daily_close_lines_every_method_is_counted"),
        ([("USD", "card", 0, 0)], "daily_close_lines_every_method_is_counted"),
        ([("USD", "cash", None, 49)], "daily_close_lines_every_method_is_counted"),
        ([("USD", "cash", 49, 48)], "daily_closes_figures_are_current"),
        ([("USD", "cash", 49, None)], "daily_closes_figures_are_current"),
        ([("USD", "cash", "49.005", 49)], "daily_close_lines_counted_fits_the_currency"),
        ([("USD", "cash", 49, 49), ("XXX", "cash", 1, 0)], "daily_close_lines_currency_is_known"),
        ([("USD", "cash", 49, 49), ("USD", "shells", 1, 0)], "daily_close_lines_method_is_known"),
    ],
)
def test_close_that_leaves_something_open_is_refused(act: Act, lines: list[Any], rule: str) -> None:
    sell(act, (LAMP, 2))
    assert refused_rule(act, *lines) == rule


def test_day_that_has_not_come_is_not_closed(act: Act) -> None:
    assert refused_rule(act, day=TODAY + timedelta(days=2)) == "daily_closes_day_is_not_in_the_future"
    assert refused_rule(act, day=None) == "daily_closes_day_is_not_in_the_future"


def test_day_without_takings_can_be_closed(act: Act) -> None:
    assert close(act) == 1


def test_even_the_owner_cannot_change_a_close(store: OwnDatabase, act: Act) -> None:
    sell(act, (LAMP, 2))
    close(act, ("USD", "cash", 49, 49))
    with store.connect() as owner:
        for statement in (
            "UPDATE crpm.daily_closes SET closed_by = 'me'",
            "UPDATE crpm.daily_close_lines SET counted = 0",
            "UPDATE crpm.daily_close_totals SET sales_amount = 0",
        ):
            with pytest.raises(psycopg.errors.CheckViolation) as raised:
                owner.execute(statement)
            assert raised.value.diag.constraint_name == "ledger_is_append_only"


def test_demo_is_removed_with_its_closes_and_count_sheets(store: OwnDatabase, act: Act) -> None:
    sell(act, (LAMP, 2))
    close(act, ("USD", "cash", 49, 49))
    with store.connect() as owner:
        owner.execute("SELECT crpm.make_count_sheet(%s, 1)", [BOSTON])
        owner.execute("UPDATE crpm.settings SET is_demo = TRUE")
    with act("admin") as c:
        c.execute("SELECT crpm.remove_demo_data()")
    with store.connect() as owner:
        left = owner.execute(
            "SELECT (SELECT count(*) FROM crpm.daily_closes) + (SELECT count(*) FROM crpm.count_sheets)"
            " + (SELECT count(*) FROM crpm.stores)"
        ).fetchone()
    assert left == (0,)
