import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from loader.__main__ import main
from loader.errors import UndecidedError
from loader.loading import load
from tests.loader.conftest import MANAGER, SMALL_FILES, Business, outcomes

SALES_HEADER = SMALL_FILES["Sales.csv"].split("\n", 1)[0]
STATES = """
SELECT r.line_number, g.load_id, g.file_name, r.resolved_by_line
FROM crpm.rejects AS r
INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
LEFT JOIN crpm.load_files AS g ON r.resolved_by_file = g.load_file_id
WHERE f.load_id = 1 ORDER BY r.load_file_id, r.line_number
"""


@pytest.fixture
def files(business: Business, monkeypatch: pytest.MonkeyPatch) -> Business:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    return business


def mended(business: Business, folder: Path, *changes: tuple[str, str]) -> None:
    """Write out the open rejects, mend their text, and load that folder."""
    assert main(["rejects", "1", "--into", str(folder)]) == 0
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8-sig")
        for old, new in changes:
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8-sig")
    load(business.database.owner_url, folder, actor=MANAGER, date_order="mdy")
    shutil.rmtree(folder)


def test_rejected_rows_come_out_under_their_header_as_they_stood(
    files: Business, capfd: pytest.CaptureFixture[str]
) -> None:
    files.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", '213,"1', "214,1,1/13/2020,,1,1,9,1,USD")
    files.load()
    assert main(["rejects", "--csv"]) == 0
    assert capfd.readouterr().out == "\r\n".join(
        [SALES_HEADER, "212,1,1/13/2020,,1,1,2,a pair,USD", '213,"1', "214,1,1/13/2020,,1,1,9,1,USD", ""]
    )


def test_delimiter_and_names_of_the_file_are_kept(files: Business, tmp_path: Path) -> None:
    (files.folder / "Stock.csv").write_bytes("Store Key;Product Key;Quantity\n1;Café;3\n".encode("cp1252"))
    files.load()
    assert main(["rejects", "1", "--into", str(tmp_path / "out")]) == 0
    written = (tmp_path / "out" / "Stock.csv").read_bytes()
    assert written == "\ufeffStore Key;Product Key;Quantity\r\n1;Café;3\r\n".encode()


def test_mended_rows_load_as_a_file_of_their_own_and_resolve_the_old_rejects(
    files: Business, tmp_path: Path
) -> None:
    files.append("Customers.csv", "3,Female,,Rome,RM,Roma,1,Italy,Europe,1/31/1990")
    files.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", "213,1,1/13/2020,,1,1,9,1,USD")
    files.load()
    assert files.rows(STATES) == [(4, None, None, None), (5, None, None, None), (6, None, None, None)]
    mended(files, tmp_path / "out", ("Female,,", "Female,Ann,"), ("a pair", "2"))
    assert files.rows(STATES) == [
        (4, 2, "Customers.csv", 2),
        (5, 2, "Sales.csv", 2),
        (6, None, None, None),
    ]
    # What is resolved is not written out again.
    assert main(["rejects", "1", "--into", str(tmp_path / "rest")]) == 0
    assert [path.name for path in (tmp_path / "rest").iterdir()] == ["Sales.csv"]


def test_a_row_that_cannot_be_taken_apart_is_resolved_by_the_key_that_is_seen_in_it(
    files: Business, tmp_path: Path
) -> None:
    files.append("Sales.csv", "213,1")
    files.load()
    mended(files, tmp_path / "out", ("213,1\n", "213,1,1/13/2020,,1,1,2,1,USD\n"))
    assert files.rows(STATES) == [(5, 2, "Sales.csv", 2)]


def test_a_row_whose_key_was_at_fault_is_resolved_by_a_new_row_that_differs_in_nothing_else(
    files: Business, tmp_path: Path
) -> None:
    files.append("Customers.csv", ",Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/1990")
    files.append("Sales.csv", "213,first,1/13/2020,,1,1,2,1,USD")
    files.load()
    mended(files, tmp_path / "out", (",Female,Ann", "77,Female,Ann"), ("first", "1"))
    assert files.rows(STATES) == [(4, 2, "Customers.csv", 2), (5, 2, "Sales.csv", 2)]


def test_a_row_whose_key_cannot_be_seen_is_resolved_by_the_same_letters_and_digits(
    files: Business, tmp_path: Path
) -> None:
    files.append("Exchange_Rates.csv", "1/14/2020,EUR;0.95")
    files.load()
    mended(files, tmp_path / "out", ("EUR;0.95", "EUR,0.95"))
    assert files.rows(STATES) == [(4, 2, "Exchange_Rates.csv", 2)]


def mended_alone(business: Business, folder: Path, *changes: tuple[str, str], more: str = "") -> None:
    """Write out the open rejects of the first load, mend their text, and load them without a hint."""
    assert main(["rejects", "1", "--into", str(folder)]) == 0
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8-sig")
        for old, new in changes:
            text = text.replace(old, new)
        path.write_text(text + (more if path.name == "Sales.csv" else ""), encoding="utf-8-sig")
    try:
        load(business.database.owner_url, folder, actor=MANAGER)
    finally:
        shutil.rmtree(folder)


