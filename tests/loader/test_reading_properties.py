import csv
import gzip
import io
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loader.__main__ import write_as_read

# Told apart from UTF-8 by the second name, and from a title by being names.
HEADER = ["Key", "Größe", "Name", "Städte", "Note"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
TITLES = ["", "Report\n", "Report,\n\nof 1/31/2024\n", '"Report;\nof sales"\n']
MESSY = ['"', '""', ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", "'", "\\", "=", "a", "1,5", "ü", "", "N/A"]

ANY_LETTER = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff")
CELLS = st.one_of(st.lists(st.sampled_from(MESSY), max_size=6).map("".join), st.text(ANY_LETTER, max_size=8))


@st.composite
def tables(draw: st.DrawFn, widths: tuple[int, int] = (2, 5)) -> list[list[str]]:
    width = draw(st.integers(*widths))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6))
    return [HEADER[:width], *rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def as_text(
    table: list[list[str]], delimiter: str, line_end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """The table as CSV; written with both line ends at first, for every cell with either to be quoted."""
    rows = []
    for row in table:
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=delimiter, quoting=quoting).writerow(row)
        rows.append(written.getvalue().removesuffix("\r\n") + line_end)
    return "".join(rows)


def as_read(path: Path) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_as_read(path, out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    blank_lines=st.integers(0, 2),
    is_compressed=st.booleans(),
)
def test_any_table_is_read_back_cell_by_cell(
    folder: Path,
    table: list[list[str]],
    delimiter: str,
    encoding: str,
    line_end: str,
    quoting: int,
    blank_lines: int,
    is_compressed: bool,
) -> None:
    text = as_text(table, delimiter, line_end, quoting) + blank_lines * line_end
    if encoding == "cp1252":
        text = text.encode("cp1252", errors="ignore").decode("cp1252")
        table = [[cell.encode("cp1252", errors="ignore").decode("cp1252") for cell in row] for row in table]
    content = text.encode(encoding)
    (folder / "table.csv").write_bytes(gzip.compress(content, 1) if is_compressed else content)
    assert as_read(folder / "table.csv") == table


@settings(max_examples=100, deadline=None)
@given(table=tables(widths=(3, 5)), delimiter=st.sampled_from(",;\t|"), title=st.sampled_from(TITLES))
def test_any_table_is_found_below_titles(
    folder: Path, table: list[list[str]], delimiter: str, title: str
) -> None:
    assume(len(table) > 1)
    text = title + as_text(table, delimiter)
    (folder / "titled.csv").write_text(text, encoding="utf-8", newline="")
    assert as_read(folder / "titled.csv") == table


@settings(max_examples=100, deadline=None)
@given(table=tables())
def test_any_sheet_is_read_back_cell_by_cell(folder: Path, table: list[list[str]]) -> None:
    with xlsxwriter.Workbook(folder / "table.xlsx", {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(table):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell)
    # A row without any text is not there.
    assert as_read(folder / "table.xlsx") == [row for row in table if any(cell.strip() for cell in row)]
