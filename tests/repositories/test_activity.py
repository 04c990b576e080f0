"""Who did what: one list of changes, orders, stock, loads and bulk reads."""

import re
from datetime import timedelta

import psycopg
import pytest

from app.repositories.activity import ActivityFilter, ActivityRepository, Pruned
from app.repositories.console import ConsoleRepository
from app.upkeep import Upkeep
from db.pool import Database
from db.sqlfiles import query
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, JOHN, KETTLE, ZOE, buy
from tests.trade import TODAY


def entries(connection: psycopg.Connection, **wanted: object) -> list[tuple[str, str, str]]:
    found = ActivityRepository(connection).search(wanted=ActivityFilter(**wanted), limit=100)
    assert ActivityRepository(connection).count(wanted=ActivityFilter(**wanted)) == len(found)
    return [(entry.record_type, entry.record_key, entry.action) for entry in found]


def test_every_kind_of_deed_is_in_one_list_the_latest_first(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 2), store=BOSTON, p_customer_id=JOHN)[0]
    with act("clerk") as c:
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1::numeric, 'broken', TRUE, gen_random_uuid())",
            [BOSTON, order],
        )
    with act("manager") as c:
        c.execute("SELECT crpm.receive_stock(%s, ARRAY[%s], ARRAY[5]::numeric[])", [BOSTON, KETTLE])
    with act("manager") as c:
        c.execute("UPDATE crpm.products SET name = 'Kettle' WHERE product_id = %s", [KETTLE])
    with act("manager") as c:
        c.execute(
            "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (%s, 'USD', 55)",
            [KETTLE],
        )
    with act("manager") as c:
        c.execute("SELECT crpm.merge_customers(%s, %s)", [ZOE, JOHN])
    with act("admin") as c:
        c.execute("UPDATE crpm.settings SET company_name = 'Another'")
    with act("manager") as c:
        found = entries(c)
        assert [what for what, _, _ in found[:9]] == [
            "settings", *["customers"] * 3, "product_prices", "products", "stock", *["orders"] * 2
        ]  # fmt: skip
        assert entries(c, record_type="orders") == [
            ("orders", f"{BOSTON}-{order}", "return"),
            ("orders", f"{BOSTON}-{order}", "record"),
        ]
        assert entries(c, acted_by="test-clerk", record_key=f"{BOSTON}-{order}") == entries(
            c, record_type="orders"
        )
        assert not set(entries(c, channel="sql")) & set(found[:9])
        assert entries(c, to_on=TODAY - timedelta(days=2)) == []
        assert entries(c, from_on=TODAY - timedelta(days=2)) == found


def test_bulk_reads_and_what_the_console_answers_are_in_the_list(act: Act) -> None:
    with act("viewer") as c:
        ActivityRepository(c).note_bulk_read("orders", {"store": "2", "text": None}, row_count=7)
    with act("manager") as c:
        run = ConsoleRepository(c).add_run(statement="SELECT 1")
        ConsoleRepository(c).end_run(run_id=run, outcome="answered", seconds=1, row_count=1)
        refused = ConsoleRepository(c).add_run(statement="SELECT nothing")
        ConsoleRepository(c).end_run(run_id=refused, outcome="refused", seconds=1, row_count=None)
        console, orders = ActivityRepository(c).search(wanted=ActivityFilter(record_type="reads"), limit=9)
    assert (console.record_key, console.acted_by, console.new_values) == (
        "console",
        "test-manager",
        {"statement": "SELECT 1", "rows": 1},
    )
    assert (orders.record_key, orders.acted_by, orders.new_values) == (
        "orders",
        "test-viewer",
        {"store": "2", "rows": 7},
    )


