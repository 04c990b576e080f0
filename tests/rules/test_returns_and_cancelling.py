from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, LAMP, buy, on_hand


def take_back(connection: psycopg.Connection, order: Any, quantity: int, **more: Any) -> Any:
    given = {
        "store": BOSTON,
        "order": order[0],
        "quantity": Decimal(quantity),
        "restock": True,
        "request": uuid4(),
        "to": None,
        "refund": None,
        **more,
    }
    return connection.execute(
        """
        SELECT * FROM crpm.record_return(
            %(store)s, %(order)s, 1, %(quantity)s, 'changed mind', %(restock)s, %(request)s,
            p_received_store_id => %(to)s, p_refund_method => %(refund)s
        )
        """,
        given,
    ).fetchone()


def test_refunds_of_a_line_add_up_to_what_was_charged(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 3), p_order_discount=Decimal("3.50"), p_payment_methods=["card"])
        refunds = [take_back(c, order, 1, refund="cash")[1] for _ in range(3)]
        assert sum(refunds) == order[2] == Decimal("70.00")
        assert refunds == [Decimal("23.33"), Decimal("23.34"), Decimal("23.33")]
        assert c.execute("SELECT sum(revenue), sum(units) FROM analytics.sales").fetchone() == (0, 0)
        assert c.execute("SELECT count(*), sum(amount) FROM crpm.payments").fetchone() == (4, 0)


def test_nothing_is_paid_back_for_an_order_that_was_not_paid(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 3))
    with pytest.raises(psycopg.errors.CheckViolation, match="without a refund") as raised, act("clerk") as c:
        take_back(c, order, 1, refund="cash")
    assert raised.value.diag.constraint_name == "payments_refund_is_of_what_was_paid"
    with act("clerk") as c:
        assert take_back(c, order, 1)[1] == Decimal("24.50")
        assert c.execute("SELECT count(*) FROM crpm.payments").fetchone() == (0,)


def test_imported_order_is_paid_back_though_its_payment_is_not_known(shop: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 1))
    with shop.connect() as owner:
        owner.execute("ALTER TABLE crpm.orders DISABLE TRIGGER USER")
        owner.execute("UPDATE crpm.orders SET source_system = 'old till'")
    with act("clerk") as c:
        assert take_back(c, order, 1, refund="cash")[1] == Decimal("24.50")
        assert c.execute("SELECT sum(amount) FROM crpm.payments").fetchone() == (Decimal("-24.50"),)


def test_no_more_comes_back_than_was_bought(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 3))
        take_back(c, order, 2)
    with (
        pytest.raises(
            psycopg.errors.CheckViolation, match="between 1 and 1 can be returned, not 2"
        ) as raised,
        act("clerk") as c,
    ):
        take_back(c, order, 2)
    assert raised.value.diag.constraint_name == "order_lines_returns_are_within_the_quantity"


def test_returned_pieces_are_restocked_where_they_were_received(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 3))
        take_back(c, order, 1, to=HAMBURG)
        take_back(c, order, 1, restock=False)
        assert (on_hand(c, BOSTON, LAMP), on_hand(c, HAMBURG, LAMP)) == (17, 21)


def test_the_same_return_sent_twice_is_recorded_once(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        order = buy(c, (LAMP, 3))
        assert take_back(c, order, 1, request=request) == take_back(c, order, 1, request=request)
        assert c.execute("SELECT count(*) FROM crpm.returns").fetchone() == (1,)


def test_cancelled_order_gives_everything_back_exactly_once(act: Act) -> None:
    with act("clerk") as c:
        order = buy(
            c, (LAMP, 3), (KETTLE, 1), p_payment_methods=["card"], p_payment_amounts=[Decimal("123.40")]
        )
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong customer')", [BOSTON, order[0]])
        assert (on_hand(c, BOSTON, LAMP), on_hand(c, BOSTON, KETTLE)) == (20, 20)
        assert c.execute("SELECT sum(amount) FROM crpm.payments").fetchone() == (0,)
        assert c.execute("SELECT count(*) FROM analytics.sales").fetchone() == (0,)
    with pytest.raises(psycopg.errors.CheckViolation) as raised, act("clerk") as c:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'again')", [BOSTON, order[0]])
    assert raised.value.diag.constraint_name == "orders_are_cancelled_once"


def test_order_is_cancelled_within_its_day_only(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute("UPDATE crpm.stores SET opening_count_on = current_date - 3")
    with act("clerk") as c:
        order = buy(c, (LAMP, 1), p_order_date=c.execute("SELECT current_date - 2").fetchone()[0])
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="Record a return instead") as raised,
        act("clerk") as c,
    ):
        c.execute("SELECT crpm.cancel_order(%s, %s, 'late')", [BOSTON, order[0]])
    assert raised.value.diag.constraint_name == "orders_are_cancelled_within_their_day"


def test_order_with_returns_is_not_cancelled(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 2))
        take_back(c, order, 1)
    with pytest.raises(psycopg.errors.CheckViolation) as raised, act("clerk") as c:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'oops')", [BOSTON, order[0]])
    assert raised.value.diag.constraint_name == "orders_with_returns_are_not_cancelled"
