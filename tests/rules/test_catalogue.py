import re

import psycopg
import pytest

from app.errors import RULES
from tests.conftest import OwnDatabase

# Broken only by our own code, never by what a person does: a message of its own would help nobody.
NOT_FOR_PEOPLE = re.compile(
    r"^(audit_log|bulk_reads|loads|load_files|load_conflicts|load_changes|rejects|sessions|currencies|countries|tax_rates|console_runs)_"
    r"|_pkey$|^orders_(order_number_is_unique|status_is_known|exchange_rate_is_positive|rate_is_not_from_the_future|total_is_net_plus_tax)$"
    r"|^order_lines_amounts_are_not_negative$|^returns_(quantity_is_positive|source_key_is_unique)$"
    r"|^parked_purchases_taken_names_its_till$|^customer_merges_taken_back_is_whole$"
    r"|^stock_movements_(type_is_known|quantity_is_not_zero|sale_names_its_line)$"
    r"|^bulk_changes_(kind_is_known|price_has_(no_target|a_percent|an_ending)|ending_is_known|taken_back_is_whole)$"
    r"|^count_sheets_typed_back_is_whole$|^count_sheet_lines_|^daily_closes_version_is_positive$"
)


@pytest.fixture(scope="module")
def catalogue(shop_of_module: OwnDatabase) -> psycopg.Connection:
    with psycopg.connect(shop_of_module.owner_url, autocommit=True) as connection:
        yield connection


def names(connection: psycopg.Connection, statement: str) -> set[str]:
    return {row[0] for row in connection.execute(statement)}


def test_everything_in_the_catalogue_is_commented(catalogue: psycopg.Connection) -> None:
    without = names(
        catalogue,
        """
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace IN ('crpm'::regnamespace, 'analytics'::regnamespace, 'staging'::regnamespace)
            AND c.relkind IN ('r', 'v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT i.indexrelid::regclass::text FROM pg_index AS i INNER JOIN pg_class AS c ON i.indexrelid = c.oid
        WHERE c.relnamespace IN ('crpm'::regnamespace, 'analytics'::regnamespace)
            AND obj_description(c.oid, 'pg_class') IS NULL
            AND NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
        UNION ALL
        SELECT t.oid::regtype::text FROM pg_type AS t
        WHERE t.typnamespace = 'crpm'::regnamespace AND t.typtype = 'd' AND obj_description(t.oid, 'pg_type') IS NULL
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace IN ('crpm'::regnamespace, 'analytics'::regnamespace) AND obj_description(p.oid, 'pg_proc') IS NULL
        """,
    )
    assert without == set()


def test_every_rule_a_person_can_break_has_a_message(catalogue: psycopg.Connection) -> None:
    rules = names(
        catalogue,
        """
        SELECT conname FROM pg_constraint WHERE connamespace = 'crpm'::regnamespace AND contype IN ('c', 'u', 'p')
        UNION SELECT (regexp_matches(prosrc, 'CONSTRAINT = ''(\\w+)''', 'g'))[1] FROM pg_proc WHERE pronamespace = 'crpm'::regnamespace
        UNION SELECT (regexp_matches(prosrc, 'crpm\\.refuse\\(\\s*''(\\w+)''', 'g'))[1] FROM pg_proc WHERE pronamespace = 'crpm'::regnamespace
        """,
    )
    assert {rule for rule in rules if not NOT_FOR_PEOPLE.search(rule)} - RULES.keys() == set()


def test_every_message_belongs_to_a_rule_of_the_database(catalogue: psycopg.Connection) -> None:
    text = "\n".join(names(catalogue, "SELECT prosrc FROM pg_proc WHERE pronamespace = 'crpm'::regnamespace"))
    rules = names(
        catalogue,
        """
        SELECT conname FROM pg_constraint WHERE connamespace = 'crpm'::regnamespace
        UNION SELECT relname FROM pg_class WHERE relnamespace = 'crpm'::regnamespace AND relkind = 'i'
        """,
    )
    assert {rule for rule in RULES if rule not in rules and f"'{rule}'" not in text} == set()


def test_every_foreign_key_into_a_table_of_rows_that_go_has_an_index(catalogue: psycopg.Connection) -> None:
    without = names(
        catalogue,
        """
        SELECT k.conname FROM pg_constraint AS k
        WHERE k.connamespace = 'crpm'::regnamespace AND k.contype = 'f'
            AND k.confrelid NOT IN ('crpm.currencies'::regclass, 'crpm.countries'::regclass, 'crpm.stores'::regclass)
            AND NOT EXISTS (
                SELECT 1 FROM pg_index AS i
                WHERE i.indrelid = k.conrelid AND (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
            )
        """,
    )
    assert without == set()


def test_functions_that_run_as_the_owner_pin_their_search_path(catalogue: psycopg.Connection) -> None:
    loose = names(
        catalogue,
        """
        SELECT p.proname FROM pg_proc AS p
        WHERE p.pronamespace = 'crpm'::regnamespace AND p.prosecdef
            AND NOT coalesce(array_to_string(p.proconfig, ','), '') LIKE 'search_path=pg_catalog, pg_temp%'
        """,
    )
    assert loose == set()


def test_the_public_may_execute_nothing(catalogue: psycopg.Connection) -> None:
    open_to_all = names(
        catalogue,
        """
        SELECT p.proname FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        WHERE p.pronamespace = 'crpm'::regnamespace AND a.grantee = 0
        """,
    )
    assert open_to_all == set()


def test_nobody_but_the_owner_may_write_the_ledger(catalogue: psycopg.Connection) -> None:
    writers = names(
        catalogue,
        """
        SELECT c.relname || ': ' || a.grantee::regrole || ' ' || a.privilege_type
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.relnamespace = 'crpm'::regnamespace AND a.grantee <> 'crpm_owner'::regrole
            AND c.relname IN (
                'orders', 'order_lines', 'payments', 'returns', 'stock_levels', 'stock_movements', 'audit_log', 'count_sheets',
                'count_sheet_lines', 'daily_closes', 'daily_close_lines', 'daily_close_totals'
            )
            AND a.privilege_type <> 'SELECT'
        """,
    )
    assert writers == set()


def test_the_owner_owns_everything_and_cannot_log_in(catalogue: psycopg.Connection) -> None:
    strangers = names(
        catalogue,
        """
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relnamespace IN ('crpm'::regnamespace, 'analytics'::regnamespace, 'staging'::regnamespace)
            AND c.relowner <> 'crpm_owner'::regrole
        """,
    )
    assert strangers == set()
    assert catalogue.execute(
        "SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = 'crpm_owner'"
    ).fetchone() == (False,)
