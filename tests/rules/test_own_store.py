"""Somebody who works for one store alone sees and sells there alone; store 1 has sold as well as store 2."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeAlias

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.trade import trade

Tied: TypeAlias = Callable[[int | None], AbstractContextManager[psycopg.Connection]]
OWN = 2
BOUND = (
    "stores",
    "orders",
    "order_lines",
    "payments",
    "returns",
    "stock_levels",
    "stock_movements",
    "count_sheets",
    "daily_closes",
)


@pytest.fixture(scope="module")
def own(shop_of_module: OwnDatabase) -> OwnDatabase:
    trade(shop_of_module)
    with shop_of_module.connect() as connection:
        connection.execute(
            """
            INSERT INTO crpm.payments (store_id, order_id, payment_number, method, amount)
            SELECT store_id, order_id, 9, 'cash', 1 FROM crpm.orders
            """
        )
        for store in (1, OWN):
            connection.execute("SELECT crpm.make_count_sheet(%s)", [store])
            connection.execute(
                "INSERT INTO crpm.daily_closes (store_id, business_day, version) VALUES (%s, '2020-01-01', 1)",
                [store],
            )
    return shop_of_module


@pytest.fixture(scope="module")
def tied(own: OwnDatabase) -> Iterator[Tied]:
    database = Database(own.app_url, max_size=2)
    yield lambda store_id: database.transaction(Actor("bert", "crpm_clerk", store_id=store_id))
    database.close()


def stores_seen(connection: psycopg.Connection, table: str) -> set[int]:
    return {row[0] for row in connection.execute(f"SELECT DISTINCT store_id FROM crpm.{table}")}


@pytest.mark.parametrize("table", BOUND)
def test_a_clerk_of_one_store_reads_its_rows_alone(tied: Tied, table: str) -> None:
    with tied(None) as c:
        everywhere = stores_seen(c, table)
    assert everywhere - {OWN}
    with tied(OWN) as c:
        assert stores_seen(c, table) == everywhere & {OWN}


def test_totals_are_those_of_ones_own_store(tied: Tied) -> None:
    total = "SELECT coalesce(sum(revenue), 0) FROM analytics.sales"
    with tied(None) as c:
        of_own = c.execute(f"{total} WHERE store_id = {OWN}").fetchone()
        of_all = c.execute(total).fetchone()
    with tied(OWN) as c:
        assert c.execute(total).fetchone() == of_own != of_all
        assert c.execute(
            "SELECT count(*) FROM crpm.count_sheet_lines AS l JOIN crpm.count_sheets AS s USING (count_sheet_id) WHERE s.store_id <> 2"
        ).fetchone() == (0,)


def test_segments_tell_who_works_for_one_store_nothing_of_the_others(tied: Tied) -> None:
    count = "SELECT count(*) FROM crpm.customer_segments"
    with tied(None) as c:
        c.execute("SELECT crpm.refresh_segments(interval '0')")
        assert c.execute(count).fetchone() > (0,)
    with tied(OWN) as c:
        assert c.execute(count).fetchone() == (0,)


@pytest.mark.parametrize(
    "call",
    [
        "record_purchase(1, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())",
        "quote_purchase(1, ARRAY[1], ARRAY[1]::numeric[])",
        "record_return(1, 1, 1, 1, 'x', TRUE, gen_random_uuid())",
        "cancel_order(1, 1, 'x')",
        "mark_delivered(1, 1, current_date)",
        "park_purchase(1, gen_random_uuid(), gen_random_uuid(), '{}')",
        "take_up_purchase(1, gen_random_uuid(), gen_random_uuid())",
        "discard_parked_purchase(1, gen_random_uuid(), gen_random_uuid())",
        "close_day(1, current_date, '{}', '{}', '{}', '{}')",
    ],
)
def test_nothing_is_done_at_another_store(tied: Tied, call: str) -> None:
    with (
        pytest.raises(psycopg.errors.CheckViolation, match=r"^You work for Boston alone\.") as refused,
        tied(OWN) as c,
    ):
        c.execute(f"SELECT * FROM crpm.{call}")
    assert refused.value.diag.constraint_name == "stores_are_ones_own"


def test_a_purchase_is_recorded_at_ones_own_store(tied: Tied) -> None:
    with tied(OWN) as c:
        c.execute("SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())")


def test_a_login_of_ones_own_is_tied_as_the_user_of_its_name(own: OwnDatabase, server: str) -> None:
    with own.connect() as c:
        name = f"bert{c.info.backend_pid}"
        c.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x' IN ROLE crpm_clerk").format(sql.Identifier(name))
        )
        c.execute(
            "INSERT INTO crpm.users (user_name, role_name, store_id) VALUES (%s, 'crpm_clerk', %s)",
            [name, OWN],
        )
        try:
            with psycopg.connect(make_conninfo(own.owner_url, user=name, password="x")) as login:
                login.execute("SET crpm.store_id = ''")  # counts for the app's login only
                assert stores_seen(login, "orders") == {OWN}
        finally:
            c.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_managers_and_administrators_are_tied_to_no_store(own: OwnDatabase) -> None:
    with (
        own.connect() as c,
        pytest.raises(psycopg.errors.CheckViolation, match="users_store_is_of_viewer_or_clerk"),
    ):
        c.execute(
            "INSERT INTO crpm.users (user_name, role_name, store_id) VALUES ('mona', 'crpm_manager', 1)"
        )


def test_who_sees_every_store_pays_nothing_for_it(own: OwnDatabase) -> None:
    database = Database(own.app_url, max_size=1)
    with database.transaction(Actor("mona", "crpm_manager")) as c:
        plan = "\n".join(
            row[0] for row in c.execute("EXPLAIN SELECT * FROM crpm.orders WHERE order_number = 'x'")
        )
    database.close()
    assert "acting_store" not in plan
    assert "InitPlan" not in plan
