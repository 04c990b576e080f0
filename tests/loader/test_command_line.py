import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loader.__main__ import main
from tests.conftest import HERE
from tests.loader.conftest import Business


@pytest.fixture
def files(business: Business, monkeypatch: pytest.MonkeyPatch) -> Business:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    return business


def test_account_is_printed_as_a_table(files: Business, capsys: pytest.CaptureFixture[str]) -> None:
    files.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD")
    (files.folder / "notes.txt").touch()
    assert main(["load", str(files.folder)]) == 0
    out, err = capsys.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:8] == [
        "File Read Loaded Updated Duplicate Rejected Conflicts",
        "Customers.csv 2 2 0 0 0 0",
        "Products.csv 2 2 0 0 0 0",
        "Stores.csv 2 2 0 0 0 0",
        "Exchange_Rates.csv 2 2 0 0 0 0",
        "Sales.csv 4 3 0 0 1 0",
        "Sales, USD 2,640.00 2,640.00 0.00 0.00",
        "",
    ]
    assert "Rejected rows, each kept with its reason in crpm.rejects: 1." in out
    assert "Sales rows without money, as their price or quantity cannot be read: 1." in out
    assert "Files not understood and left alone: notes.txt." in out
    assert err.splitlines()[0] == "Reading Customers.csv (utf-8)"


def test_json_is_one_object_and_nothing_else(files: Business, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", str(files.folder)]) == 0
    capsys.readouterr()
    assert main(["load", str(files.folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.keys() == {"load_id", "files", "money", "unpriced_rows", "created_customers"}
    assert report["files"][-1] == {
        "file": "Sales.csv",
        "read": 3,
        "loaded": 0,
        "updated": 0,
        "duplicate": 3,
        "rejected": 0,
        "conflicts": 0,
        "missing": {"Delivery Date": {"cells": 2, "done": "left empty"}},
    }
    assert report["money"] == {
        "read": "2640.00",
        "loaded": "0.00",
        "duplicate": "2640.00",
        "rejected": "0.00",
    }


def test_second_load_says_that_nothing_changed(files: Business, capsys: pytest.CaptureFixture[str]) -> None:
    main(["load", str(files.folder)])
    assert "done." in capsys.readouterr().out
    assert main(["load", str(files.folder)]) == 0
    assert "nothing changed." in capsys.readouterr().out


def test_options_reach_the_load(files: Business) -> None:
    files.write("Sales.csv", "100,1,2/3/2020,,1,1,1,2,USD")
    options = ["--opening-stock", "3", "--source", "till", "--company", "Ours", "--date-order", "dmy"]
    assert main(["load", str(files.folder), *options]) == 0
    assert files.rows("SELECT source_system FROM crpm.loads") == [("till",)]
    assert files.rows("SELECT company_name FROM crpm.settings") == [("Ours",)]
    assert files.rows("SELECT DISTINCT on_hand FROM crpm.stock_levels") == [(3,)]
    assert files.rows("SELECT order_date::text FROM crpm.orders") == [("2020-03-02",)]


def test_status_is_two_where_the_load_stops_to_ask(
    files: Business, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write("Sales.csv", "100,1,2/3/2020,,1,1,1,2,EUR")
    assert main(["load", str(files.folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-2].startswith("Sales.csv, column Order Date: every date could be")
    assert err.splitlines()[-1] == "Nothing was loaded: say --date-order mdy or dmy."


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Sales.csv", "", "error: Sales.csv is empty."),
        (
            "Stock.csv",
            "StoreKey,Count\n",
            "error: Stock.csv lacks the columns ProductKey, Quantity. It has StoreKey, Count.",
        ),
        ("Stores.csv", "PK\x03\x04", "error: Stores.csv is no text file. Save it as CSV."),
    ],
)
def test_status_is_one_where_a_file_cannot_be_used(
    files: Business, capsys: pytest.CaptureFixture[str], name: str, content: str, message: str
) -> None:
    (files.folder / name).write_text(content)
    assert main(["load", str(files.folder)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", message)


def test_status_is_one_where_there_is_nothing_to_load(
    files: Business, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load", str(files.folder / "nowhere")]) == 1
    assert capsys.readouterr().err == f"error: There is no folder {files.folder / 'nowhere'}.\n"


def test_unreachable_database_is_one_line(
    files: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["load", str(files.folder)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_program_loads_into_a_database_without_the_schema(server: str, files: Business) -> None:
    files.run("DROP SCHEMA crpm, analytics, staging CASCADE")
    done = subprocess.run(
        [sys.executable, "-m", "loader", "load", str(files.folder), "--json"],
        cwd=HERE.parent,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["money"]["loaded"] == "2640.00"
    assert "Built the schema" in done.stderr


def test_read_prints_what_was_understood(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes('Key;Name\n1;" Müller, ""Bob"" "\n2;"two\nlines"\n3\n'.encode("cp1252"))
    done = subprocess.run(
        [sys.executable, "-m", "loader", "read", str(path)],
        cwd=HERE.parent,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.decode() == 'Key,Name\r\n1," Müller, ""Bob"" "\r\n2,"two\nlines"\r\n3\r\n'


def test_demo_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tmp_path / "new" / "demo")]) == 0
    assert len(list((tmp_path / "new" / "demo").iterdir())) == 6
    assert capsys.readouterr().out == ""
