import json
from typing import Any

import pytest

from app.repositories.loads import LoadsRepository
from app.ui.loads_view import LoadsView
from db.pool import Actor, Database
from loader.account import as_json, as_table
from loader.mojibake import GarbledText
from tests.loader.conftest import SMALL_FILES, Business, account_of


def notes(business: Business, target: str) -> dict[str, Any]:
    [(found,)] = business.rows(f"SELECT notes FROM crpm.load_files WHERE target = '{target}'")
    assert isinstance(found, dict)
    return found


def test_missing_cells_are_counted_by_column_with_what_was_done(business: Business) -> None:
    business.append(
        "Sales.csv",
        "102,1,1/13/2020,,,1,2,1,",
        "103,1,1/13/2020,N/A, - ,1,2,,EUR",
        ",1,1/13/2020,0/0/0,1,1,2,1,EUR",
        "104,1",
    )
    business.append(
        "Customers.csv", "3,,Ann,,NA,null,-,,Europe,", "4,unknown,,Rome,RM,Roma,1,Italy,Europe,NA"
    )
    business.append("Products.csv", "3,Pan,,Red,,$2.00,,Pans,,Kitchen")
    business.append("Stores.csv", "2,Italy,Roma,,", "3,,Roma,,")
    business.append("Exchange_Rates.csv", "1/14/2020,EUR,")
    business.write("Stock.csv", "1,1,5", ",1,5", "1,2,")
    report = business.load()
    assert {file.target: file.missing for file in report.files} == {
        "sales": {
            "Delivery Date": {"cells": 5, "done": "left empty"},
            "CustomerKey": {"cells": 2, "done": "default: walk-in"},
            "Currency Code": {"cells": 1, "done": "default: currency of the store"},
            "Quantity": {"cells": 1, "done": "row rejected"},
            "Order Number": {"cells": 1, "done": "row rejected"},
        },
        "customers": {
            "Gender": {"cells": 2, "done": "left empty"},
            "Name": {"cells": 1, "done": "row rejected"},
            "City": {"cells": 1, "done": "left empty"},
            "State": {"cells": 1, "done": "left empty"},
            "Zip Code": {"cells": 1, "done": "left empty"},
            "Country": {"cells": 1, "done": "left empty"},
            "Birthday": {"cells": 2, "done": "left empty"},
        },
        "products": {
            "Brand": {"cells": 1, "done": "left empty"},
            "Unit Cost USD": {"cells": 1, "done": "left empty"},
            "SubcategoryKey": {"cells": 1, "done": "default: the name"},
            "CategoryKey": {"cells": 1, "done": "default: the name"},
        },
        # "Online" is where the online shop is, and no missing country.
        "stores": {
            "Country": {"cells": 1, "done": "row rejected"},
            "Square Meters": {"cells": 3, "done": "left empty"},
            "Open Date": {"cells": 2, "done": "left empty"},
        },
        "rates": {"Exchange": {"cells": 1, "done": "row rejected"}},
        "stock": {
            "StoreKey": {"cells": 1, "done": "row rejected"},
            "Quantity": {"cells": 1, "done": "row rejected"},
        },
    }
    for file in report.files:
        assert notes(business, file.target)["missing"] == file.missing
        rejecting = {column for column, found in file.missing.items() if found["done"] == "row rejected"}
        refused = business.rows(
            f"""
            SELECT DISTINCT r.column_name
            FROM crpm.rejects AS r INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
            WHERE r.reason_code = 'missing' AND f.target = '{file.target}'
            """
        )
        assert {column for (column,) in refused} == rejecting


def test_files_of_one_target_are_counted_apart(business: Business) -> None:
    header = SMALL_FILES["Sales.csv"].split("\n")[0]
    (business.folder / "Sales.csv.gz").write_text(f"{header}\n105,1,1/13/2020,1/14/2020,,1,2,1,EUR\n")
    report = business.load()
    assert account_of(report, "Sales.csv").missing.keys() == {"Delivery Date"}
    assert account_of(report, "Sales.csv.gz").missing == {
        "CustomerKey": {"cells": 1, "done": "default: walk-in"}
    }


def test_text_read_in_a_wrong_encoding_is_counted_and_left_as_it_is(business: Business) -> None:
    business.append(
        "Customers.csv",
        "3,Female,Zoë Müller,Köln,NW,NRW,50667,Germany,Europe,4/18/1981",
        "4,Female,Anna MÃ¼ller,KÃ¶ln,NW,NRW,50667,Germany,Europe,4/18/1981",
        "5,Male,Ben,KÃ¶ln,NW,NRW,50667,Germany,Europe,4/18/1981",
    )
    report = business.load()
    assert account_of(report, "Customers.csv").mojibake == {"rows": 2, "line": 5, "example": "MÃ¼ller"}
    assert account_of(report, "Sales.csv").mojibake is None
    assert business.rows("SELECT name FROM crpm.customers WHERE source_key = '4'") == [("Anna MÃ¼ller",)]
    assert (
        "Read in a wrong encoding before, Customers.csv: 2 rows, such as MÃ¼ller on line 5. It was left as it is."
        in as_table(report)
    )
    files = {file["file"]: file for file in json.loads(as_json(report))["files"]}
    assert files["Customers.csv"]["mojibake"]["rows"] == 2
    assert "mojibake" not in files["Sales.csv"]
    # Of a customer who is anonymised no part of the name stays.
    business.run("UPDATE crpm.customers SET anonymised_at = now() WHERE source_key = '4'")
    assert notes(business, "customers")["mojibake"] == {"rows": 2, "line": 5}


@pytest.mark.parametrize(
    ("cell", "example"),
    [
        (text.encode().decode("cp1252", errors="ignore"), text)
        for text in ("Müller", "São Tomé", "Łódź", "Παπα", "Пётр", "It’s", "5 €", "אבג", "北京")
    ],
)
def test_text_of_every_script_that_was_read_as_windows_text_is_known(cell: str, example: str) -> None:
    assert cell != example
    garbled = GarbledText()
    garbled.look_at(1, [cell])
    assert garbled.rows == 1


@pytest.mark.parametrize(
    "cell",
    [
        "Müller",
        "SÃO PAULO",
        "Ñandú",
        "« café »…",
        "CAFÉ”",
        "Großß“",
        "100 €",
        "Łódź",
        "北京",
        "¿Qué?",
        "Å, Ä & Ö",
        "é…”",
    ],
)
def test_text_that_only_looks_foreign_is_not_taken_for_garbled(cell: str) -> None:
    garbled = GarbledText()
    garbled.look_at(1, [cell])
    assert garbled.rows == 0


def test_missing_cells_are_printed_below_the_table_and_shown_with_the_load(business: Business) -> None:
    business.append("Sales.csv", "102,1,1/13/2020,,MÃ¼ller,1,2,1,EUR")
    report = business.load()
    table = as_table(report)
    assert "\nMissing in Sales.csv: Delivery Date 3 (left empty).\n" in table
    assert "Missing in Products.csv" not in table
    database = Database(business.database.app_url, max_size=1)
    with database.transaction(Actor("ada", "crpm_manager")) as connection:
        files = LoadsRepository(connection).files(load_id=report.load_id)
    database.close()
    view = LoadsView()
    view.place_account()
    shown = view.files.table(files)
    assert "Delivery Date 3 (left empty)" in str(shown)
    assert "in a wrong encoding: 1 row, such as MÃ¼ller on line 5" in str(shown)
