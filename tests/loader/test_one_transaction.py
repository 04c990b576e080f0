from threading import Thread

import psycopg
import pytest

from db.pool import Actor
from loader.errors import MissingColumnsError, OtherBaseCurrencyError
from loader.loading import LOAD_LOCK
from tests.loader.conftest import Business, outcomes

EVERYTHING = """
SELECT
    (SELECT count(*) FROM crpm.loads), (SELECT count(*) FROM crpm.load_files), (SELECT count(*) FROM crpm.rejects),
    (SELECT count(*) FROM crpm.settings), (SELECT count(*) FROM crpm.customers), (SELECT count(*) FROM crpm.orders),
    (SELECT count(*) FROM crpm.stock_movements), (SELECT count(*) FROM crpm.audit_log)
"""
NOTHING = [(0,) * 8]


@pytest.mark.parametrize("role", ["crpm_viewer", "crpm_clerk"])
def test_who_may_not_load_is_refused_with_nothing_loaded(business: Business, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        business.load(actor=Actor("cleo", role))  # type: ignore[arg-type]
    assert business.rows(EVERYTHING) == NOTHING


def test_file_without_its_columns_leaves_nothing(business: Business) -> None:
    (business.folder / "Sales.csv").write_text("Order Number,Quantity\n1,1\n")
    with pytest.raises(MissingColumnsError, match=r"Sales\.csv lacks the columns Order Date, StoreKey"):
        business.load()
    assert business.rows(EVERYTHING) == NOTHING


def test_failure_at_the_last_step_leaves_nothing_in_the_tables_nor_in_staging(business: Business) -> None:
    def fail(step: str) -> None:
        if step == "Working out the account":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        business.load(progress=fail)
    assert business.rows(EVERYTHING) == NOTHING
    assert business.rows("SELECT count(*) FROM staging.source_rows") == [(0,)]
    assert outcomes(business.load(), "Sales.csv") == (3, 3, 0, 0, 0)


def test_nothing_of_a_person_stays_in_staging(loaded: Business) -> None:
    tables = loaded.rows(
        "SELECT format('staging.%I', relname) FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relkind = 'r'"
    )
    assert len(tables) > 10
    for (table,) in tables:
        assert loaded.rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_business_in_another_base_currency_is_refused(business: Business) -> None:
    business.run("INSERT INTO crpm.settings (company_name, base_currency_code) VALUES ('Ours', 'EUR')")
    with pytest.raises(OtherBaseCurrencyError, match="prices are in USD, and this business counts in EUR"):
        business.load()
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]


def test_business_that_is_set_up_keeps_its_name(business: Business) -> None:
    business.run("INSERT INTO crpm.settings (company_name, base_currency_code) VALUES ('Ours', 'USD')")
    business.load(company_name="Theirs", is_demo=True)
    assert business.rows("SELECT company_name, is_demo FROM crpm.settings") == [("Ours", False)]


def test_loads_queue(business: Business) -> None:
    steps: list[str] = []
    waiting = Thread(target=lambda: business.load(progress=steps.append))
    with psycopg.connect(business.database.owner_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])
        waiting.start()
        with business.database.connect() as connection:
            blocked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            while connection.execute(blocked).fetchone() != (1,):
                assert waiting.is_alive()
        assert steps == []
    waiting.join(timeout=30)
    assert steps[-1] == "Working out the account"


def test_load_says_who_and_through_what(loaded: Business) -> None:
    assert loaded.rows("SELECT loaded_by, channel, status FROM crpm.loads") == [
        ("test-manager", "loader", "loaded")
    ]
    assert loaded.rows("SELECT DISTINCT recorded_by, channel FROM crpm.orders") == [
        ("test-manager", "loader")
    ]
