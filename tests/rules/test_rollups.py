"""What figures read, rollups and the orders that have changed since, is what the orders say: after anything, at any moment."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.upkeep import Upkeep
from db.pool import Actor, Database
from loader.loading import load
from loader.undoing import undo
from tests.conftest import OwnDatabase
from tests.loader.conftest import SMALL_FILES
from tests.random_trade import fold_all, trade_at_random
from tests.rules.books import MANAGER, differences
from tests.rules.fighting import Fight, stock_hot_products
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, ONLINE, SINA, ZOE, buy
from tests.rules.rolled_up import COMPARED, FOLD, PERIODS, differences_of_figures, differing
from tests.trade import TODAY


def assert_exact(shop: OwnDatabase) -> None:
    with shop.connect() as owner:
        assert differences_of_figures(owner) == {}
    assert {check for check in differences(shop) if check.startswith("rolled_up")} == set()


@pytest.fixture
def traded(shop: OwnDatabase) -> OwnDatabase:
    """A shop whose sales are rolled up, all of them."""
    trade_at_random(shop, orders=30)
    fold_all(shop)
    return shop


@pytest.fixture
def manager(traded: OwnDatabase) -> Iterator[Database]:
    database = Database(traded.app_url, max_size=2)
    yield database
    database.close()


def test_nothing_is_left_to_fold_and_rollups_are_what_is_read(traded: OwnDatabase) -> None:
    with traded.connect() as owner:
        assert owner.execute("SELECT count(*) FROM crpm.changed_days").fetchone() == (0,)
        assert owner.execute(FOLD).fetchone() == (None,)
        owner.execute("UPDATE crpm.sales_by_day SET revenue = revenue + 1")
        assert differing(owner, "sales_of_days", *PERIODS[0])


def test_sales_returns_and_cancelling_are_in_the_next_read(traded: OwnDatabase, manager: Database) -> None:
    with manager.transaction(MANAGER) as c:
        first = buy(c, (KETTLE, 2), (LAMP, 1), store=ONLINE, p_customer_id=ZOE)
        buy(c, (KNIFE, 1), store=BOSTON, p_order_date=TODAY - timedelta(days=40))
    assert_exact(traded)
    fold_all(traded)
    with manager.transaction(MANAGER) as c:
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1::numeric, 'too loud', TRUE, %s::uuid)",
            [ONLINE, first[0], uuid4()],
        )
        wrong = buy(c, (KNIFE, 3), store=HAMBURG)
    assert_exact(traded)
    fold_all(traded)
    with manager.transaction(MANAGER) as c:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [HAMBURG, wrong[0]])
    assert_exact(traded)
    fold_all(traded)
    assert_exact(traded)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE crpm.customers SET country_code = 'FR'",
        f"SELECT crpm.merge_customers({SINA}, {JOHN})",
        f"UPDATE crpm.stores SET country_code = 'FR' WHERE store_id = {HAMBURG}",
        "UPDATE crpm.products SET brand = 'Another' WHERE product_id = 1",
        "UPDATE crpm.products SET subcategory_id = (SELECT max(subcategory_id) FROM crpm.subcategories)",
        "UPDATE crpm.subcategories SET category_id = (SELECT max(category_id) FROM crpm.categories)",
    ],
)
def test_what_is_looked_up_may_change(traded: OwnDatabase, change: str) -> None:
    with traded.connect() as owner:
        owner.execute(change)
    assert_exact(traded)
    fold_all(traded)
    assert_exact(traded)


def test_loads_and_what_is_taken_back_of_them_are_in_the_next_read(
    traded: OwnDatabase, tmp_path: Path
) -> None:
    for name, text in SMALL_FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    loaded = load(traded.owner_url, tmp_path, actor=MANAGER)
    assert_exact(traded)
    fold_all(traded)
    assert_exact(traded)
    undo(traded.owner_url, loaded.load_id, actor=Actor("test", "crpm_admin"))
    assert_exact(traded)
    fold_all(traded)
    assert_exact(traded)


def test_nothing_is_folded_while_something_looked_up_is_being_changed(traded: OwnDatabase) -> None:
    with traded.connect() as editing, traded.connect() as folding:
        folding.execute("INSERT INTO crpm.changed_days VALUES (current_date)")
        with editing.transaction():
            editing.execute("UPDATE crpm.customers SET country_code = 'FR'")
            assert folding.execute(FOLD).fetchone() == (None,)
        assert folding.execute(FOLD).fetchone() != (None,)
    fold_all(traded)
    assert_exact(traded)


def test_one_who_works_for_a_store_reads_its_sales_alone(traded: OwnDatabase, manager: Database) -> None:
    revenues = "SELECT sum(s.revenue), sum(s.units) FROM analytics.{}(%s, %s, %s, NULL, NULL, NULL) AS s"
    for function in ("sales_of_days", "sales_of_products", "sales_of_customers"):
        with manager.transaction(MANAGER) as c:
            own = c.execute(revenues.format(function), [*PERIODS[0], BOSTON]).fetchone()
            everything = c.execute(revenues.format(function), [*PERIODS[0], None]).fetchone()
        with manager.transaction(Actor("bert", "crpm_clerk", store_id=BOSTON)) as c:
            seen = c.execute(revenues.format(function), [*PERIODS[0], None]).fetchone()
        assert seen == own != everything


def test_figures_are_exact_at_every_moment_while_tills_record_and_sales_are_folded(shop: OwnDatabase) -> None:
    trade_at_random(shop, orders=12)
    stock_hot_products(shop)
    fight = Fight(shop)
    over = threading.Event()
    read_wrong: list[int] = []

    def fold() -> None:
        upkeep = Upkeep(Database(shop.app_url, max_size=1))
        while not over.is_set():
            upkeep.fold()
        upkeep.database.close()

    def read() -> None:
        with shop.connect() as owner:
            for function in itertools.cycle(COMPARED):
                read_wrong.append(differing(owner, function, *PERIODS[0]))
                if over.is_set() and len(read_wrong) >= len(COMPARED):
                    return

    threads = [threading.Thread(target=fold), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        fight.run()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert set(read_wrong) == {0}
    fold_all(shop)
    assert_exact(shop)


def test_rolling_up_that_reaches_no_database_says_so(
    shop: OwnDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(shop.app_url, max_size=1)
    database.close()
    Upkeep(database).fold()
    assert "sales are not rolled up" in caplog.text
