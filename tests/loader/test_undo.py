from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Actor
from db.verify import verify
from loader.__main__ import main
from loader.errors import NoSuchLoadError, UndoRefusedError
from loader.loading import LOAD_LOCK
from loader.undoing import undo
from tests.conftest import OwnDatabase
from tests.loader.conftest import MANAGER, SMALL_FILES, Business

CARTER = "2,Male,John Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975"
ANN = "3,Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/1990"
KETTLE = "2,Kettle,Fjordline,Black,$4.20 ,$10.50 ,0102,Kettles,01,Kitchen"
LAMP = "3,Lamp,Lumo,Black,$4.20 ,$9.50 ,0301,Lamps,03,Garden"
# What a load leaves behind on purpose: its own record, who did what, and which days changed.
RECORDS = {"audit_log", "load_undos", "undone_movements", "changed_days"}
OF_LOADS = {"loads", "load_files", "rejects", "load_conflicts"}
UNLIKE = "'{row_version, updated_at}'::text[]"


def content(database: OwnDatabase, *, last_load: int = 1_000) -> dict[str, list[str]]:
    """Every row of every table, but for what tells of loads after `last_load`."""
    with database.connect() as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'crpm' ORDER BY 1"
            )
            if row[0] not in RECORDS
        ]
        found = {}
        for table in tables:
            only = ""
            if table in OF_LOADS:
                key = "load_id" if table == "loads" else "load_file_id"
                only = f"WHERE t.{key} IN (SELECT f.{key} FROM crpm.load_files AS f WHERE f.load_id <= {last_load})"
            rows = connection.execute(
                f"SELECT (to_jsonb(t.*) - {UNLIKE})::text FROM crpm.{table} AS t {only} ORDER BY 1"
            )
            found[table] = [row[0] for row in rows]
        return found


def differences(database: OwnDatabase) -> dict[str, int]:
    return {result.check: result.differences for result in verify(database.owner_url) if result.differences}


def take_back(business: Business, load_id: int, actor: Actor = MANAGER) -> None:
    undo(business.database.owner_url, load_id, actor=actor)


