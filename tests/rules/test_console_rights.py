"""What the login of the SQL console may read, and that it can do nothing else, in any transaction of its own."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import OwnDatabase

# Who people are and what they do, secrets, and what files brought as it stood.
KEPT_FROM_IT = {
    *(
        f"customers.{name}"
        for name in ("name", "email", "phone", "birth_date", "street", "city", "postal_code")
    ),
    *("customers.notes", "customers.sort_name", "customers.search_text", "customers.source_values"),
    *("customers.source_key", "customers.consent_source"),
    *("orders.recorded_by", "orders.cancelled_by", "orders.delivery_noted_by", "orders.request_id"),
    *(
        "payments.recorded_by",
        "returns.recorded_by",
        "stock_movements.recorded_by",
        "product_prices.recorded_by",
    ),
    *("product_costs.recorded_by", "count_sheets.made_by", "count_sheets.typed_by", "daily_closes.closed_by"),
    *("loads.loaded_by", "loads.folder", "load_files.notes", "load_files.header"),
}
TABLES_KEPT_FROM_IT = {
    *(
        "users",
        "sessions",
        "sign_in_tries",
        "audit_log",
        "bulk_reads",
        "rejects",
        "load_conflicts",
        "load_changes",
        "load_undos",
    ),
    *(
        "parked_purchases",
        "console_runs",
        "saved_queries",
        "undone_movements",
        "customer_merges",
        "schema_versions",
        "bulk_changes",
        "bulk_change_lines",
    ),
}
# Everybody has these; they belong to the connection and end with it.
REFUSED = [
    "SELECT set_config('default_transaction_read_only', 'off', FALSE)",
    "SELECT pg_sleep(0)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
    "SELECT pg_cancel_backend(0)",
    "SELECT pg_terminate_backend(0)",
    "SELECT pg_notify('a', 'b')",
    "SELECT query_to_xml('SELECT 1', TRUE, TRUE, '')",
    "SELECT * FROM ts_stat('SELECT NULL::tsvector')",
    "SELECT lo_create(0)",
    "SELECT lo_get(0)",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_export_snapshot()",
    "SELECT query FROM pg_stat_activity",
    "COPY crpm.stores TO PROGRAM 'cat'",
    "COPY crpm.stores TO '/tmp/stores'",
    "INSERT INTO crpm.currencies VALUES ('XXX', 'None', 2)",
    "DELETE FROM crpm.order_lines",
    "CREATE TABLE crpm.mine (x integer)",
    "SET ROLE crpm_app",
    "SET ROLE crpm_viewer",
    "SELECT nextval('crpm.orders_order_id_seq')",
    "SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())",
    "SELECT crpm.open_session('a', 'b', now())",
    "SELECT * FROM staging.source_rows",
]


@pytest.fixture(scope="module")
def console(shop_of_module: OwnDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shop_of_module.console_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("statement", REFUSED)
def test_the_console_s_login_may_not(console: psycopg.Connection, statement: str) -> None:
    """Even where it has switched its transactions to read-write, which every login may."""
    console.execute("SET default_transaction_read_only = off")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
        console.execute(statement)


def test_the_console_s_login_reads_business_facts_and_nothing_of_people(console: psycopg.Connection) -> None:
    found = console.execute(
        """
        SELECT c.relname || '.' || a.attname, c.relname, has_column_privilege(c.oid, a.attnum, 'SELECT')
        FROM pg_class AS c INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
        WHERE c.relnamespace = 'crpm'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        """
    ).fetchall()
    assert {name for name, _, _ in found} >= KEPT_FROM_IT
    readable = {name for name, _, may in found if may}
    assert readable & KEPT_FROM_IT == set()
    assert {name for name in readable if name.endswith("_by")} == set()
    tables = {table for _, table, _ in found}
    assert tables - {name.partition(".")[0] for name in readable} == TABLES_KEPT_FROM_IT
    assert {"product_costs.unit_cost", "order_lines.base_unit_cost", "customers.gender"} <= readable


def test_the_console_s_login_sees_every_store_and_every_view_without_names(
    console: psycopg.Connection, shop_of_module: OwnDatabase
) -> None:
    count = "SELECT (SELECT count(*) FROM crpm.stores), (SELECT count(*) FROM crpm.stock_levels)"
    with shop_of_module.connect() as owner:
        assert console.execute(count).fetchone() == owner.execute(count).fetchone()
    views = {
        name
        for (name,) in console.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind = 'v'"
        )
    }
    for view in views - {"daily_closes"}:
        console.execute(
            psycopg.sql.SQL("SELECT * FROM analytics.{} LIMIT 1").format(psycopg.sql.Identifier(view))
        )
    console.execute("SELECT * FROM analytics.stock_value_on(NULL)")


def test_the_console_s_login_is_member_of_nothing_and_begins_bounded(console: psycopg.Connection) -> None:
    assert console.execute(
        """
        SELECT
            NOT EXISTS (SELECT 1 FROM pg_auth_members WHERE member = 'crpm_console'::regrole),
            NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls OR r.rolinherit)
        FROM pg_roles AS r WHERE r.rolname = 'crpm_console'
        """
    ).fetchone() == (True, True)
    console.execute("RESET ALL")
    for name, value in {
        "default_transaction_read_only": "on",
        "statement_timeout": "1min",
        "temp_file_limit": "1GB",
    }.items():
        assert console.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_everybody_else_keeps_the_functions_that_are_taken_from_the_console(
    shop_of_module: OwnDatabase,
) -> None:
    with shop_of_module.connect() as owner:
        assert (
            owner.execute(
                """
            SELECT DISTINCT h.function_name
            FROM crpm.harmful_functions AS h
            CROSS JOIN (VALUES ('crpm_owner'), ('crpm_app'), ('crpm_viewer'), ('pg_monitor')) AS r (role_name)
            WHERE h.function_name IN ('set_config', 'pg_advisory_xact_lock', 'pg_sleep')
                AND NOT has_function_privilege(r.role_name, h.function_oid, 'EXECUTE')
            """
            ).fetchall()
            == []
        )
