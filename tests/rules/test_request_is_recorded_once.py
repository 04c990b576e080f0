import threading
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, KETTLE, LAMP, buy, on_hand


def test_the_same_request_again_returns_the_same_order_and_takes_nothing(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        first = buy(c, (KETTLE, 2), p_request_id=request)
    with act("clerk") as c:
        again = buy(c, (KETTLE, 2), p_request_id=request)
        assert again[:4] == first[:4]
        assert (first[4], again[4]) == (False, True)
        assert on_hand(c, BOSTON, KETTLE) == 18


def test_the_same_request_with_other_content_is_refused(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        buy(c, (KETTLE, 2), p_request_id=request)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="with other content") as raised,
        act("clerk") as c,
    ):
        buy(c, (LAMP, 2), p_request_id=request)
    assert raised.value.diag.constraint_name == "orders_request_is_recorded_once"


def test_the_same_request_from_many_clients_at_once_is_recorded_once(shop: OwnDatabase) -> None:
    request = uuid4()
    orders: list[int] = []

    def client() -> None:
        with psycopg.connect(shop.owner_url, autocommit=True) as c:
            orders.append(buy(c, (KETTLE, 1), p_request_id=request)[0])

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()

    assert len(orders) == 8
    assert len(set(orders)) == 1
    with shop.connect() as c:
        assert on_hand(c, BOSTON, KETTLE) == 19
