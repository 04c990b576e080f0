import threading
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, ZOE, buy

BASKET = {"lines": [{"product_id": KETTLE, "quantity": "2"}], "discount": "", "currency": "", "day": ""}
MALFORMED = [
    [],
    "basket",
    {},
    {"lines": {}},
    {"lines": [1]},
    {"lines": [{"quantity": "1"}]},
    {"lines": [{"product_id": "1", "quantity": "1"}]},
    {"lines": [{"product_id": 1.5, "quantity": "1"}]},
    {"lines": [{"product_id": -1, "quantity": "1"}]},
    {"lines": [{"product_id": 1}]},
    {"lines": [{"product_id": 1, "quantity": 1}]},
    {"lines": [{"product_id": 1, "quantity": "1", "cost": "1"}]},
    {"lines": [{"product_id": 1, "quantity": "1" * 21}]},
    {"lines": [{"product_id": 1, "quantity": "1", "reason": "x" * 201}]},
    {**BASKET, "discount": 1},
    {**BASKET, "day": "x" * 21},
    {**BASKET, "card_number": "4111"},
]


def park(c: psycopg.Connection, request: UUID, till: UUID, basket: Any = BASKET, **more: Any) -> None:
    given = {"store": BOSTON, "customer": None, "note": "", **more}
    c.execute(
        "SELECT crpm.park_purchase(%(store)s, %(request)s, %(till)s, %(basket)s, %(customer)s, %(note)s)",
        {"request": request, "till": till, "basket": Jsonb(basket), **given},
    )


def take_up(c: psycopg.Connection, request: UUID, till: UUID, *, is_taken_over: bool = False) -> Any:
    return c.execute(
        "SELECT basket, taken_by FROM crpm.take_up_purchase(%s, %s, %s, %s)",
        [BOSTON, request, till, is_taken_over],
    ).fetchone()


def discard(c: psycopg.Connection, request: UUID, till: UUID) -> None:
    c.execute("SELECT crpm.discard_parked_purchase(%s, %s, %s)", [BOSTON, request, till])


def parked(c: psycopg.Connection) -> int:
    row = c.execute("SELECT count(*) FROM crpm.parked_purchases").fetchone()
    assert row
    return int(row[0])


def rule(error: pytest.ExceptionInfo[psycopg.errors.CheckViolation]) -> str | None:
    return error.value.diag.constraint_name


def test_parked_purchase_is_taken_up_by_another_clerk_and_stays_until_it_is_recorded(act: Act) -> None:
    request, first, second = uuid4(), uuid4(), uuid4()
    with act("clerk") as c:
        park(c, request, first, customer=ZOE, note=" red coat ")
        assert c.execute(
            "SELECT note, customer_id, parked_by, till_id FROM crpm.parked_purchases"
        ).fetchone() == ("red coat", ZOE, "test-clerk", None)
    with act("manager") as c:
        assert take_up(c, request, second) == (BASKET, "test-manager")
        assert parked(c) == 1
        buy(c, (KETTLE, 2), p_request_id=request)
        assert parked(c) == 0


def test_till_that_lost_the_answer_is_given_the_same_again(act: Act) -> None:
    request, till = uuid4(), uuid4()
    with act("clerk") as c:
        park(c, request, uuid4())
        assert take_up(c, request, till) == take_up(c, request, till) == (BASKET, "test-clerk")


def test_two_tills_cannot_both_take_it(act: Act) -> None:
    request, till = uuid4(), uuid4()
    with act("clerk") as c:
        park(c, request, uuid4())
        take_up(c, request, till)
    with (
        pytest.raises(
            psycopg.errors.CheckViolation, match="test-clerk has taken this purchase up"
        ) as refused,
        act("clerk") as c,
    ):
        take_up(c, request, uuid4())
    assert rule(refused) == "parked_purchases_are_taken_once"


def test_of_many_tills_at_once_one_takes_it(shop: OwnDatabase) -> None:
    request = uuid4()
    with shop.connect() as c:
        park(c, request, uuid4())
    taken: list[Any] = []
    refused: list[str | None] = []

    def till() -> None:
        with psycopg.connect(shop.owner_url, autocommit=True) as c:
            try:
                taken.append(take_up(c, request, uuid4()))
            except psycopg.errors.CheckViolation as error:
                refused.append(error.diag.constraint_name)

    tills = [threading.Thread(target=till) for _ in range(8)]
    for thread in tills:
        thread.start()
    for thread in tills:
        thread.join()
    assert len(taken) == 1
    assert refused == ["parked_purchases_are_taken_once"] * 7


