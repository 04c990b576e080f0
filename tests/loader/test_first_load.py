"""A first load builds the keys of orders and lines after the rows; whatever happens, they are as the schema has them."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.loader.conftest import Business, outcomes

CATALOGUE = """
SELECT 'constraint', k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated,
    obj_description(k.oid, 'pg_constraint')
FROM pg_constraint AS k
WHERE k.connamespace = 'crpm'::regnamespace
UNION ALL
SELECT 'index', i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),
    i.indisvalid AND i.indisready, obj_description(i.indexrelid, 'pg_class')
FROM pg_index AS i
INNER JOIN pg_class AS c ON i.indrelid = c.oid
WHERE c.relnamespace = 'crpm'::regnamespace
UNION ALL
SELECT 'trigger', t.tgrelid::regclass::text, coalesce(k.conname, t.tgname), t.tgfoid::regprocedure::text, t.tgenabled = 'O', k.conname
FROM pg_trigger AS t
INNER JOIN pg_class AS c ON t.tgrelid = c.oid
LEFT JOIN pg_constraint AS k ON t.tgconstraint = k.oid
WHERE c.relnamespace = 'crpm'::regnamespace
UNION ALL
SELECT 'column', c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON a.attrelid = c.oid
WHERE c.relnamespace = 'crpm'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
ORDER BY 1, 2, 3, 4
"""
ORDER_OF_KEYS = """
SELECT k.conrelid::regclass::text, k.conname
FROM pg_constraint AS k
WHERE k.conrelid IN ('crpm.orders'::regclass, 'crpm.order_lines'::regclass) AND k.contype = %s
ORDER BY k.oid
"""
LOCKS = """
SELECT l.relation::regclass::text, l.mode
FROM pg_locks AS l
WHERE l.relation IN ('crpm.orders'::regclass, 'crpm.order_lines'::regclass)
"""
BUY = "SELECT * FROM crpm.record_purchase(1, ARRAY[2], ARRAY[1]::numeric[], gen_random_uuid())"
# No more than ROW EXCLUSIVE: others read and write meanwhile.
ROW_LOCKS = {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
LAST_STEP = "Working out the account"


def while_loading(business: Business, look: Callable[[], Any], **options: Any) -> Any:
    """What `look` finds when everything is published and nothing is committed."""
    found = []

    def progress(step: str) -> None:
        if step == LAST_STEP and not found:
            found.append(look())

    business.load(progress=progress, **options)
    return found[0]


def locks_held(business: Business, **options: Any) -> set[tuple[str, str]]:
    """The tables of orders, each with every lock that a load holds on it at its end."""
    return while_loading(business, lambda: set(business.rows(LOCKS)), **options)


def has_taken_keys_off(locks: set[tuple[str, str]]) -> bool:
    return ("crpm.orders", "AccessExclusiveLock") in locks


def test_a_first_load_takes_the_keys_off_and_puts_every_one_back_as_it_was(business: Business) -> None:
    before = business.rows(CATALOGUE)
    assert has_taken_keys_off(locks_held(business))
    assert business.rows(CATALOGUE) == before
    assert business.rows("SELECT count(*) FROM crpm.order_lines") == [(3,)]


def test_the_keys_come_back_in_the_order_of_the_schema(business: Business) -> None:
    with business.database.connect() as connection:
        before = [connection.execute(ORDER_OF_KEYS, [kind]).fetchall() for kind in ("p", "u", "f")]
        business.load()
        assert [connection.execute(ORDER_OF_KEYS, [kind]).fetchall() for kind in ("p", "u", "f")] == before


def test_what_an_administrator_has_added_comes_back_with_its_comment(business: Business) -> None:
    business.run("CREATE INDEX extra_idx ON crpm.orders (lower(currency_code)) WHERE status = 'recorded'")
    business.run("COMMENT ON INDEX crpm.extra_idx IS 'It''s ours: 100 %s, \"so\"'")
    business.run(
        'ALTER TABLE crpm.orders ADD CONSTRAINT "Once a day" UNIQUE (order_id) DEFERRABLE INITIALLY DEFERRED'
    )
    business.run("COMMENT ON CONSTRAINT \"Once a day\" ON crpm.orders IS 'Numbers are unique'")
    before = business.rows(CATALOGUE)
    assert has_taken_keys_off(locks_held(business))
    assert business.rows(CATALOGUE) == before


def test_a_load_that_fails_without_the_keys_leaves_them(business: Business) -> None:
    business.run("ALTER TABLE crpm.order_lines ADD CONSTRAINT no_kettles CHECK (base_unit_price <> 10.50)")
    before = business.rows(CATALOGUE)
    with pytest.raises(psycopg.errors.CheckViolation, match="no_kettles"):
        business.load()
    assert business.rows(CATALOGUE) == before
    assert business.rows("SELECT count(*) FROM staging.keys_taken_off") == [(0,)]
    business.run("ALTER TABLE crpm.order_lines DROP CONSTRAINT no_kettles")
    assert outcomes(business.load(), "Sales.csv") == (3, 3, 0, 0, 0)


def test_a_first_load_waits_for_nobody_who_uses_the_tables(business: Business) -> None:
    before = business.rows(CATALOGUE)
    with psycopg.connect(business.database.owner_url) as reader:
        reader.execute("SELECT count(*) FROM crpm.payments")
        locks = locks_held(business)
    assert ("crpm.orders", "RowExclusiveLock") in locks
    assert {mode for _, mode in locks} <= ROW_LOCKS
    assert business.rows(CATALOGUE) == before


def test_a_view_that_needs_a_key_keeps_it(business: Business) -> None:
    business.run(
        "CREATE VIEW public.sizes AS SELECT o.order_number, count(*) FROM crpm.orders AS o"
        " INNER JOIN crpm.order_lines AS l USING (store_id, order_id) GROUP BY o.store_id, o.order_id"
    )
    before = business.rows(CATALOGUE)
    assert outcomes(business.load(), "Sales.csv") == (3, 3, 0, 0, 0)
    assert business.rows(CATALOGUE) == before
    assert business.rows("SELECT * FROM public.sizes ORDER BY 1") == [("100", 2), ("101", 1)]


def test_new_sales_are_loaded_under_the_keys(business: Business) -> None:
    assert not has_taken_keys_off(locks_held(business, is_live=True))


def test_a_dry_run_leaves_the_keys(business: Business) -> None:
    before = business.rows(CATALOGUE)
    assert has_taken_keys_off(locks_held(business, is_dry_run=True))
    assert business.rows(CATALOGUE) == before


def test_another_load_locks_no_more_than_rows_and_a_till_goes_on(loaded: Business) -> None:
    loaded.run(
        "INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base) VALUES ('EUR', current_date - 1, 0.9)"
    )
    loaded.append("Sales.csv", "102,1,1/15/2020,,1,1,2,1,EUR")

    def sell_and_look() -> set[tuple[str, str]]:
        with loaded.database.connect() as till:
            till.execute("SET lock_timeout = '5s'")
            till.execute("SET ROLE crpm_clerk")
            till.execute(BUY)
        return set(loaded.rows(LOCKS))

    locks = while_loading(loaded, sell_and_look)
    assert ("crpm.order_lines", "RowExclusiveLock") in locks
    assert {mode for _, mode in locks} <= ROW_LOCKS
    assert loaded.rows("SELECT count(*), count(*) FILTER (WHERE load_file_id IS NULL) FROM crpm.orders") == [
        (4, 1)
    ]
