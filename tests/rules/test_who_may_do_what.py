"""Who may do what, as the database holds it: a matrix of every table, view and function by role, and deeds by channel."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import APP_PASSWORD, ROLES, Act, OwnDatabase

# One line a table, view or function: r, i, u, d, t for reading, inserting, updating, deleting and truncating, a capital where
# only some columns; x for calling a function. What is withheld of a table's columns stands below it.
MATRIX = Path(__file__).with_name("who_may_do_what.txt")
HOLDERS = [*ROLES.values(), "crpm_console", "crpm_app"]

RIGHTS = """
    SELECT
        n.nspname || '.' || c.relname AS what,
        coalesce(nullif(concat(
            CASE
                WHEN has_table_privilege(h.holder, c.oid, 'SELECT') THEN 'r'
                WHEN has_any_column_privilege(h.holder, c.oid, 'SELECT') THEN 'R'
            END,
            CASE
                WHEN has_table_privilege(h.holder, c.oid, 'INSERT') THEN 'i'
                WHEN has_any_column_privilege(h.holder, c.oid, 'INSERT') THEN 'I'
            END,
            CASE
                WHEN has_table_privilege(h.holder, c.oid, 'UPDATE') THEN 'u'
                WHEN has_any_column_privilege(h.holder, c.oid, 'UPDATE') THEN 'U'
            END,
            CASE WHEN has_table_privilege(h.holder, c.oid, 'DELETE') THEN 'd' END,
            CASE WHEN has_table_privilege(h.holder, c.oid, 'TRUNCATE') THEN 't' END
        ), ''), '-') AS may,
        array(
            SELECT a.attname::text
            FROM pg_attribute AS a
            WHERE
                a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND has_any_column_privilege(h.holder, c.oid, 'SELECT')
                AND NOT has_column_privilege(h.holder, c.oid, a.attnum, 'SELECT')
            ORDER BY a.attname
        ) AS withheld
    FROM pg_class AS c
    INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
    CROSS JOIN (SELECT %(holder)s::text AS holder) AS h
    WHERE n.nspname IN ('crpm', 'analytics', 'staging') AND c.relkind IN ('r', 'v', 'm')
    UNION ALL
    SELECT n.nspname || '.' || p.proname || '()', CASE WHEN has_function_privilege(h.holder, p.oid, 'EXECUTE') THEN 'x' ELSE '-' END, '{}'
    FROM pg_proc AS p
    INNER JOIN pg_namespace AS n ON p.pronamespace = n.oid
    CROSS JOIN (SELECT %(holder)s::text AS holder) AS h
    WHERE n.nspname IN ('crpm', 'analytics', 'staging') AND p.prorettype <> 'trigger'::regtype
    ORDER BY 1
