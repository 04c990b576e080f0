from decimal import Decimal

import psycopg
import pytest

from app.errors import RuleError, StockError, from_database
from app.repositories.stock import StockRepository
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    KETTLE,
    ONLINE,
    PATH_LIGHT,
    buy,
    ledger_differences,
    on_hand,
)


def test_receipt_count_and_transfer_move_level_and_ledger_alike(shop: OwnDatabase, act: Act) -> None:
    with act("manager") as c:
        stock = StockRepository(c)
        stock.receive(store_id=BOSTON, pieces={KETTLE: Decimal(10)}, document="DN 77")
        assert stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(27), reason="broken") == -3
        assert stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(27), reason="again") == 0
        stock.transfer(from_store_id=BOSTON, to_store_id=HAMBURG, pieces={KETTLE: Decimal(7)}, document="T 1")
        rows = stock.ledger(product_id=KETTLE, store_id=BOSTON, limit=10, offset=0)
        assert stock.count_ledger(product_id=KETTLE, store_id=BOSTON) == 4
        assert stock.count_ledger(product_id=KETTLE) == 7
        assert stock.total(product_id=KETTLE).on_hand == 67
    assert [
        (row.movement_type, row.quantity, row.balance, row.document, row.reason, row.recorded_by)
        for row in rows[:3]
    ] == [
        ("transfer", -7, 20, "T 1", "to Hamburg", "test-manager"),
        ("adjustment", -3, 27, None, "broken", "test-manager"),
        ("receipt", 10, 30, "DN 77", None, "test-manager"),
    ]
    with shop.connect() as owner:
        assert (on_hand(owner, BOSTON, KETTLE), on_hand(owner, HAMBURG, KETTLE)) == (20, 27)
        assert ledger_differences(owner) == []


def test_ledger_of_all_stores_keeps_a_balance_for_each(act: Act) -> None:
    with act("manager") as c:
        stock = StockRepository(c)
        order = buy(c, (KETTLE, 2), store=BOSTON)
        stock.receive(store_id=HAMBURG, pieces={KETTLE: Decimal(1)})
        rows = stock.ledger(product_id=KETTLE, limit=3, offset=0)
        rest = stock.ledger(product_id=KETTLE, limit=3, offset=3)
    assert [(row.store, row.movement_type, row.balance) for row in rows + rest] == [
        ("Hamburg", "receipt", 21),
        ("Boston", "sale", 18),
        ("Online", "opening", 20),
        ("Boston", "opening", 20),
        ("Hamburg", "opening", 20),
    ]
    assert (rows[1].order_number, rows[1].order_key) == (order[1], f"{BOSTON}-{order[0]}")
    assert (rows[0].order_number, rows[0].order_key) == (None, None)


def test_levels_put_first_where_it_is_time_to_reorder(act: Act) -> None:
    with act("manager") as c:
        stock = StockRepository(c)
        stock.adjust(store_id=ONLINE, product_id=KETTLE, counted=Decimal(5), reason="counted")
        levels = stock.levels(product_id=KETTLE, limit=2, offset=0)
        assert len(stock.levels(product_id=KETTLE, limit=2, offset=2)) == 1
        total = stock.total(product_id=KETTLE)
    assert [(row.store, row.on_hand, row.needs_reorder, row.stores) for row in levels] == [
        ("Online", 5, True, 3),
        ("Boston", 20, False, 3),
    ]
    assert (total.on_hand, total.stores, total.stores_to_reorder) == (45, 3, 1)


def test_opening_count_comes_once_and_first(act: Act) -> None:
    with act("manager") as c:
        stock = StockRepository(c)
        stock.open(store_id=BOSTON, product_id=PATH_LIGHT, quantity=Decimal(6))
        assert [row.movement_type for row in stock.ledger(product_id=PATH_LIGHT, limit=1, offset=0)] == [
            "opening"
        ]
        with pytest.raises(psycopg.IntegrityError) as refused:
            stock.open(store_id=BOSTON, product_id=PATH_LIGHT, quantity=Decimal(6))
    assert "already has stock movements at Boston" in str(from_database(refused.value))


def test_transfer_of_more_than_is_on_hand_names_product_and_figures(act: Act) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        StockRepository(c).transfer(from_store_id=BOSTON, to_store_id=HAMBURG, pieces={KETTLE: Decimal(21)})
    known = from_database(refused.value)
    assert isinstance(known, StockError)
    assert str(known) == "Not enough stock of Kettle 1.7 l (KET-1): 20 on hand, 21 asked."


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda stock: stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(1), reason=" "),
            "Say why the stock is adjusted.",
        ),
        (
            lambda stock: stock.receive(store_id=BOSTON, pieces={KETTLE: Decimal(0)}),
            "The quantity of Kettle 1.7 l (KET-1) must be a whole number from 1 to 1,000,000,000, not 0.",
        ),
        (
            lambda stock: stock.transfer(
                from_store_id=BOSTON, to_store_id=BOSTON, pieces={KETTLE: Decimal(1)}
            ),
            "Choose another store to transfer to.",
        ),
        (
            lambda stock: stock.receive(store_id=99, pieces={KETTLE: Decimal(1)}),
            "There is no store 99.",
        ),
    ],
)
def test_what_cannot_be_booked_is_explained(act: Act, attempt: object, message: str) -> None:
    assert callable(attempt)
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        attempt(StockRepository(c))
    known = from_database(refused.value)
    assert isinstance(known, RuleError)
    assert str(known) == message


@pytest.mark.parametrize(
    "attempt",
    [
        lambda stock: stock.open(store_id=BOSTON, product_id=PATH_LIGHT, quantity=Decimal(1)),
        lambda stock: stock.receive(store_id=BOSTON, pieces={KETTLE: Decimal(1)}),
        lambda stock: stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(1), reason="x"),
        lambda stock: stock.transfer(from_store_id=BOSTON, to_store_id=HAMBURG, pieces={KETTLE: Decimal(1)}),
    ],
)
def test_clerk_reads_the_ledger_and_moves_nothing(act_of_module: Act, attempt: object) -> None:
    assert callable(attempt)
    with act_of_module("clerk") as c:
        assert StockRepository(c).count_ledger(product_id=KETTLE) == 3
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act_of_module("clerk") as c:
        attempt(StockRepository(c))
