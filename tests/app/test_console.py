import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.console import SHOWN_ROWS, SqlConsole
from app.errors import StatementError, UnavailableError
from app.repositories.analytics import AnalyticsRepository, Filters
from app.ui import questions
from db.console import Caller, Console
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.trade import TODAY, trade

ME = Caller("ada", "page 1")
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000000)"
# Each is refused, and nothing is different afterwards.
HOSTILE = [
    "INSERT INTO crpm.currencies VALUES ('XXX', 'None', 2)",
    "UPDATE crpm.stores SET name = 'X'",
    "DELETE FROM crpm.orders",
    "TRUNCATE crpm.orders",
    "MERGE INTO crpm.stores AS s USING (SELECT 1) AS x ON TRUE WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM crpm.orders RETURNING 1) SELECT * FROM gone",
    "WITH a AS (SELECT 1) INSERT INTO crpm.currencies SELECT 'XXX', 'None', 2 FROM a",
    "SELECT 1 INTO crpm.mine",
    "CREATE TABLE crpm.mine (x integer)",
    "CREATE TEMPORARY TABLE mine (x integer)",
    "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "DROP TABLE crpm.orders",
    "ALTER ROLE crpm_console SUPERUSER",
    "GRANT crpm_admin TO crpm_console",
    "SELECT 1; DELETE FROM crpm.orders",
    "SELECT 1;; COMMIT",
    "SELECT 1; -- nothing\nSELECT 2",
    "COMMIT",
    "ROLLBACK AND CHAIN",
    "BEGIN",
    "SET statement_timeout = 0",
    "SET ROLE crpm_app",
    "SET SESSION AUTHORIZATION crpm_app",
    "SET TRANSACTION READ WRITE",
    "RESET ALL",
    "DISCARD ALL",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL crpm.nothing()",
    "PREPARE p AS SELECT 1",
    "DECLARE mine CURSOR FOR SELECT 1",
    "CLOSE console_rows",
    "LISTEN crpm",
    "NOTIFY crpm",
    "LOCK TABLE crpm.orders",
    "VACUUM",
    "LOAD 'auto_explain'",
    "EXPLAIN ANALYZE DELETE FROM crpm.orders",
    "COPY crpm.orders TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/stolen'",
    "SELECT * FROM crpm.stores FOR UPDATE",
    "SELECT set_config('role', 'crpm_app', FALSE)",
    "SELECT set_config('statement_timeout', '0', FALSE)",
    "SELECT pg_catalog.\"set_config\"('transaction_read_only', 'off', TRUE)",
    "SELECT U&\"\\0073et_config\"('a.b', 'c', FALSE)",
    "SELECT pg_sleep(100)",
    "SELECT pg_sleep_for('1 hour')",
    "SELECT pg_advisory_lock(7215001)",
    "SELECT pg_terminate_backend(pid) FROM pg_locks",
    "SELECT pg_cancel_backend(1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT query_to_xml('SELECT set_config(''a.b'', ''c'', FALSE)', TRUE, TRUE, '')",
    "SELECT database_to_xml(TRUE, TRUE, '')",
    "SELECT * FROM ts_stat('SELECT NULL::tsvector')",
    "SELECT query FROM pg_stat_activity",
    "SELECT pg_logical_emit_message(FALSE, 'a', 'b')",
    "SELECT nextval('crpm.orders_order_id_seq')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT name FROM crpm.customers",
    "SELECT c FROM crpm.customers AS c",
    "SELECT to_jsonb(o) FROM crpm.orders AS o",
    "SELECT password_hash FROM crpm.users",
    "SELECT * FROM crpm.sessions",
    "SELECT old_values FROM crpm.audit_log",
    "SELECT * FROM staging.source_rows",
    "SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())",
    "SELECT crpm.fetch_rows('console_rows', 1, 1)",
    "SELECT repeat('x', 3000000)",
    "SELECT 1\0; DELETE FROM crpm.orders",
    "SELECT '\ud800'",
    "",
    " ;",
    "-- nothing but this",
]


@contextmanager
def consoling(own: OwnDatabase, **options: float) -> Iterator[SqlConsole]:
    console = Console(own.console_url, **options)  # type: ignore[arg-type]
    try:
        yield SqlConsole(console)
    finally:
        console.close()


@pytest.fixture(scope="module")
def console(shop_of_module: OwnDatabase) -> Iterator[SqlConsole]:
    with consoling(shop_of_module, max_size=2) as opened:
        yield opened


def refusal(console: SqlConsole, text: str) -> StatementError:
    with pytest.raises(StatementError) as raised:
        console.run(text, ME)
    assert str(raised.value)
    return raised.value


def values(console: SqlConsole, text: str) -> list[tuple[str | None, ...]]:
    return console.run(text, ME).rows


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_more_than_one_query_that_reads_is_refused(console: SqlConsole, text: str) -> None:
    refusal(console, text)
    with pytest.raises(StatementError):
        list(console.csv(text, ME))
    # The next statement on the same connections is bound as ever.
    assert values(
        console,
        "SELECT current_user, current_setting('statement_timeout'), current_setting('transaction_read_only') FROM crpm.settings",
    ) == [("crpm_console", "1min", "on")]