def test_mended_rows_follow_what_was_decided_about_their_file(files: Business, tmp_path: Path) -> None:
    files.write("Sales.csv", "200,1,25/1/2020,,1,1,1,1,USD", "201,1,2/3/2020,,1,1,1,a pair,USD")
    files.write("Products.csv", '1,Kettle,B,,"1,50","2,50",1,S,1,K', "2,Pan,B,,cheap,1.234,1,S,1,K")
    files.load()
    mends = (("a pair", "2"), ("cheap", "1"))
    # One row more is another file, and is asked about.
    with pytest.raises(UndecidedError, match="month/day or day/month"):
        mended_alone(files, tmp_path / "more", *mends, more="203,1,2/3/2020,,1,1,1,1,USD\r\n")
    mended_alone(files, tmp_path / "out", *mends)
    assert files.rows("SELECT order_number, order_date::text FROM crpm.orders ORDER BY order_number") == [
        ("200", "2020-01-25"),
        ("201", "2020-03-02"),
    ]
    assert files.rows("SELECT unit_price FROM crpm.product_prices ORDER BY unit_price") == [
        (Decimal("2.50"),),
        (1234,),
    ]
    notes = files.rows(
        "SELECT target, notes -> 'date_order', notes -> 'decimal' FROM crpm.load_files WHERE load_id > 1 ORDER BY target"
    )
    assert notes == [
        ("products", None, {"Unit Price USD": {"decimal": "comma", "decided_by": "earlier load"}}),
        ("sales", {"Order Date": {"order": "dmy", "decided_by": "earlier load"}}, None),
    ]
    assert files.rows("SELECT count(*) FROM crpm.rejects WHERE resolved_by_file IS NULL") == [(0,)]


def test_mended_rows_of_a_file_whose_days_were_swapped_back_are_asked_about(
    files: Business, tmp_path: Path
) -> None:
    files.write("Sales.csv", "200,1,25/1/2020,,1,1,2,1,USD", "201,1,2020-02-01,,1,1,2,a pair,USD")
    files.load(date_order="dmy")
    with pytest.raises(UndecidedError, match="as when the file that this one mends was loaded"):
        mended_alone(files, tmp_path / "out", ("a pair", "2"))


def test_a_row_rejected_again_stays_open(files: Business) -> None:
    files.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", "100,2,1/13/2020,,1,1,2,7,EUR", ",1")
    files.load()
    report = files.load()
    assert outcomes(report, "Sales.csv") == (6, 0, 0, 3, 3)
    assert [row[1] for row in files.rows(STATES)] == [None, None, None]


def test_a_row_that_was_there_before_does_not_resolve_one_that_is_like_it(
    files: Business, tmp_path: Path
) -> None:
    # The same product and quantity as line 1, under a line number that cannot be read.
    files.append("Sales.csv", "100,x,1/13/2020,,1,1,1,2,EUR")
    files.load()
    mended(files, tmp_path / "out", ("100,x", "100,1"))
    assert files.rows(STATES) == [(5, None, None, None)]
    mended(files, tmp_path / "out", ("100,x", "100,3"))
    assert files.rows(STATES) == [(5, 3, "Sales.csv", 2)]


def test_the_key_of_another_source_resolves_nothing(files: Business) -> None:
    files.append("Customers.csv", "3,Female,,Rome,RM,Roma,1,Italy,Europe,1/31/1990")
    files.load()
    files.write("Customers.csv", "3,Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/1990")
    files.load(source_system="till")
    assert files.rows(STATES) == [(4, None, None, None)]


def test_rejects_are_listed_for_people_open_ones_first(
    files: Business, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", "213,1,1/13/2020,,1,1,9,1,USD")
    files.load()
    mended(files, tmp_path / "out", ("a pair", "2"))
    capsys.readouterr()
    assert main(["rejects", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'Sales.csv, line 6: ProductKey: there is no product with the key "9". (open)',
        "    213,1,1/13/2020,,1,1,9,1,USD",
        'Sales.csv, line 5: Quantity: "a pair" is not a number. (resolved by load 2, Sales.csv, line 2)',
        "    212,1,1/13/2020,,1,1,2,a pair,USD",
        "",
        "Rejected rows: 2. Still open: 1.",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["rejects", "--csv"],
            "error: There are rejected rows of Customers.csv, Sales.csv. Say --into FOLDER.",
        ),
        (["rejects", "7"], "error: There is no load 7."),
    ],
)
def test_what_cannot_be_listed_is_said(
    files: Business, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    files.append("Customers.csv", "19,Female")
    files.append("Sales.csv", "213,1")
    files.load()
    assert main(arguments) == 1
    assert capsys.readouterr().err.splitlines() == [message]


def test_before_the_first_load_there_is_nothing_to_list(
    files: Business, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rejects"]) == 1
    assert capsys.readouterr().err == "error: Nothing has been loaded yet.\n"


def test_files_that_are_there_are_not_written_over(
    files: Business, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files.append("Sales.csv", "213,1")
    files.load()
    (tmp_path / "Sales.csv").write_text("mine")
    assert main(["rejects", "1", "--into", str(tmp_path)]) == 1
    assert capsys.readouterr().err.endswith("already holds Sales.csv. Name another folder.\n")
    assert (tmp_path / "Sales.csv").read_text() == "mine"
