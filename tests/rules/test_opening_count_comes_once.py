from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.conftest import OwnDatabase
from tests.rules.books import differences
from tests.rules.purchasing import BOSTON, PATH_LIGHT, on_hand

OPEN = "SELECT crpm.open_stock(%s, %s::bigint[], %s::numeric[])"


def open_stock(shop: OwnDatabase) -> None:
    with psycopg.connect(shop.app_url, autocommit=True) as c:
        c.execute("SET ROLE crpm_manager")
        c.execute(OPEN, [BOSTON, [PATH_LIGHT], [6]])


def test_second_of_two_opening_counts_at_once_is_refused(shop: OwnDatabase) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with shop.connect() as watcher, ThreadPoolExecutor(1) as pool:
        with psycopg.connect(shop.owner_url) as first:
            first.execute(OPEN, [BOSTON, [PATH_LIGHT], [6]])
            second = pool.submit(open_stock, shop)
            while not second.done() and watcher.execute(waiting).fetchone() is None:
                pass
        with pytest.raises(psycopg.errors.CheckViolation, match="already has stock movements") as raised:
            second.result()
        assert raised.value.diag.constraint_name == "stock_movements_opening_comes_first"
        assert on_hand(watcher, BOSTON, PATH_LIGHT) == 6
    assert differences(shop) == {}


def test_product_named_twice_in_an_opening_count_is_opened_once(shop: OwnDatabase) -> None:
    with shop.connect() as c:
        c.execute(OPEN, [BOSTON, [PATH_LIGHT, PATH_LIGHT], [6, 2]])
        assert on_hand(c, BOSTON, PATH_LIGHT) == 8
    assert differences(shop) == {}
