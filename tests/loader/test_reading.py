import gzip
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from loader.errors import UnreadableFileError
from loader.reading import Record, SourceFile, inspect
from loader.workbooks import text_of

TEXT = "Key,Name\n1,Müller\n2,Пётр\n"


def read(path: Path, content: bytes) -> list[Record]:
    path.write_bytes(content)
    return list(inspect(path).records())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_encoding_is_found(path: Path, encoding: str, found: str) -> None:
    assert [record.cells for record in read(path, TEXT.encode(encoding))] == [["1", "Müller"], ["2", "Пётр"]]
    assert inspect(path).encoding == found
    assert inspect(path).header == ("Key", "Name")


def test_big_endian_text_with_a_mark_is_read(path: Path) -> None:
    assert read(path, b"\xfe\xff" + TEXT.encode("utf-16-be"))[0].cells == ["1", "Müller"]


def test_what_is_not_utf8_is_read_as_windows_text(path: Path) -> None:
    assert read(path, "Key,Name\n1,Müller €\n".encode("cp1252"))[0].cells == ["1", "Müller €"]
    assert inspect(path).encoding == "cp1252"


def test_byte_without_meaning_does_not_stop_the_file(path: Path) -> None:
    assert read(path, b"Key,Name\n1,M\xfcller\n2,\x81\n")[1].cells == ["2", "\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_from_the_header(path: Path, delimiter: str) -> None:
    content = 'Key,"Name, all of it",City\n1,"a",b\n'.replace(",", delimiter).replace(
        f"Name{delimiter} all", "Name, all"
    )
    assert read(path, content.encode())[0].cells == ["1", "a", "b"]
    assert inspect(path).header == ("Key", "Name, all of it", "City")


def test_quotes_newlines_inside_them_and_windows_line_ends_are_understood(path: Path) -> None:
    records = read(path, b'Key,Name\r\n1,"Ann ""Bee"" Cee"\r\n2,"two\r\nlines"\r\n3,last\r\n\r\n  \r\n\r\n')
    assert records == [
        Record(2, '1,"Ann ""Bee"" Cee"', ["1", 'Ann "Bee" Cee'], None),
        Record(3, '2,"two\r\nlines"', ["2", "two\r\nlines"], None),
        Record(5, "3,last", ["3", "last"], None),
    ]


def test_row_with_too_few_or_too_many_cells_has_a_fault_and_its_text(path: Path) -> None:
    records = read(path, b"Key,Name\n1\n2,b\n3,c,d\n")
    assert [(record.line, record.raw, record.fault) for record in records] == [
        (2, "1", "It has 1 cells, the header 2."),
        (3, "2,b", None),
        (4, "3,c,d", "It has 3 cells, the header 2."),
    ]


def test_quote_that_is_never_closed_costs_one_row_only(path: Path) -> None:
    records = read(path, b'Key,Name\n1,"open\n2,b\n3,c\n')
    assert [(record.line, record.fault is None) for record in records] == [(2, False), (3, True), (4, True)]


def test_quote_that_another_one_far_below_closes_costs_one_row_only(path: Path) -> None:
    records = read(path, b'Key,Name\n1,"open\n2,b\n3,"c"\n4,d\n')
    assert [record.cells for record in records if not record.fault] == [["2", "b"], ["3", "c"], ["4", "d"]]


def test_file_with_a_header_only_has_no_rows(path: Path) -> None:
    assert read(path, b"Key,Name\n") == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_empty_file_is_named(path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is empty"):
        read(path, content)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04rest", b"%PDF-1.7", b"Key\x00,Name\n1,b\n", b"GIF89a\x01\x02\x03\x04,\x05\x06\x07\n\x08"],
)
def test_file_that_is_no_text_is_named(path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is no text file"):
        read(path, content)


def test_text_that_is_not_as_it_is_marked_is_named(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv begins as utf-16"):
        read(path, "Key,Name\n".encode("utf-16") + b"\x00\xd8")


def test_missing_file_is_named(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv cannot be read"):
        inspect(path)


def test_lines_end_with_a_lone_carriage_return_as_well(path: Path) -> None:
    records = read(path, b'Key,Name\r1,"two\rlines"\r2,b\r')
    assert [(record.line, record.cells) for record in records] == [(2, ["1", "two\rlines"]), (4, ["2", "b"])]


def test_quoted_cell_with_nothing_in_it_is_a_row(path: Path) -> None:
    assert [record.cells for record in read(path, b'Key\n""\n\n1\n')] == [[""], ["1"]]


def form(path: Path, text: str, wanted: Sequence[str] = ()) -> tuple[str, tuple[str, ...], int]:
    path.write_text(text)
    source = inspect(path, wanted)
    return source.delimiter, source.header, source.header_line


@pytest.mark.parametrize(
    ("text", "delimiter", "header", "line"),
    [
        ("Sales report\nExported: 2024-01-31\n\nKey,Name,City\n1,Ann,Rome\n", ",", "Key Name City", 4),
        (
            "Sales, all\nExported;31/01/2024\nKey;Price;Day\n1;1,50;x\n2;2,50;y\n3;3,00;z\n",
            ";",
            "Key Price Day",
            3,
        ),
        ("Report,,,\nFrom,1/1/2024,,\n,,,\nKey,Name,City,\n1,a,b,c\n2,a,b,c\n", ",", "Key Name City ", 4),
        ('"Report\nof sales"\nKey|Name\n1|a\n', "|", "Key Name", 3),
        ('Report of "sales\nKey\tName\n1\ta\n', "\t", "Key Name", 2),
        ("sep=;\nKey;Name\n1;a,b\n2;c,d\n", ";", "Key Name", 2),
        ("Key;Price\n1;1,50\n2;2,50\n", ";", "Key Price", 1),
        ("Key;2019;2020\n1;1,50;2,50\n2;2,50;1,50\n", ";", "Key 2019 2020", 1),
        ("Key,Name,Note,,\n1,a,x,,\n2,b,y,,\n", ",", "Key Name Note  ", 1),
        ("Key,Name\n1\n2\n", ",", "Key Name", 1),
        ('Report\nKey;Name\n1;"a, b\nc, d\ne, f"\n', ";", "Key Name", 2),
        ("Name\nAnn\nBob, Cee\nDan\n", ",", "Name", 1),
    ],
)
def test_header_is_found_by_the_shape_of_what_stands_below(
    path: Path, text: str, delimiter: str, header: str, line: int
) -> None:
    assert form(path, text) == (delimiter, tuple(header.split(" ")), line)


def test_header_is_the_row_with_the_columns_that_are_wanted(path: Path) -> None:
    text = "Key figures;by;region\nKey;all\nStore Key;Name;Quantity\n1;a;5\n1;b;6\nKey;Name;Quantity\n"
    assert form(path, text, ["store_key", "Quantity", "Name"]) == (";", ("Store Key", "Name", "Quantity"), 3)


def test_lines_are_counted_from_the_beginning_of_the_file(path: Path) -> None:
    records = read(path, b'"Report\nof sales"\n\nKey,Name\n1,a\n\n2\n')
    assert [(record.line, record.fault) for record in records] == [
        (5, None),
        (7, "It has 1 cells, the header 2."),
    ]


def test_compressed_file_is_read(path: Path) -> None:
    assert read(path, gzip.compress(TEXT.encode("utf-16"))) == [
        Record(2, "1,Müller", ["1", "Müller"], None),
        Record(3, "2,Пётр", ["2", "Пётр"], None),
    ]


@pytest.mark.parametrize("content", [gzip.compress(b"Key,Name\n" * 99, mtime=0)[:-12], b"\x1f\x8b no more"])
def test_compressed_file_that_is_damaged_is_named(path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is damaged"):
        read(path, content)


def test_compressed_file_of_another_kind_is_named(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is no text file"):
        read(path, gzip.compress(b"%PDF-1.7"))


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE html>\n<p>a, b</p>", '<?xml version="1"?>', '[{"Key": 1}]', '{"a": 1}']
)
def test_other_kinds_of_text_are_named(path: Path, text: str) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is HTML, XML or JSON"):
        read(path, text.encode())


def write_sheets(path: Path, *sheets: list[list[object]]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as workbook:
        only_time = workbook.add_format({"num_format": "hh:mm"})
        for rows in sheets:
            sheet = workbook.add_worksheet()
            for at, row in enumerate(rows):
                for place, value in enumerate(row):
                    if value is not None:
                        sheet.write(at, place, value, *([only_time] if isinstance(value, time) else []))


def of_sheets(path: Path, *sheets: list[list[object]]) -> tuple[SourceFile, list[Record]]:
    write_sheets(path, *sheets)
    source = inspect(path)
    return source, list(source.records())


def test_excel_cells_are_the_text_that_they_mean(path: Path) -> None:
    values: dict[object, str] = {
        595.0: "595",
        0.1: "0.1",
        -1234.5: "-1234.5",
        1e-7: "0.0000001",
        1e21: "1000000000000000000000",
        123456789012345: "123456789012345",
        True: "TRUE",
        date(2020, 1, 13): "2020-01-13",
        datetime(2020, 1, 13, 10, 5, tzinfo=UTC).replace(tzinfo=None): "2020-01-13T10:05:00",
        time(10, 5): "10:05:00",
        "=NA()": "0",
        ' Ann\n"Bee" ': ' Ann\n"Bee" ',
        "0042": "0042",
    }
    _, records = of_sheets(path, [["Key", "Value"], *([f"k{n}", value] for n, value in enumerate(values))])
    assert [record.cells[1] for record in records] == list(values.values())


def test_first_sheet_with_rows_is_read_and_rows_keep_their_numbers(path: Path) -> None:
    source, records = of_sheets(
        path,
        [],
        [
            ["Sales report"],
            [],
            [None, "Key", "Name", "Day"],
            [None, 1, "a, b", None],
            [],
            [None, 2, "c", 3, 4],
        ],
        [["Other", "Table"], [1, 2]],
    )
    assert (source.encoding, source.header, source.header_line) == ("xlsx", ("", "Key", "Name", "Day"), 3)
    assert records == [
        Record(4, ',1,"a, b"', ["", "1", "a, b", ""], None),
        Record(6, ",2,c,3,4", ["", "2", "c", "3", "4"], "It has 5 cells, the header 4."),
    ]


def test_excel_file_without_rows_is_empty(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is empty"):
        of_sheets(path, [])


def test_excel_file_that_is_damaged_is_named(path: Path) -> None:
    write_sheets(path, [["Key", "Name"], [1, "a"]])
    content = path.read_bytes()
    at = content.index(b"xl/worksheets/sheet1.xml") + 30
    with pytest.raises(UnreadableFileError, match=r"file\.csv is damaged"):
        read(path, content[:at] + bytes(40) + content[at + 40 :])


def test_time_that_has_passed_is_hours_minutes_and_seconds() -> None:
    assert text_of(timedelta(days=1, hours=12, minutes=5, seconds=7)) == "36:05:07"


def test_text_is_read_row_by_row_however_long_it_is(path: Path) -> None:
    row = f"1,{'x' * 1_000}\n"
    path.write_bytes(gzip.compress(f"Key,Name\n{row * 40_000}".encode(), 1))
    tracemalloc.start()
    try:
        rows = sum(1 for _ in inspect(path).records())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 40_000
    assert peak < 8_000_000 < rows * len(row)