def test_purchase_of_a_broken_till_is_taken_over_and_still_recorded_once(act: Act) -> None:
    request, broken, other = uuid4(), uuid4(), uuid4()
    with act("clerk") as c:
        park(c, request, broken)
        take_up(c, request, broken)
        take_up(c, request, other, is_taken_over=True)
        first = buy(c, (KETTLE, 2), p_request_id=request)
        assert buy(c, (KETTLE, 2), p_request_id=request)[:2] == first[:2]
    with pytest.raises(psycopg.errors.CheckViolation, match="not parked any more") as gone, act("clerk") as c:
        take_up(c, request, broken)
    assert rule(gone) == "parked_purchases_are_there"


def test_parking_again_replaces_it_unless_another_till_has_it(act: Act) -> None:
    request, first, second = uuid4(), uuid4(), uuid4()
    more = {"lines": [{"product_id": KETTLE, "quantity": "3"}]}
    with act("clerk") as c:
        park(c, request, first)
        park(c, request, first)
        take_up(c, request, second)
        park(c, request, second, more)
        assert take_up(c, request, second)[0] == more
    with pytest.raises(psycopg.errors.CheckViolation) as refused, act("clerk") as c:
        park(c, request, first)
    assert rule(refused) == "parked_purchases_are_taken_once"


def test_recorded_purchase_is_not_parked(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        buy(c, (KETTLE, 1), p_request_id=request)
    with pytest.raises(psycopg.errors.CheckViolation, match="recorded as order S2-") as refused, act() as c:
        park(c, request, uuid4())
    assert rule(refused) == "parked_purchases_are_not_recorded"


def test_discarding_takes_it_away_once_and_never_from_another_till(act: Act) -> None:
    request, till = uuid4(), uuid4()
    with act("clerk") as c:
        park(c, request, till)
        take_up(c, request, till)
    with pytest.raises(psycopg.errors.CheckViolation) as refused, act("clerk") as c:
        discard(c, request, uuid4())
    assert rule(refused) == "parked_purchases_are_taken_once"
    with act("clerk") as c:
        discard(c, request, till)
        assert parked(c) == 0
        discard(c, request, till)


@pytest.mark.parametrize("basket", MALFORMED)
def test_basket_of_another_shape_is_refused(act_of_module: Act, basket: Any) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused, act_of_module("clerk") as c:
        park(c, uuid4(), uuid4(), basket)
    assert rule(refused) == "parked_purchases_basket_is_well_formed"


@pytest.mark.parametrize("lines", [0, 501])
def test_empty_or_endless_basket_is_refused(act_of_module: Act, lines: int) -> None:
    basket = {"lines": [{"product_id": KETTLE, "quantity": "1"}] * lines}
    with pytest.raises(psycopg.errors.CheckViolation) as refused, act_of_module("clerk") as c:
        park(c, uuid4(), uuid4(), basket)
    assert rule(refused) == "parked_purchases_lines_are_few"


def test_note_too_long_unknown_store_and_unknown_customer_are_refused(act_of_module: Act) -> None:
    expected = {
        "parked_purchases_note_is_not_too_long": {"note": "x" * 101},
        "orders_store_is_known": {"store": 99},
        "parked_purchases_customer_id_fkey": {"customer": 99},
    }
    for name, more in expected.items():
        with pytest.raises(psycopg.errors.IntegrityError) as refused, act_of_module("clerk") as c:
            park(c, uuid4(), uuid4(), **more)
        assert refused.value.diag.constraint_name == name


def test_parked_purchase_outlives_its_customer_record(act: Act) -> None:
    with act("clerk") as c:
        park(c, uuid4(), uuid4(), customer=JOHN, store=HAMBURG)
    with act("manager") as c:
        c.execute("DELETE FROM crpm.customers WHERE customer_id = %s", [JOHN])
        assert c.execute("SELECT customer_id FROM crpm.parked_purchases").fetchone() == (None,)


def test_parked_purchases_go_with_the_demo(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.settings SET is_demo = TRUE")
    with act("clerk") as c:
        park(c, uuid4(), uuid4(), customer=ZOE)
    with act("admin") as c:
        c.execute("SELECT crpm.remove_demo_data()")
        assert parked(c) == 0
