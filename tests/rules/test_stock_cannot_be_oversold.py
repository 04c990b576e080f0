import threading
from decimal import Decimal

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    KETTLE,
    KNIFE,
    LAMP,
    PATH_LIGHT,
    buy,
    ledger_differences,
    on_hand,
)


def test_purchase_cannot_take_more_than_is_on_hand_and_leaves_nothing(act: Act) -> None:
    with (
        pytest.raises(
            psycopg.errors.CheckViolation, match=r"Kettle 1.7 l \(KET-1\): 20 on hand, 21 asked"
        ) as raised,
        act("clerk") as c,
    ):
        buy(c, (KNIFE, 1), (KETTLE, 21))
    assert raised.value.diag.constraint_name == "stock_levels_on_hand_is_not_negative"
    with act("clerk") as c:
        assert c.execute("SELECT count(*) FROM crpm.orders").fetchone() == (0,)
        assert on_hand(c, BOSTON, KNIFE) == 20


def test_product_without_a_stock_row_counts_as_none_on_hand(act: Act) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="0 on hand, 1 asked"), act("clerk") as c:
        buy(c, (PATH_LIGHT, 1))


def test_purchase_takes_its_stock_and_leaves_one_ledger_row_a_line(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 3), (LAMP, 2))
        assert (on_hand(c, BOSTON, KETTLE), on_hand(c, BOSTON, LAMP)) == (17, 18)
        ledger = c.execute(
            "SELECT product_id, movement_type, quantity, recorded_by, channel FROM crpm.stock_movements WHERE order_id = %s ORDER BY 1",
            [order[0]],
        ).fetchall()
    assert ledger == [(KETTLE, "sale", -3, "test-clerk", "app"), (LAMP, "sale", -2, "test-clerk", "app")]


def test_the_same_product_twice_becomes_one_line(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 1), (LAMP, 1), (KETTLE, 2))
        lines = c.execute(
            "SELECT line_number, product_id, quantity FROM crpm.order_lines WHERE order_id = %s ORDER BY 1",
            [order[0]],
        ).fetchall()
    assert lines == [(1, KETTLE, 3), (2, LAMP, 1)]


def test_stock_cannot_leave_a_store_that_does_not_have_it(act: Act) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="20 on hand, 25 asked"), act() as c:
        c.execute("SELECT crpm.transfer_stock(%s, %s, ARRAY[1], ARRAY[25]::numeric[])", [HAMBURG, BOSTON])


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "1000001"])
def test_quantity_is_a_positive_whole_number(act: Act, quantity: str) -> None:
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="must be a whole number") as raised,
        act("clerk") as c,
    ):
        buy(c, (KETTLE, Decimal(quantity)))
    assert raised.value.diag.constraint_name == "order_lines_quantity_is_positive"


def test_clients_who_fight_for_the_last_pieces_sell_exactly_those(shop: OwnDatabase) -> None:
    sold: list[int] = []
    unexpected: list[Exception] = []

    def client(number: int) -> None:
        with psycopg.connect(shop.owner_url, autocommit=True) as c:
            for attempt in range(15):
                products = [(KETTLE, 1), (KNIFE, 1), (LAMP, 1)]
                turn = (number + attempt) % 3
                try:
                    buy(c, *products[turn:], *products[:turn])
                except psycopg.errors.CheckViolation:
                    continue
                except psycopg.Error as error:
                    unexpected.append(error)
                    return
                sold.append(number)

    clients = [threading.Thread(target=client, args=[number]) for number in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()

    assert unexpected == []
    assert len(sold) == 20
    with shop.connect() as c:
        assert [on_hand(c, BOSTON, product) for product in (KETTLE, KNIFE, LAMP)] == [0, 0, 0]
        assert ledger_differences(c) == []