@pytest.mark.parametrize(
    "text",
    ["DELETE FROM crpm.orders", "SELECT 1; SELECT 2", "CREATE TABLE x AS SELECT 1", "SELECT pg_sleep(1)"],
)
def test_a_plan_is_asked_for_queries_that_read_alone(console: SqlConsole, text: str) -> None:
    for is_run in (False, True):
        with pytest.raises(StatementError):
            console.explain(text, ME, is_run=is_run)


def test_where_functions_cannot_be_revoked_texts_that_name_them_are_refused(shop: OwnDatabase) -> None:
    with shop.connect() as owner:
        owner.execute(
            "GRANT EXECUTE ON FUNCTION pg_sleep(double precision), set_config(text, text, boolean) TO PUBLIC"
        )
    with consoling(shop) as console:
        for text, place in {
            "SELECT pg_sleep(0)": "column 8",
            'SELECT 1,\n"pg_sleep"(0)': "Line 2, column 2",
            "SELECT PG_Sleep /* */ (0)": "column 8",
            "SELECT pg_catalog.set_config('a.b', 'c', FALSE)": "column 19",
            'SELECT U&"pg\\005fsleep"(0)': "column 8",
        }.items():
            assert place in refusal(console, text).pointer
            with pytest.raises(StatementError, match="does not run"):
                console.explain(text, ME, is_run=True)
        assert values(console, "SELECT 'xpg_sleep', 'pg_sleeper'") == [("xpg_sleep", "pg_sleeper")]


def test_values_come_as_postgresql_writes_them(console: SqlConsole) -> None:
    text = r"""
        SELECT NULL AS a, '' AS a, E'x"y\\z,(\n)' AS b, 1.50 AS n, TRUE, ARRAY[1, NULL], ROW(1, 'a b'), 'ü'::varchar(3),
            NULL, '2024-02-29'::date -- the end
        ;
    """
    answer = console.run(text, ME)
    assert answer.rows == [
        (None, "", 'x"y\\z,(\n)', "1.50", "t", "{1,NULL}", '(1,"a b")', "ü", None, "2024-02-29")
    ]
    assert [column.name for column in answer.columns][:4] == ["a", "a", "b", "n"]
    assert [column.is_number for column in answer.columns][:4] == [False, False, False, True]
    assert answer.columns[-1].is_time
    assert values(console, "SELECT NULL") == [(None,)]
    assert values(console, "SELECT ''") == [("",)]
    assert values(console, "SELECT") == [()]
    assert values(console, "(TABLE crpm.stores LIMIT 0)") == []
    assert values(console, "VALUES (1, 'a'), (2, NULL)") == [("1", "a"), ("2", None)]
    assert values(console, "SELECT 50 % 7, '%s', '%(a)s'") == [("1", "%s", "%(a)s")]


def test_an_error_points_at_its_place_in_the_text(console: SqlConsole) -> None:
    error = refusal(console, "SELECT\n    name, nam\nFROM crpm.stores")
    assert str(error) == 'Column "nam" does not exist'
    assert error.pointer == "Line 2, column 11:\n    name, nam\n          ^"
    assert any("stores.name" in hint for hint in error.hints)
    error = refusal(console, f"SELECT '{'ü' * 300}', nam FROM crpm.stores")
    number, line, caret = error.pointer.splitlines()
    assert number == "Line 1, column 312:"
    assert line[caret.index("^") :].startswith("nam FROM")
    assert len(line) <= 100
    with pytest.raises(StatementError) as raised:
        console.explain("SELECT\nnam", ME, is_run=True)
    assert raised.value.pointer == "Line 2, column 1:\nnam\n^"
    assert "one query that only reads" in refusal(console, "DROP TABLE crpm.orders").hints[-1]
    assert "one query that only reads" in refusal(console, "SELECT 1; SELECT 2").hints[-1]
    assert "one query" not in "".join(refusal(console, "SELECT FROM WHERE").hints)
    assert "names a person" in refusal(console, "SELECT email FROM crpm.customers").hints[-1]
    assert "left(" in refusal(console, "SELECT repeat('x', 3000000)").hints[0]


def test_the_first_rows_are_shown_and_all_are_downloaded(console: SqlConsole) -> None:
    answer = console.run(f"SELECT generate_series(1, {SHOWN_ROWS})", ME)
    assert (len(answer.rows), answer.has_more) == (SHOWN_ROWS, False)
    answer = console.run(f"SELECT generate_series(1, {SHOWN_ROWS + 1})", ME)
    assert (len(answer.rows), answer.has_more) == (SHOWN_ROWS, True)
    # Long rows end the page, so that it never weighs more than a few megabytes.
    answer = console.run("SELECT repeat('x', 900000) FROM generate_series(1, 9)", ME)
    assert (len(answer.rows), answer.has_more) == (3, True)
    parts = list(
        console.csv(
            "SELECT i AS \"=n\", -i AS m, '-' || i AS t, NULL AS x, E'a,\"b\\n' AS q FROM generate_series(1, 2500) AS i",
            ME,
        )
    )
    assert len(parts) == 4
    written = b"".join(parts).decode("utf-8-sig")
    assert written.startswith('\'=n,m,t,x,q\r\n1,-1,\'-1,,"a,""b\n"\r\n')
    assert written.count("\r\n") == 2501


