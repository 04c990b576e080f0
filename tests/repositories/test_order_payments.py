from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from app.repositories.orders import OrdersRepository, Payment, PurchaseLine
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP

SCRATCHED = PurchaseLine(KNIFE, Decimal(2), Decimal(5), unit_price=Decimal("70.50"), price_reason="scratched")


def test_purchase_paid_by_several_methods_keeps_each_sum(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        order = orders.record(
            store_id=BOSTON,
            lines=[PurchaseLine(KETTLE, Decimal(1))],
            request_id=uuid4(),
            payments=[Payment("cash", Decimal(20)), Payment("card", Decimal("29.90"))],
        )
        events = orders.events(store_id=BOSTON, order_id=order.order_id)
    paid = [(event.detail, event.amount) for event in events if event.kind == "payment"]
    assert sorted(paid) == [("card", Decimal("29.90")), ("cash", Decimal(20))]


def test_same_split_again_returns_the_same_order_and_another_split_is_refused(act: Act) -> None:
    request = uuid4()

    def record(cash: str, card: str) -> int:
        with act("clerk") as c:
            return (
                OrdersRepository(c)
                .record(
                    store_id=BOSTON,
                    lines=[PurchaseLine(KETTLE, Decimal(1))],
                    request_id=request,
                    payments=[Payment("cash", Decimal(cash)), Payment("card", Decimal(card))],
                )
                .order_id
            )

    assert record("20", "29.90") == record("20", "29.90")
    with pytest.raises(psycopg.errors.CheckViolation, match="with other content"):
        record("30", "19.90")


def test_cancelling_reverses_each_payment_of_a_split(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        order = orders.record(
            store_id=BOSTON,
            lines=[PurchaseLine(KETTLE, Decimal(1))],
            request_id=uuid4(),
            payments=[Payment("cash", Decimal(20)), Payment("card", Decimal("29.90"))],
        )
        orders.cancel(store_id=BOSTON, order_id=order.order_id, reason="changed their mind")
        left = c.execute(
            "SELECT method, sum(amount) FROM crpm.payments WHERE order_id = %s GROUP BY method ORDER BY method",
            [order.order_id],
        ).fetchall()
    assert left == [("card", Decimal(0)), ("cash", Decimal(0))]


def test_manager_sets_another_price_which_is_quoted_beside_the_list_price_and_recorded(act: Act) -> None:
    lines = [PurchaseLine(LAMP, Decimal(1)), SCRATCHED]
    with act("manager") as c:
        orders = OrdersRepository(c)
        lamp, knife = orders.quote(store_id=BOSTON, lines=lines)
        order = orders.record(store_id=BOSTON, lines=lines, request_id=uuid4(), payment_method="cash")
        recorded = [
            (row.unit_price, row.price_override_reason, row.line_amount)
            for row in orders.lines(store_id=BOSTON, order_id=order.order_id)
        ]
    assert (lamp.list_price, lamp.unit_price) == (Decimal("24.50"), Decimal("24.50"))
    assert (knife.list_price, knife.unit_price, knife.line_amount) == (
        Decimal("89.00"),
        Decimal("70.50"),
        Decimal("136.00"),
    )
    assert recorded == [
        (Decimal("24.50"), None, Decimal("24.50")),
        (Decimal("70.50"), "scratched", Decimal("136.00")),
    ]
    assert order.total_amount == lamp.line_amount + knife.line_amount


def test_another_price_is_in_the_currency_of_the_order(act: Act) -> None:
    with act("manager") as c:
        (knife,) = OrdersRepository(c).quote(store_id=HAMBURG, lines=[SCRATCHED])
        order = OrdersRepository(c).record(store_id=HAMBURG, lines=[SCRATCHED], request_id=uuid4())
        base = c.execute(
            "SELECT base_amount FROM crpm.orders WHERE order_id = %s", [order.order_id]
        ).fetchone()
    assert (knife.list_price, knife.unit_price, knife.currency_code) == (
        Decimal("80.10"),
        Decimal("70.50"),
        "EUR",
    )
    assert base == (Decimal("151.11"),)


def test_product_without_a_list_price_is_sold_at_the_price_a_manager_sets(
    shop: OwnDatabase, act: Act
) -> None:
    with shop.connect() as owner:
        owner.execute("DELETE FROM crpm.product_prices WHERE product_id = %s", [KNIFE])
    with act("manager") as c:
        (knife,) = OrdersRepository(c).quote(store_id=BOSTON, lines=[SCRATCHED])
    assert (knife.list_price, knife.unit_price) == (None, Decimal("70.50"))


def test_clerk_is_neither_quoted_nor_sold_another_price(act: Act) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="Only a manager"), act("clerk") as c:
        OrdersRepository(c).quote(store_id=BOSTON, lines=[SCRATCHED])
    with pytest.raises(psycopg.errors.CheckViolation, match="Only a manager"), act("clerk") as c:
        OrdersRepository(c).record(store_id=BOSTON, lines=[SCRATCHED], request_id=uuid4())
