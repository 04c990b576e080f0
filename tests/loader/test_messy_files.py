"""Whole loads of files that people have put together by hand."""

import gzip

import pytest
import xlsxwriter

from loader.rejected import as_files, names_to_mend, read_rejected
from tests.loader.conftest import SMALL_FILES, Business, outcomes

HEADER = SMALL_FILES["Sales.csv"].split("\n")[0]


def write_sheet(business: Business, name: str, rows: list[list[object]]) -> None:
    with xlsxwriter.Workbook(business.folder / name) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def test_titles_above_the_header_and_columns_of_no_use_stop_no_file(business: Business) -> None:
    (business.folder / "Sales.csv").write_text(
        f'Sales of all stores,,\n"as of\n1/31/2020"\n\n{HEADER},,Note,Note\n'
        "100,1,1/13/2020,,1,1,1,2,EUR,,a,b\n100,2,1/13/2020,,1,1,2,a pair,EUR,,,\n"
    )
    assert outcomes(business.load(), "Sales.csv") == (2, 1, 0, 0, 1)
    assert business.rejects() == [(7, "Quantity", "unreadable_number")]
    [(notes, header)] = business.rows("SELECT notes, header FROM crpm.load_files WHERE target = 'sales'")
    assert notes["unread_columns"] == ["column 10 without a name", "Note", "Note"]
    assert ",".join(header) == f"{HEADER},,Note,Note"


def test_compressed_and_excel_files_load_beside_the_plain_one(business: Business) -> None:
    write_sheet(
        business,
        "Sales.xlsx",
        [
            ["Late sales"],
            [],
            HEADER.split(","),
            [102, 1, "2020-01-14", None, 1, 1, 2, 1, "EUR"],
            [103, 1, "2020-01-14", None, 1, 1, 2, "a, b", "EUR"],
        ],
    )
    more = f"{HEADER}\n104,1,1/14/2020,,1,1,2,1,EUR\n"
    (business.folder / "Sales.csv.gz").write_bytes(gzip.compress(more.encode()))
    report = business.load()
    assert outcomes(report, "Sales.csv") == (3, 3, 0, 0, 0)
    assert outcomes(report, "Sales.csv.gz") == (1, 1, 0, 0, 0)
    assert outcomes(report, "Sales.xlsx") == (2, 1, 0, 0, 1)
    assert business.rejects() == [(5, "Quantity", "unreadable_number")]
    assert business.rows("SELECT encoding FROM crpm.load_files WHERE file_name = 'Sales.xlsx'") == [("xlsx",)]


def test_rejected_rows_of_an_excel_file_are_mended_as_csv(business: Business) -> None:
    row = [102, 1, "2020-01-14", None, 1, 1, 2, "a, b", "EUR"]
    (business.folder / "Sales.csv").unlink()
    write_sheet(business, "Sales.xlsx", [HEADER.split(","), row])
    business.load()
    with business.database.connect() as connection:
        files = as_files(read_rejected(connection, load_id=None))
    assert files == {"Sales.csv": f'{HEADER}\r\n102,1,2020-01-14,,1,1,2,"a, b",EUR\r\n'}
    (business.folder / "Sales.xlsx").unlink()
    (business.folder / "Sales.csv").write_text(files["Sales.csv"].replace('"a, b"', "3"))
    business.load()
    assert business.rows("SELECT resolved_by_line FROM crpm.rejects") == [(2,)]


@pytest.mark.parametrize(
    ("names", "to_mend"),
    [
        (["Sales.xlsx", "Stores.csv.gz"], ["Sales.csv", "Stores.csv"]),
        (["Sales.csv.gz", "Sales.csv", "Sales.xlsx"], ["Sales.csv.gz.csv", "Sales.csv", "Sales.xlsx.csv"]),
        (["Sales.csv.gz", "Sales.xlsx"], ["Sales.csv", "Sales.xlsx.csv"]),
    ],
)
def test_files_to_mend_have_csv_names_each_once(names: list[str], to_mend: list[str]) -> None:
    assert names_to_mend(names) == to_mend
