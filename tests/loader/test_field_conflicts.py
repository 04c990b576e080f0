import json
from decimal import Decimal

import pytest

from loader.__main__ import main
from tests.loader.conftest import Business, account_of

CARTER = "2,Male,John Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975"
KETTLE = "2,Kettle,Fjordline,Black,$4.20 ,$10.50 ,0102,Kettles,01,Kitchen"
CUSTOMER = "SELECT name, city FROM crpm.customers WHERE source_key = '2'"
CONFLICTS = """
SELECT f.file_name, c.line_number, c.column_name, c.record_id, c.was_loaded, c.in_file, c.is_now
FROM crpm.load_conflicts AS c
INNER JOIN crpm.load_files AS f ON c.load_file_id = f.load_file_id
ORDER BY c.load_file_id, c.line_number, c.field
"""


def test_a_field_that_a_person_edited_stays_and_another_is_updated(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET city = 'Salem' WHERE source_key = '2'")
    loaded.write("Customers.csv", CARTER.replace("John Carter", "Jon Carter"))
    report = loaded.load()
    assert account_of(report, "Customers.csv").conflicts == 0
    assert loaded.rows(CUSTOMER) == [("Jon Carter", "Salem")]


def test_a_field_that_person_and_file_changed_differently_is_a_conflict(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET city = 'Salem' WHERE source_key = '2'")
    loaded.write("Customers.csv", CARTER.replace("Boston", "Lowell").replace("John", "Jon"))
    report = loaded.load()
    assert account_of(report, "Customers.csv").conflicts == 1
    assert loaded.rows(CUSTOMER) == [("Jon Carter", "Salem")]
    assert loaded.rows(CONFLICTS) == [("Customers.csv", 2, "City", 2, "Boston", "Lowell", "Salem")]
    # It is told once: the file has been read with that.
    assert loaded.load().is_unchanged
    assert len(loaded.rows(CONFLICTS)) == 1


def test_a_field_that_person_and_file_changed_alike_is_no_conflict(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET city = 'Lowell' WHERE source_key = '2'")
    loaded.write("Customers.csv", CARTER.replace("Boston", "Lowell"))
    loaded.load()
    assert loaded.rows(CONFLICTS) == []
    # From now on the file's are followed again.
    loaded.write("Customers.csv", CARTER.replace("Boston", "Quincy"))
    loaded.load()
    assert loaded.rows(CUSTOMER) == [("John Carter", "Quincy")]


def test_what_a_person_took_away_stays_away(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET city = NULL WHERE source_key = '2'")
    loaded.write("Customers.csv", CARTER.replace("John", "Jon"))
    loaded.load()
    assert loaded.rows(CUSTOMER) == [("Jon Carter", None)]
    loaded.write("Customers.csv", CARTER.replace("Boston", "Lowell"))
    loaded.load()
    assert loaded.rows(CONFLICTS) == [("Customers.csv", 2, "City", 2, "Boston", "Lowell", None)]


def test_a_column_that_comes_later_does_not_revert_what_people_entered(business: Business) -> None:
    header, row = "CustomerKey,Name", "2,John Carter"
    (business.folder / "Customers.csv").write_text(f"{header}\n{row}\n3,Ann\n")
    business.load()
    business.run("UPDATE crpm.customers SET city = 'Salem' WHERE source_key = '2'")
    (business.folder / "Customers.csv").write_text(f"{header},City\n{row},Boston\n3,Ann,Rome\n")
    business.load()
    assert business.rows("SELECT city FROM crpm.customers ORDER BY source_key") == [("Salem",), ("Rome",)]
    assert business.rows(CONFLICTS) == [("Customers.csv", 2, "City", 1, None, "Boston", "Salem")]
    # A file without it again changes nothing of it.
    (business.folder / "Customers.csv").write_text(f"{header}\n2,Jon Carter\n")
    business.load()
    assert business.rows(CUSTOMER) == [("Jon Carter", "Salem")]


def test_a_price_that_a_person_set_is_not_reverted(loaded: Business) -> None:
    loaded.run(
        "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (2, 'USD', 13)"
    )
    loaded.write("Products.csv", KETTLE.replace("Kettle,", "Kettle mini,"))
    loaded.load()
    prices = "SELECT unit_price FROM crpm.product_prices WHERE product_id = 2 ORDER BY valid_from"
    assert loaded.rows(prices) == [(Decimal("10.50"),), (Decimal("13"),)]
    assert loaded.rows("SELECT name FROM crpm.products WHERE product_id = 2") == [("Kettle mini",)]
    loaded.write("Products.csv", KETTLE.replace("10.50", "12.00").replace("4.20", "4.40"))
    loaded.load()
    assert loaded.rows(CONFLICTS) == [("Products.csv", 2, "Unit Price USD", 2, "10.50", "12.00", "13")]
    costs = "SELECT unit_cost FROM crpm.product_costs WHERE product_id = 2 ORDER BY valid_from"
    assert loaded.rows(costs) == [(Decimal("4.20"),), (Decimal("4.40"),)]


def test_a_product_that_a_person_moved_stays_where_it_is(loaded: Business) -> None:
    loaded.run("UPDATE crpm.products SET subcategory_id = 1 WHERE product_id = 2")
    loaded.write("Products.csv", KETTLE.replace("0102,Kettles", "0103,Pots"))
    loaded.load()
    assert loaded.rows("SELECT subcategory_id FROM crpm.products WHERE product_id = 2") == [(1,)]
    assert loaded.rows(CONFLICTS) == [("Products.csv", 2, "Subcategory", 2, "Kettles", "Pots", "Coffee")]


def test_a_store_that_a_person_edited_is_merged_too(loaded: Business) -> None:
    loaded.run("UPDATE crpm.stores SET area_m2 = 900 WHERE source_key = '1'")
    loaded.write("Stores.csv", "1,Italy,Palermo,1100.0,1/13/2008")
    loaded.load()
    assert loaded.rows("SELECT state, area_m2 FROM crpm.stores WHERE source_key = '1'") == [
        ("Palermo", Decimal("900"))
    ]
    assert loaded.rows(CONFLICTS) == [("Stores.csv", 2, "Square Meters", 1, "1000.0", "1100.0", "900")]


def test_conflicts_are_counted_by_file(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    business.load()
    business.run("UPDATE crpm.customers SET city = 'Salem', name = 'J.' WHERE source_key = '2'")
    business.write("Customers.csv", CARTER.replace("Boston", "Lowell").replace("John", "Jon"))
    assert main(["load", str(business.folder)]) == 0
    out = capsys.readouterr().out
    assert "Customers.csv 1 0 1 0 0 2" in " ".join(out.split())
    assert "left as people edited them and kept in crpm.load_conflicts: 2." in out
    business.run("UPDATE crpm.customers SET city = 'Rome' WHERE source_key = '2'")
    business.write("Customers.csv", CARTER.replace("Boston", "Quincy").replace("John", "Jon"))
    assert main(["load", str(business.folder), "--json"]) == 0
    assert [file["conflicts"] for file in json.loads(capsys.readouterr().out)["files"]] == [1, 0, 0, 0, 0]


def test_what_files_said_of_an_anonymised_customer_is_forgotten(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET city = 'Salem' WHERE source_key = '2'")
    # The second row contradicts the first and is rejected.
    loaded.write("Customers.csv", CARTER.replace("Boston", "Lowell"), CARTER)
    loaded.load()
    assert loaded.rows("SELECT raw_text FROM crpm.rejects") == [(CARTER,)]
    assert loaded.rows("SELECT row_key FROM crpm.load_changes WHERE table_name = 'customers'") == [("2",)]
    assert loaded.rows("SELECT source_values ->> 'city' FROM crpm.customers WHERE source_key = '2'") == [
        ("Lowell",)
    ]
    with loaded.database.connect() as connection:
        connection.execute("SET ROLE crpm_manager")
        connection.execute("SELECT crpm.anonymise_customer(2, 'John Carter')")
    assert loaded.rows("SELECT source_values FROM crpm.customers WHERE source_key = '2'") == [(None,)]
    assert loaded.rows(CONFLICTS) == []
    assert loaded.rows("SELECT row_key FROM crpm.load_changes WHERE table_name = 'customers'") == []
    assert loaded.rows("SELECT raw_text, message FROM crpm.rejects") == [
        ("", "The row was about a customer who has been anonymised since.")
    ]