def until_one_waits(business: Business) -> None:
    """Returns when a connection waits for a lock that another one holds."""
    waiting = """
        SELECT count(*) FROM pg_locks
        WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    with business.database.connect() as connection:
        while connection.execute(waiting).fetchone() == (0,):
            pass


def everything_changes(business: Business) -> None:
    """Files that add to every table and change every record that a load may change."""
    business.write("Customers.csv", CARTER.replace("Boston", "Lowell").replace("North America", "West"), ANN)
    business.write("Products.csv", KETTLE.replace("Kettle,", "Mini,").replace("10.50", "11.00"), LAMP)
    business.write("Stores.csv", "1,Italy,Palermo,1100.0,1/13/2008", "2,France,,90,1/1/2015")
    business.write("Exchange_Rates.csv", "1/13/2020,EUR,0.95", "1/14/2020,EUR,0.96", "1/13/2020,USD,1")
    business.write(
        "Sales.csv",
        "100,3,1/13/2020,,1,1,2,5,EUR",
        "103,1,1/14/2020,,3,2,3,1,EUR",
        "104,1,1/14/2020,1/16/2020,3,2,2,1,EUR",
        "105,1,1/14/2020,,2,1,1,a few,EUR",
    )
    business.write("Stock.csv", "2,3,7", "2,2,0", "1,2,100")


def test_everything_is_as_before(business: Business) -> None:
    business.append("Sales.csv", "103,1,1/14/2020,,3,2,3,1,EUR")
    business.load()
    before = content(business.database)
    everything_changes(business)
    report = business.load()
    changed = content(business.database)
    assert {
        table for table in before if before[table] != changed[table]
    } >= {  # else nothing would be proved of these
        "customers",
        "products",
        "stores",
        "exchange_rates",
        "orders",
        "order_lines",
        "stock_movements",
        "stock_levels",
        "product_prices",
        "categories",
        "subcategories",
        "countries",
        "rejects",
    }
    take_back(business, report.load_id)
    assert content(business.database, last_load=1) == before
    assert differences(business.database) == {}
    # It can be loaded again, with the same account.
    again = business.load()
    assert (again.files, again.money) == (report.files, report.money)


def test_the_only_load_is_taken_back_and_the_company_stays(loaded: Business) -> None:
    take_back(loaded, 1)
    left = {table for table, rows in content(loaded.database, last_load=0).items() if rows}
    assert left == {"countries", "currencies", "schema_versions", "settings", "tax_classes"}
    assert differences(loaded.database) == {}


def test_sales_of_a_live_load_give_their_stock_back_and_the_ledger_rows_are_kept(loaded: Business) -> None:
    before = content(loaded.database)
    with loaded.database.connect() as connection:
        [(today,)] = connection.execute(
            "SELECT to_char(opening_count_on, 'MM/DD/YYYY') FROM crpm.stores LIMIT 1"
        )
        [(after,)] = connection.execute("SELECT to_char(current_date + 1, 'MM/DD/YYYY')")
    loaded.append("Exchange_Rates.csv", f"{today},EUR,0.9")
    loaded.write("Sales.csv", f"200,1,{today},{after},1,1,2,30,EUR")
    report = loaded.load(is_live=True, date_order="mdy")
    assert loaded.rows("SELECT on_hand FROM crpm.stock_levels WHERE (store_id, product_id) = (1, 2)") == [
        (70,)
    ]
    take_back(loaded, report.load_id)
    assert content(loaded.database, last_load=1) == before
    assert loaded.rows("SELECT movement_type, quantity, recorded_by FROM crpm.undone_movements") == [
        ("sale", -30, "test-manager")
    ]
    assert differences(loaded.database) == {}


def test_a_delivery_that_a_load_brought_is_taken_back(loaded: Business) -> None:
    before = content(loaded.database)
    loaded.write(
        "Sales.csv", "100,1,1/13/2020,1/19/2020,1,1,1,2,EUR", "100,2,1/13/2020,1/19/2020,1,1,2,1,EUR"
    )
    report = loaded.load()
    delivered = "SELECT delivered_on::text FROM crpm.orders WHERE order_number = '100'"
    assert loaded.rows(delivered) == [("2020-01-19",)]
    take_back(loaded, report.load_id)
    assert loaded.rows(delivered) == [(None,)]
    assert content(loaded.database, last_load=1) == before


def test_a_reject_that_the_load_had_resolved_is_open_again(business: Business) -> None:
    business.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD")
    business.load()
    business.write("Sales.csv", "212,1,1/13/2020,,1,1,2,2,USD")
    report = business.load()
    assert business.rows("SELECT resolved_by_line FROM crpm.rejects") == [(2,)]
    take_back(business, report.load_id)
    assert business.rows("SELECT resolved_by_line FROM crpm.rejects") == [(None,)]


def test_what_people_edited_beside_the_load_stays(loaded: Business) -> None:
    loaded.write("Customers.csv", CARTER.replace("Boston", "Lowell"))
    report = loaded.load()
    loaded.run("UPDATE crpm.customers SET phone = '12345' WHERE source_key = '2'")
    take_back(loaded, report.load_id)
    assert loaded.rows("SELECT city, phone FROM crpm.customers WHERE source_key = '2'") == [
        ("Boston", "12345")
    ]


def test_who_took_it_back_and_when_is_on_record(loaded: Business) -> None:
    take_back(loaded, 1, Actor("ada", "crpm_admin"))
    assert loaded.rows(
        """
        SELECT l.status, u.undone_by, u.channel, u.undone_at BETWEEN l.started_at AND now()
        FROM crpm.loads AS l INNER JOIN crpm.load_undos AS u ON l.load_id = u.load_id
        """
    ) == [("undone", "ada", "loader", True)]
    assert loaded.rows("SELECT sum(rows_loaded) FROM crpm.load_files") == [(11,)]


def test_loads_are_taken_back_one_after_the_other(loaded: Business) -> None:
    everything_changes(loaded)
    loaded.load()
    with pytest.raises(UndoRefusedError) as refused:
        take_back(loaded, 1)
    assert "- changed by a later load, which is to be taken back first: " in str(refused.value)
    assert "customer John Carter by load 2" in str(refused.value)
    take_back(loaded, 2)
    take_back(loaded, 1)
    assert loaded.rows("SELECT status FROM crpm.loads") == [("undone",), ("undone",)]
    assert loaded.rows("SELECT count(*) FROM crpm.customers") == [(0,)]


BUY = "SELECT * FROM crpm.record_purchase(1, ARRAY[2], ARRAY[1]::numeric[], gen_random_uuid(){})"
RATE_OF_TODAY = "INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base) VALUES ('EUR', current_date, 0.9)"
OBSTACLES: dict[str, tuple[str, str]] = {
    "a purchase of a product": (BUY.format(""), "bought since, or by another load: 1 (product Kettle)"),
    "a purchase by a customer": (
        BUY.format(", 2"),
        "buying since, or in another load: 1 (customer John Carter)",
    ),
    "a purchase at a store": (BUY.format(""), "selling since, or in another load: 1 (store Enna, Italy)"),
    "stock that has moved": (
        "SELECT crpm.receive_stock(1, ARRAY[2], ARRAY[5]::numeric[], 'DN-1')",
        "moved in stock since: 1 (Kettle at Enna, Italy)",
    ),
    "an edited customer": (
        "UPDATE crpm.customers SET phone = '123' WHERE customer_id = 2",
        "edited since: 1 (customer John Carter)",
    ),
    "an edited product": (
        "UPDATE crpm.products SET color = 'Red'",
        "edited since: 2 (product Espresso machine;",
    ),
    "an edited store": (
        "UPDATE crpm.stores SET name = 'Hill' WHERE store_id = 1",
        "edited since: 1 (store Hill)",
    ),
    "a renamed category": ("UPDATE crpm.categories SET name = 'Pots'", "edited since: 1 (category Pots)"),
    "another price": (
        "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (2, 'USD', 13)",
        "given another price, cost or barcode since: 1 (product Kettle)",
    ),
    "a barcode": (
        "INSERT INTO crpm.product_barcodes VALUES ('4006381333931', 2)",
        "given another price, cost or barcode since: 1 (product Kettle)",
    ),
    "a product in a category of the load": (
        """
        INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
        SELECT 'X', 'Pan', 1, min(tax_class_id) FROM crpm.tax_classes
        """,
        "of a category that goes: 1 (product Pan)",
    ),
    "a return": (
        "SELECT crpm.record_return(1, 1, 1, 1, 'too loud', FALSE, gen_random_uuid())",
        "returned since: 1 (order 100, line 1)",
    ),
    "a delivery noted by hand": (
        "SELECT crpm.mark_delivered(1, 1, '2020-01-20')",
        "edited since: 1 (order 100)",
    ),
    "a count sheet": ("SELECT crpm.make_count_sheet(1)", "on a count sheet: 3 (product Espresso machine;"),
    "a parked purchase": (
        """
        INSERT INTO crpm.parked_purchases (store_id, request_id, basket, parked_by)
        VALUES (1, gen_random_uuid(), '{"lines": [{"product_id": 2, "quantity": "1"}]}', 'eve')
        """,
        "in a parked purchase: 1 (the one parked by eve on ",
    ),
    "a user of the store": (
        "INSERT INTO crpm.users (user_name, role_name, store_id) VALUES ('eve', 'crpm_clerk', 1)",
        "the place of a user: 1 (eve)",
    ),
    "a merged customer": (
        """
        WITH other AS (INSERT INTO crpm.customers (name, merged_into_customer_id) VALUES ('J.', 2) RETURNING 1)
        SELECT * FROM other
        """,
        "carrying the history of another customer: 1 (customer John Carter)",
    ),
    "a closed day of a store that goes": (
        "INSERT INTO crpm.daily_closes (store_id, business_day, version) VALUES (1, '2020-03-01', 1)",
        "closed since: 1 (Enna, Italy on 2020-03-01)",
    ),
    "a shelf counted empty": (
        """
        INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
        SELECT 'X', 'Pan', 1, min(tax_class_id) FROM crpm.tax_classes;
        INSERT INTO crpm.stock_levels (store_id, product_id, on_hand) VALUES (1, 3, 0)
        """,
        "counted since: 1 (Pan at Enna, Italy)",
    ),
    "a closed day": (
        "INSERT INTO crpm.daily_closes (store_id, business_day, version) VALUES (1, '2020-01-13', 1)",
        "closed since: 1 (Enna, Italy on 2020-01-13)",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_depends_on_the_load_is_named_and_nothing_is_taken_back(loaded: Business, name: str) -> None:
    statement, reason = OBSTACLES[name]
    loaded.run(RATE_OF_TODAY)
    loaded.run(statement)
    before = content(loaded.database)
    with pytest.raises(UndoRefusedError) as refused:
        take_back(loaded, 1)
    assert str(refused.value).startswith("Load 1 cannot be taken back. Of what it brought:\n- ")
    assert f"- {reason}" in str(refused.value)
    assert content(loaded.database) == before
    assert loaded.rows("SELECT count(*) FROM crpm.load_undos") == [(0,)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "UPDATE crpm.customers SET city = 'Salem' WHERE source_key = '2'",
            "edited since: 1 (customer John Carter)",
        ),
        (
            "UPDATE crpm.countries SET continent = 'North' WHERE country_code = 'US'",
            "edited since: 1 (country",
        ),
        (
            "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (2, 'USD', 13)",
            "given another price, cost or barcode since: 1 (product Mini)",
        ),
    ],
)
def test_an_update_that_was_edited_since_is_not_taken_back(
    loaded: Business, statement: str, reason: str
) -> None:
    everything_changes(loaded)
    report = loaded.load()
    loaded.run(statement)
    with pytest.raises(UndoRefusedError) as refused:
        take_back(loaded, report.load_id)
    assert reason in str(refused.value)


def test_a_product_whose_former_subcategory_is_gone_is_named(loaded: Business) -> None:
    loaded.write("Products.csv", KETTLE.replace("0102,Kettles", "0101,Coffee"))
    report = loaded.load()
    loaded.run("DELETE FROM crpm.subcategories WHERE name = 'Kettles'")
    with pytest.raises(
        UndoRefusedError, match=r"- to go back to a subcategory that is .*: 1 \(product Kettle\)"
    ):
        take_back(loaded, report.load_id)


def test_a_day_that_was_closed_with_the_load_s_sales_is_named(loaded: Business) -> None:
    loaded.write("Sales.csv", "200,1,1/14/2020,,1,1,2,1,EUR")
    report = loaded.load(date_order="mdy")
    loaded.run("INSERT INTO crpm.daily_closes (store_id, business_day, version) VALUES (1, '2020-01-14', 1)")
    with pytest.raises(UndoRefusedError, match=r"- closed since: 1 \(Enna, Italy on 2020-01-14\)"):
        take_back(loaded, report.load_id)


def test_a_line_that_a_later_load_added_is_named(loaded: Business) -> None:
    loaded.write("Sales.csv", "100,3,1/13/2020,,1,1,2,5,EUR")
    loaded.load()
    with pytest.raises(UndoRefusedError, match="given another line by a later load"):
        take_back(loaded, 1)


def test_stock_that_was_counted_since_a_live_load_is_named(loaded: Business) -> None:
    [(today,)] = loaded.rows("SELECT to_char(opening_count_on, 'MM/DD/YYYY') FROM crpm.stores LIMIT 1")
    loaded.append("Exchange_Rates.csv", f"{today},EUR,0.9")
    loaded.write("Sales.csv", f"200,1,{today},,1,1,2,30,EUR")
    report = loaded.load(is_live=True, date_order="mdy")
    loaded.run("SELECT crpm.adjust_stock(1, 2, 60, 'counted')")
    with pytest.raises(UndoRefusedError, match=r"- counted since: 1 \(Kettle at Enna, Italy\)"):
        take_back(loaded, report.load_id)


def test_a_rate_that_a_person_has_changed_stays_theirs(loaded: Business) -> None:
    loaded.run("UPDATE crpm.exchange_rates SET units_per_base = 0.8 WHERE currency_code = 'EUR'")
    take_back(loaded, 1)
    assert loaded.rows("SELECT currency_code, load_file_id FROM crpm.exchange_rates") == [("EUR", None)]


def test_a_load_is_taken_back_once(loaded: Business) -> None:
    take_back(loaded, 1)
    with pytest.raises(
        UndoRefusedError, match=r"^Load 1 cannot be taken back. It was taken back on .* by test-manager"
    ):
        take_back(loaded, 1)


def test_there_must_be_such_a_load(business: Business) -> None:
    with pytest.raises(NoSuchLoadError, match=r"^There is no load 3\.$"):
        take_back(business, 3)


def test_a_clerk_may_not_take_a_load_back(loaded: Business) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        take_back(loaded, 1, Actor("eve", "crpm_clerk"))
    assert loaded.rows("SELECT status FROM crpm.loads") == [("loaded",)]


NAMES = st.sampled_from(["Ann", "Bea", "Cis", ""])
KEYS = st.integers(1, 4)
COUNTRIES = (st.sampled_from(["Italy", "France"]), st.sampled_from(["Europe", "South"]))
CATEGORIES = st.sampled_from(["1,Sub,1,Cat", "2,Other,1,Cat", "1,Sub,2,Dog", "0101,Coffee,01,Kitchen"])
DAYS = st.sampled_from(["1/13/2020", "1/14/2020", "{today}"])
FILES = st.fixed_dictionaries(
    {
        "Customers.csv": st.lists(
            st.builds("{},Female,{},{},,,,{},{},1/31/1990".format, KEYS, NAMES, NAMES, *COUNTRIES), max_size=4
        ),
        "Products.csv": st.lists(
            st.builds(
                "{},{},,,{},{},{}".format,
                KEYS,
                NAMES,
                st.integers(1, 3),
                st.integers(1, 3),
                CATEGORIES,
            ),
            max_size=4,
        ),
        "Stores.csv": st.lists(
            st.builds("{},Italy,{},{},1/13/2008".format, st.integers(1, 3), NAMES, st.integers(0, 2)),
            max_size=3,
        ),
        "Exchange_Rates.csv": st.lists(
            st.builds("{},{},{}".format, DAYS, st.sampled_from(["EUR", "GBP"]), st.integers(0, 3)), max_size=4
        ),
        "Sales.csv": st.lists(
            st.builds(
                "{},{},{},{},{},{},{},{},EUR".format,
                st.integers(100, 104),
                st.integers(1, 3),
                DAYS,
                st.sampled_from(["", "{today}"]),
                KEYS,
                st.integers(0, 3),
                KEYS,
                st.integers(0, 40),
            ),
            max_size=6,
        ),
        "Stock.csv": st.lists(
            st.builds("{},{},{}".format, st.integers(0, 3), KEYS, st.integers(0, 9)), max_size=4
        ),
        "Returns.csv": st.lists(
            st.builds(
                "{},{},{},,{},{},{},,{}".format,
                st.sampled_from(["", "R1"]),
                st.integers(100, 103),
                st.integers(1, 2),
                st.integers(0, 3),
                st.sampled_from(["1/14/2020", "1/15/2020", "{today}"]),
                st.sampled_from(["", "0", "1"]),
                st.sampled_from(["", "1.00", "10.50"]),
            ),
            max_size=4,
        ),
    }
)


def test_any_load_on_any_load_is_taken_back_whole(loaded: Business) -> None:
    # New sales need a rate of today.
    [(today,)] = loaded.rows("SELECT to_char(opening_count_on, 'MM/DD/YYYY') FROM crpm.stores LIMIT 1")
    for name in SMALL_FILES:
        loaded.write(name)
    loaded.write("Exchange_Rates.csv", f"{today},EUR,0.9")
    last_load = loaded.load(date_order="mdy").load_id
    before = content(loaded.database)
    changed = 0

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(files=FILES, is_live=st.booleans())
    def prove(files: dict[str, list[str]], is_live: bool) -> None:
        nonlocal changed
        for name, rows in files.items():
            loaded.write(name, *(row.format(today=today) for row in rows))
        report = loaded.load(is_live=is_live, date_order="mdy")
        changed += sum(file.loaded + file.updated for file in report.files)
        take_back(loaded, report.load_id)
        assert content(loaded.database, last_load=last_load) == before

    prove()
    assert changed > 0
    assert differences(loaded.database) == {}


def test_an_undo_waits_for_a_load_and_then_sees_what_it_brought(loaded: Business) -> None:
    with psycopg.connect(loaded.database.owner_url) as other, ThreadPoolExecutor(1) as beside:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])
        undoing = beside.submit(take_back, loaded, 1)
        until_one_waits(loaded)
        other.execute("UPDATE crpm.customers SET phone = '123' WHERE customer_id = 2")
        other.commit()
        with pytest.raises(UndoRefusedError, match="edited since"):
            undoing.result(timeout=30)


def test_an_undo_waits_for_a_purchase_at_the_till(loaded: Business) -> None:
    loaded.run(RATE_OF_TODAY)
    with psycopg.connect(loaded.database.owner_url) as other, ThreadPoolExecutor(1) as beside:
        other.execute(BUY.format(""))
        undoing = beside.submit(take_back, loaded, 1)
        until_one_waits(loaded)
        other.commit()
        with pytest.raises(UndoRefusedError, match="bought since"):
            undoing.result(timeout=30)


def test_a_load_is_taken_back_on_the_command_line(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    business.load()
    business.run("UPDATE crpm.customers SET phone = '123' WHERE customer_id = 2")
    assert main(["undo", "1"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "- edited since: 1 (customer John Carter)"
    everything_changes(business)
    business.load()
    assert main(["undo", "2"]) == 0
    assert capsys.readouterr().out == "Load 2 is taken back.\n"