"""


def test_the_database_grants_what_the_matrix_says_and_nothing_else(shop_of_module: OwnDatabase) -> None:
    rights: dict[str, list[str]] = {}
    withheld: dict[str, str] = {}
    with shop_of_module.connect() as owner:
        for holder in HOLDERS:
            for what, may, columns in owner.execute(RIGHTS, {"holder": holder}).fetchall():
                rights.setdefault(what, []).append(may)
                if columns:
                    withheld[f"{what} from {holder.removeprefix('crpm_')}"] = " ".join(columns)
    width = max(map(len, rights))
    heads = " ".join(f"{holder.removeprefix('crpm_'):8}" for holder in HOLDERS).rstrip()
    lines = [f"{'':{width}} {heads}"]
    lines += [
        f"{what:{width}} {' '.join(f'{may:8}' for may in mays)}".rstrip() for what, mays in rights.items()
    ]
    lines += ["", "Withheld", *(f"{where}: {columns}" for where, columns in sorted(withheld.items()))]
    assert MATRIX.read_text(encoding="utf-8").splitlines() == lines


VIEWER = {"viewer", "clerk", "manager", "admin"}
CLERK = VIEWER - {"viewer"}
MANAGER = CLERK - {"clerk"}
EVERYBODY = {*VIEWER, "analyst"}
DEEDS = {
    "see customers": ("SELECT name, email FROM crpm.customers", VIEWER),
    "see revenue": ("SELECT revenue FROM analytics.headline", EVERYBODY),
    "see costs": ("SELECT unit_cost FROM crpm.product_costs", MANAGER | {"analyst"}),
    "see profit": ("SELECT gross_profit FROM analytics.headline_profit", MANAGER | {"analyst"}),
    "see what a line cost": ("SELECT base_unit_cost FROM crpm.order_lines", MANAGER | {"analyst"}),
    "see what stock is worth": (
        "SELECT stock_value FROM analytics.stock_value_on(NULL)",
        MANAGER | {"analyst"},
    ),
    "see what to reorder": ("SELECT days_of_cover FROM analytics.reorder", EVERYBODY),
    "see parked purchases": ("SELECT note FROM crpm.parked_purchases", CLERK),
    "see the audit log": ("SELECT * FROM crpm.activity LIMIT 1", MANAGER),
    "see users": ("SELECT user_name FROM crpm.users", {"admin"}),
    "see passwords": ("SELECT password_hash FROM crpm.users", set()),
    "see sessions": ("SELECT * FROM crpm.sessions", set()),
    "see staging": ("SELECT * FROM staging.source_rows", set()),
    "add a customer": ("INSERT INTO crpm.customers (name) VALUES ('X')", CLERK),
    "change a customer": ("UPDATE crpm.customers SET city = 'X' WHERE customer_id = 1", CLERK),
    "delete a customer": ("DELETE FROM crpm.customers WHERE customer_id = 999", MANAGER),
    "merge customers": ("SELECT crpm.merge_customers(1, 2)", MANAGER),
    "anonymise a customer": ("SELECT crpm.anonymise_customer(1, 'Zoë Müller')", MANAGER),
    "sell": ("SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())", CLERK),
    "discard what is parked": (
        "SELECT crpm.discard_parked_purchase(2, gen_random_uuid(), gen_random_uuid())",
        CLERK,
    ),
    "close a day": ("SELECT crpm.close_day(1, current_date, '{}', '{}', '{}', '{}')", CLERK),
    "receive stock": ("SELECT crpm.receive_stock(2, ARRAY[1], ARRAY[1]::numeric[])", MANAGER),
    "adjust stock": ("SELECT crpm.adjust_stock(2, 1, 5, 'counted')", MANAGER),
    "make a count sheet": ("SELECT crpm.make_count_sheet(2)", MANAGER),
    "change a product": ("UPDATE crpm.products SET name = 'X' WHERE product_id = 1", MANAGER),
    "set a price": (
        "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (1, 'USD', 1)",
        MANAGER,
    ),
    "change many products": (
        "SELECT crpm.change_products(ARRAY[1]::bigint[], 'status', 'false', NULL, NULL)",
        MANAGER,
    ),
    "change a bulk change": ("UPDATE crpm.bulk_change_lines SET old_value = '1'", set()),
    "change many products by hand": (
        "SELECT crpm.set_product_values('price', ARRAY[1]::bigint[], ARRAY['0'], now())",
        set(),
    ),
    "change a store": ("UPDATE crpm.stores SET name = 'X' WHERE store_id = 2", MANAGER),
    "change a rate": (
        "UPDATE crpm.exchange_rates SET units_per_base = 2 WHERE currency_code = 'EUR'",
        MANAGER,
    ),
    "change the settings": ("UPDATE crpm.settings SET company_name = 'X'", {"admin"}),
    "prune records": ("SELECT * FROM crpm.prune_records()", {"admin"}),
    "add a user": ("INSERT INTO crpm.users (user_name, role_name) VALUES ('x', 'crpm_admin')", {"admin"}),
    "begin a load": ("INSERT INTO crpm.loads (source_system, folder) VALUES ('x', 'x')", MANAGER),
    "merge by hand": ("UPDATE crpm.customers SET merged_into_customer_id = 1 WHERE customer_id = 2", set()),
    "anonymise by hand": ("UPDATE crpm.customers SET anonymised_at = now() WHERE customer_id = 2", set()),
    "change a merge": ("UPDATE crpm.customer_merges SET taken_back_by = 'x'", set()),
    "delete a close": ("DELETE FROM crpm.daily_closes", set()),
    "delete what is parked": ("DELETE FROM crpm.parked_purchases", set()),
    "write an order": ("INSERT INTO crpm.orders (store_id) VALUES (2)", set()),
    "change an order": ("UPDATE crpm.orders SET total_amount = 0", set()),
    "delete an order": ("DELETE FROM crpm.orders", set()),
    "change a level": ("UPDATE crpm.stock_levels SET on_hand = 1000", set()),
    "write the ledger": ("DELETE FROM crpm.stock_movements", set()),
    "empty the ledger": ("TRUNCATE crpm.stock_movements", set()),
    "write the audit log": ("INSERT INTO crpm.audit_log (table_name) VALUES ('x')", set()),
    "become the owner": ("SET ROLE crpm_owner", set()),
    "make a table": ("CREATE TABLE crpm.mine (x integer)", set()),
    "switch triggers off": ("ALTER TABLE crpm.orders DISABLE TRIGGER ALL", set()),
}


@pytest.fixture(scope="module")
def logins(server: str, shop_of_module: OwnDatabase) -> Iterator[dict[str, str]]:
    """A login of one's own for psql, by role."""
    with psycopg.connect(server, autocommit=True) as owner:
        database = psycopg.conninfo.conninfo_to_dict(shop_of_module.owner_url)["dbname"]
        names = {role: f"{database}_{role}" for role in ROLES}
        for role, name in names.items():
            owner.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                    sql.Identifier(name), sql.Literal(APP_PASSWORD), sql.Identifier(ROLES[role])
                )
            )
        yield {
            role: make_conninfo(shop_of_module.owner_url, user=name, password=APP_PASSWORD)
            for role, name in names.items()
        }
        for name in names.values():
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def done_by(connection: psycopg.Connection) -> set[str]:
    """The deeds that the database lets whoever is connected do; none is left done."""
    done = set()
    for deed, (statement, _) in DEEDS.items():
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)
                done.add(deed)
        except psycopg.errors.InsufficientPrivilege:
            pass
    return done


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_its_deeds_and_no_others_in_the_app_and_in_psql(
    act_of_module: Act, logins: dict[str, str], role: str
) -> None:
    expected = {deed for deed, (_, roles) in DEEDS.items() if role in roles}
    with act_of_module(role) as in_app:
        assert done_by(in_app) == expected
    with psycopg.connect(logins[role]) as in_psql:
        assert done_by(in_psql) == expected


def test_an_analyst_reads_who_the_customers_are_only_when_that_is_granted(
    server: str, logins: dict[str, str]
) -> None:
    analyst = psycopg.conninfo.conninfo_to_dict(logins["analyst"])["user"]
    who = "SELECT name, email, birth_date FROM crpm.customers WHERE customer_id = 1"
    with psycopg.connect(logins["analyst"], autocommit=True) as in_psql:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            in_psql.execute(who)
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(sql.SQL("GRANT crpm_personal_data TO {}").format(sql.Identifier(analyst)))
        assert in_psql.execute(who).rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            in_psql.execute("UPDATE crpm.customers SET name = 'X'")


def test_what_is_done_carries_the_name_of_who_did_it(act: Act) -> None:
    with act("clerk") as c:
        c.execute("UPDATE crpm.customers SET city = 'Kiel' WHERE customer_id = 1")
    with act("manager") as c:
        row = c.execute(
            "SELECT changed_by, channel, old_values, new_values FROM crpm.audit_log WHERE table_name = 'customers' ORDER BY audit_id DESC"
        ).fetchone()
    assert row == ("test-clerk", "app", {"city": "Hamburg"}, {"city": "Kiel"})