@pytest.mark.parametrize("table", ["audit_log", "bulk_reads"])
def test_records_of_what_was_done_are_only_ever_added(act: Act, shop: OwnDatabase, table: str) -> None:
    with act("admin") as c:
        c.execute("UPDATE crpm.products SET name = 'Kettle' WHERE product_id = 1")
        ActivityRepository(c).note_bulk_read("orders", {}, row_count=0)
    for statement in (
        f"DELETE FROM crpm.{table}",
        f"TRUNCATE crpm.{table}",
        f"UPDATE crpm.{table} SET channel = 'x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), act("admin") as c:
            c.execute(statement)
    with shop.connect() as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(f"UPDATE crpm.{table} SET channel = 'x'")


def test_a_deleted_customer_leaves_no_person_in_the_log(act: Act) -> None:
    with act("manager") as c:
        (number,) = c.execute(
            "INSERT INTO crpm.customers (name, city, notes) VALUES ('Ada Deleted', 'Kiel', 'n') RETURNING customer_id"
        ).fetchone()
        c.execute("UPDATE crpm.customers SET city = 'Ulm' WHERE customer_id = %s", [number])
        c.execute("DELETE FROM crpm.customers WHERE customer_id = %s", [number])
        found = ActivityRepository(c).search(
            wanted=ActivityFilter(record_type="customers", record_key=str(number)), limit=9
        )
    assert [entry.action for entry in found] == ["delete", "update", "insert"]
    assert not any(word in str(found) for word in ("Ada", "Kiel", "Ulm"))


def test_records_older_than_they_are_kept_are_pruned_and_no_others(act: Act, shop: OwnDatabase) -> None:
    with act("admin") as c:
        c.execute("UPDATE crpm.products SET name = 'Kettle' WHERE product_id = 1")
        ActivityRepository(c).note_bulk_read("orders", {}, row_count=0)
        assert c.execute("SELECT * FROM crpm.prune_records()").fetchone() == (0, 0)
    with shop.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "INSERT INTO crpm.audit_log (table_name, row_key, action, changed_at) VALUES ('x', '1', 'insert', now() - interval '3 months')"
        )
        owner.execute(
            "INSERT INTO crpm.bulk_reads (what, asked, read_at) VALUES ('orders', '{}', now() - interval '3 months')"
        )
    with act("admin") as c:
        assert ActivityRepository(c).prune() == Pruned(None, 0, 0)
        c.execute("UPDATE crpm.settings SET records_kept_months = 2")
        before = len(entries(c))
    # The app does so by itself.
    upkeep = Upkeep(Database(shop.app_url, max_size=1))
    upkeep.prune()
    with act("admin") as c:
        assert len(entries(c)) == before - 2
        assert ActivityRepository(c).prune() == Pruned(2, 0, 0)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act("manager") as c:
        ActivityRepository(c).prune()
    upkeep.database.close()


def test_upkeep_that_reaches_no_database_says_so_and_ends_nothing(
    shop: OwnDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(shop.app_url, max_size=1)
    database.close()
    Upkeep(database).prune()
    assert "old records are not deleted today" in caplog.text


MANY = """
    INSERT INTO crpm.audit_log (table_name, row_key, action)
    SELECT 'products', n::text, 'insert' FROM generate_series(1, 5000) AS n;
    INSERT INTO crpm.bulk_reads (what, asked) SELECT 'orders', '{}' FROM generate_series(1, 5000) AS n;
    INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on)
    SELECT 2, 1, 'receipt', 1, current_date FROM generate_series(1, 5000) AS n;
    INSERT INTO crpm.orders
    OVERRIDING SYSTEM VALUE
    SELECT (jsonb_populate_record(o, jsonb_build_object('order_id', n, 'order_number', n, 'request_id', gen_random_uuid()))).*
    FROM crpm.orders AS o CROSS JOIN generate_series(1001, 6000) AS n;
    ANALYZE;
"""


def test_the_list_is_read_from_its_indexes_alone_where_there_is_much(act: Act, shop: OwnDatabase) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 2), store=BOSTON)
    found = query("activity/search")
    nothing = dict.fromkeys(("from_on", "to_on", "acted_by", "channel", "record_type", "record_key"))
    with shop.connect() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(MANY)
        page = {**nothing, "limit": 26, "offset": 0}
        plan = "\n".join(row[0] for row in owner.execute(f"EXPLAIN {found.text}", found.check(page)))
    assert "Merge Append" in plan
    assert set(re.findall(r"Index Scan(?: Backward)? using (\w+)", plan)) >= {
        "audit_log_changed_idx",
        "bulk_reads_read_idx",
        "orders_recorded_idx",
        "stock_movements_recorded_idx",
    }
