from pathlib import Path

import pytest

from loader.errors import UnreadableFileError
from loader.reading import Record, inspect

TEXT = "Key,Name\n1,Müller\n2,Пётр\n"


def read(path: Path, content: bytes) -> list[Record]:
    path.write_bytes(content)
    return list(inspect(path).records())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")],
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


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"%PDF-1.7", "Key,Name\n1,b\n".encode("utf-16-le")])
def test_file_that_is_no_text_is_named(path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv is no text file"):
        read(path, content)


def test_text_that_is_not_as_it_is_marked_is_named(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv begins as utf-16"):
        read(path, "Key,Name\n".encode("utf-16") + b"\x00\xd8")


def test_missing_file_is_named(path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"file\.csv cannot be read"):
        inspect(path)
