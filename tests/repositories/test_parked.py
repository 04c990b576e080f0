from uuid import uuid4

import pytest
from psycopg import errors

from app.repositories.parked import ParkedRepository
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, LAMP, ZOE, buy

BASKET = {
    "lines": [
        {"product_id": LAMP, "quantity": "2"},
        {"product_id": KETTLE, "quantity": "1", "discount": "5"},
    ],
    "discount": "",
    "currency": "USD",
    "day": "",
}


def test_parked_purchases_are_listed_at_their_store_with_who_when_lines_and_note(act: Act) -> None:
    request, till = uuid4(), uuid4()
    with act("clerk") as c:
        parked = ParkedRepository(c)
        parked.park(
            store_id=BOSTON, request_id=request, till_id=till, basket=BASKET, customer_id=ZOE, note="red coat"
        )
        (row,) = parked.at_store(store_id=BOSTON, till_id=till)
        assert parked.at_store(store_id=HAMBURG, till_id=till) == []
        assert (row.request_id, row.note, row.customer, row.lines) == (request, "red coat", "Zoë Müller", 2)
        assert (row.parked_by, row.taken_by, row.is_taken_here) == ("test-clerk", None, False)
        now = c.execute("SELECT now() AT TIME ZONE 'UTC'").fetchone()
        assert now == (row.parked_at,)


def test_list_tells_who_has_taken_a_purchase_up_and_whether_here(act: Act) -> None:
    request, here, there = uuid4(), uuid4(), uuid4()
    with act("manager") as c:
        parked = ParkedRepository(c)
        parked.park(store_id=BOSTON, request_id=request, till_id=here, basket=BASKET)
        parked.take_up(store_id=BOSTON, request_id=request, till_id=here)
        found = [parked.at_store(store_id=BOSTON, till_id=till)[0] for till in (here, there)]
    assert [(row.taken_by, row.is_taken_here) for row in found] == [
        ("test-manager", True),
        ("test-manager", False),
    ]


def test_purchase_taken_up_brings_its_customer_and_the_names_of_its_products(
    shop: OwnDatabase, act: Act
) -> None:
    request, till = uuid4(), uuid4()
    with act("clerk") as c:
        ParkedRepository(c).park(
            store_id=BOSTON, request_id=request, till_id=till, basket=BASKET, customer_id=ZOE, note="n"
        )
    with shop.connect() as owner:
        owner.execute("DELETE FROM crpm.stock_movements WHERE product_id = %s", [LAMP])
        owner.execute("DELETE FROM crpm.stock_levels WHERE product_id = %s", [LAMP])
        owner.execute("DELETE FROM crpm.products WHERE product_id = %s", [LAMP])
    with act("clerk") as c:
        taken = ParkedRepository(c).take_up(store_id=BOSTON, request_id=request, till_id=till)
    assert (taken.request_id, taken.basket, taken.note) == (request, BASKET, "n")
    assert (taken.customer_id, taken.customer) == (ZOE, "Zoë Müller")
    assert taken.product_names == ["", "Kettle 1.7 l"]


def test_purchase_that_another_till_has_is_taken_over_on_purpose_only(act: Act) -> None:
    request, here, there = uuid4(), uuid4(), uuid4()
    with act("clerk") as c:
        parked = ParkedRepository(c)
        parked.park(store_id=BOSTON, request_id=request, till_id=there, basket=BASKET)
        parked.take_up(store_id=BOSTON, request_id=request, till_id=there)
    with pytest.raises(errors.CheckViolation, match="at another till"), act("clerk") as c:
        ParkedRepository(c).take_up(store_id=BOSTON, request_id=request, till_id=here)
    with act("clerk") as c:
        taken = ParkedRepository(c).take_up(
            store_id=BOSTON, request_id=request, till_id=here, is_taken_over=True
        )
        assert taken.basket == BASKET


def test_discarded_and_recorded_purchases_are_listed_no_more(act: Act) -> None:
    thrown_away, sold, till = uuid4(), uuid4(), uuid4()
    with act("clerk") as c:
        parked = ParkedRepository(c)
        for request in (thrown_away, sold):
            parked.park(store_id=BOSTON, request_id=request, till_id=till, basket=BASKET)
        parked.discard(store_id=BOSTON, request_id=thrown_away, till_id=till)
        assert [row.request_id for row in parked.at_store(store_id=BOSTON, till_id=till)] == [sold]
        buy(c, (LAMP, 2), p_request_id=sold)
        assert parked.at_store(store_id=BOSTON, till_id=till) == []