def test_a_statement_is_ended_after_its_time_and_so_is_a_plan(shop_of_module: OwnDatabase) -> None:
    with consoling(shop_of_module, seconds=0.05) as console:
        assert "Stopped after 0.05 seconds" in str(refusal(console, ENDLESS))
        with pytest.raises(StatementError, match="Stopped after"):
            console.explain(ENDLESS, ME, is_run=True)
        with pytest.raises(StatementError, match="Stopped after"):
            list(console.csv(ENDLESS, ME))


def test_a_statement_is_cancelled_from_its_own_page_alone(console: SqlConsole) -> None:
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(str(refusal(console, ENDLESS))))
    thread.start()
    while not console.cancel(ME):
        assert thread.is_alive()
        assert console.cancel(Caller("bert", ME.page)) == 0
        assert console.cancel(Caller(ME.user_name, "page 2")) == 0
    while thread.is_alive():
        console.cancel(ME)
        thread.join(0.02)
    assert ended == ["Cancelled."]
    assert console.cancel(ME) == 0
    assert values(console, "SELECT 1") == [("1",)]


def test_nobody_takes_all_connections_and_what_is_given_up_is_given_back(shop_of_module: OwnDatabase) -> None:
    with consoling(shop_of_module, max_size=3) as console:
        downloads = [console.csv("SELECT generate_series(1, 10)", ME) for _ in range(2)]
        for download in downloads:
            next(download)
        assert "Two of your statements are running" in str(refusal(console, "SELECT 1"))
        assert console.run("SELECT 1", Caller("bert", "page 1")).rows == [("1",)]
        for download in downloads:
            download.close()
        assert values(console, "SELECT 1") == [("1",)]


def test_a_connection_that_the_server_has_dropped_is_replaced(shop_of_module: OwnDatabase) -> None:
    with consoling(shop_of_module) as console:
        assert values(console, "SELECT 1") == [("1",)]
        with shop_of_module.connect() as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'crpm_console'"
            )
        assert values(console, "SELECT 1") == [("1",)]


def test_a_server_that_is_away_is_asked_to_start_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("db.console._PATIENCE_SECONDS", 0.05)
    asked: list[bool] = []
    console = Console(f"postgresql://crpm_console@/crpm?host={tmp_path}", revive=lambda: asked.append(True))
    with pytest.raises(UnavailableError):
        SqlConsole(console).run("SELECT 1", ME)
    console.close()
    assert asked == [True]


def test_the_schema_lists_what_can_be_read_with_its_foreign_keys(console: SqlConsole) -> None:
    columns = {(one.relation, one.column_name): one for one in console.readable_columns(ME)}
    assert columns["crpm.order_lines", "product_id"].refers_to == "crpm.products"
    assert columns["crpm.orders", "status"].type_name == "text"
    assert "currency" in columns["analytics.sales", "revenue"].relation_comment
    assert ("crpm.customers", "gender") in columns
    assert ("crpm.customers", "name") not in columns
    assert not any(relation == "crpm.users" for relation, _ in columns)


def written(value: object) -> str | None:
    """As PostgreSQL writes it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def test_every_figure_s_statement_gives_the_same_in_the_console_but_for_those_about_persons(
    shop: OwnDatabase,
) -> None:
    trade(shop)
    insights = {one.question: one for one in questions.PANELS}
    database = Database(shop.app_url, max_size=1)
    with consoling(shop) as console, database.transaction(Actor("ada", "crpm_manager")) as connection:
        for filters in (Filters(TODAY - timedelta(days=800), TODAY), Filters(TODAY, TODAY, 1, "US", 1)):
            for question, insight in insights.items():
                answer = AnalyticsRepository(connection).answer(question, filters)
                if insight.is_personal:
                    assert "ermission denied" in str(refusal(console, answer.sql))
                else:
                    assert values(console, answer.sql) == [
                        tuple(written(value) for value in row.values()) for row in answer.rows
                    ]
    database.close()
    assert any(insight.is_personal for insight in insights.values())


def test_the_ten_questions_of_the_documentation_are_answered(shop: OwnDatabase) -> None:
    trade(shop)
    text = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
    questions_asked = re.findall(r"### (\d+)\. [^\n]+\?\n\n```sql\n(.+?)```", text, re.DOTALL)
    assert [int(number) for number, _ in questions_asked] == list(range(1, 11))
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.products SET reorder_point = 1000")
        owner.execute(
            "SELECT crpm.mark_delivered(store_id, order_id, order_date) FROM crpm.orders WHERE status = 'recorded'"
        )
    with consoling(shop) as console:
        assert {number for number, statement in questions_asked if not values(console, statement)} == set()
