import re
from pathlib import Path

import pytest

from db.sqlfiles import query
from loader.errors import FolderError, MappingError, MissingColumnsError, UnreadableFileError
from loader.expressions import KEYS_OF_A_FORM, Column
from loader.mapping import (
    DEFAULT_MAPPING,
    KEYS_OF_A_LOOKUP,
    KEYS_OF_A_MAPPING,
    TARGETS,
    FileMapping,
    match_columns,
    read_mapping,
    understand_mapping,
)
from tests.conftest import HERE, OwnDatabase

STOCK = FileMapping(
    "stock",
    ("Stock.csv",),
    {
        "store_key": Column("StoreKey"),
        "product_key": Column("ProductKey"),
        "quantity": Column("Quantity"),
    },
)


@pytest.mark.parametrize(
    "header",
    [
        ("StoreKey", "ProductKey", "Quantity"),
        ("store_key", "PRODUCT KEY", "quantity"),
        ("Store-Key", "Product Key", " Quantity "),
    ],
)
def test_headers_match_without_case_spaces_underscores_and_hyphens(header: tuple[str, ...]) -> None:
    assert match_columns(STOCK, "Stock.csv", header).places == {
        "StoreKey": 0,
        "ProductKey": 1,
        "Quantity": 2,
    }


def test_columns_that_feed_nothing_are_listed() -> None:
    columns = match_columns(STOCK, "Stock.csv", ("Counted by", "Quantity", "StoreKey", "ProductKey"))
    assert columns.unread == ("Counted by",)
    assert columns.places["Quantity"] == 1


def test_missing_columns_are_named_with_those_found() -> None:
    with pytest.raises(
        MissingColumnsError,
        match=r"Stock\.csv lacks the columns StoreKey, Quantity\. It has Shop, ProductKey",
    ):
        match_columns(STOCK, "Stock.csv", ("Shop", "ProductKey"))


def test_column_that_stands_twice_is_named() -> None:
    with pytest.raises(UnreadableFileError, match="two columns Quantity"):
        match_columns(STOCK, "Stock.csv", ("StoreKey", "ProductKey", "Quantity", "QUANTITY"))


def test_files_are_found_by_name_and_others_are_listed(tmp_path: Path) -> None:
    for name in ("exchange rates.CSV", "Sales.csv", "Data_Dictionary.csv"):
        (tmp_path / name).touch()
    found, others = read_mapping().files_in(tmp_path)
    assert [(mapped.target, path.name) for mapped, path in found] == [
        ("rates", "exchange rates.CSV"),
        ("sales", "Sales.csv"),
    ]
    assert others == ["Data_Dictionary.csv"]


def test_compressed_and_excel_files_stand_for_csv_files(tmp_path: Path) -> None:
    for name in ("SALES.csv.gz", "Sales.csv", "Sales.xlsx", "sales.xlsx.csv", "~$Sales.xlsx", "Sales.xls"):
        (tmp_path / name).touch()
    found, others = read_mapping().files_in(tmp_path)
    assert [path.name for _, path in found] == ["SALES.csv.gz", "Sales.csv", "Sales.xlsx", "sales.xlsx.csv"]
    assert others == ["Sales.xls", "~$Sales.xlsx"]


def test_columns_without_a_name_or_with_one_of_two_are_listed_where_they_feed_nothing() -> None:
    header = ("Note", "", "StoreKey", "ProductKey", "Quantity", "note", "")
    assert match_columns(STOCK, "Stock.csv", header).unread == (
        "Note",
        "column 2 without a name",
        "note",
        "column 7 without a name",
    )


def test_folder_without_any_known_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"none of the files Customers\.csv"):
        read_mapping().files_in(tmp_path)
    with pytest.raises(FolderError, match="no folder"):
        read_mapping().files_in(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[stock]", "[stocks]"), "mapping.toml: there is no stocks; there are source_system, company_name,"),
        (
            ('quantity = "Quantity"', 'pieces = "Quantity"'),
            "mapping.toml, sales: there is no field pieces; there are files and order_number",
        ),
        (('currency_code = "Currency"\n', ""), "mapping.toml, rates: it must say what feeds currency_code."),
        (('base_currency = "USD"', ""), "mapping.toml does not say base_currency: add a line"),
        (("[stock]", "[stock"), "mapping.toml is no TOML: "),
    ],
)
def test_wrong_mapping_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(DEFAULT_MAPPING.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(MappingError, match=re.escape(message)):
        read_mapping(path)


def test_documentation_has_every_field_and_key_and_its_example_is_a_mapping() -> None:
    text = (HERE.parent / "docs" / "mapping.md").read_text(encoding="utf-8")
    for target, known in TARGETS.items():
        [row] = re.findall(rf"^\| `\[{target}\]` \|.*$", text, re.MULTILINE)
        named = set(re.findall(r"(\**)`(\w+)`\**", row.partition("|")[2].partition("|")[2]))
        assert {name for _, name in named} - {"Online"} == set(known.fields)
        assert {name for stars, name in named if stars} == known.required
    for key in (*KEYS_OF_A_MAPPING, *KEYS_OF_A_LOOKUP, *KEYS_OF_A_FORM):
        assert re.search(rf"`\[?{key}\b|\b{key} = |\[{key}\.", text), key
    example = text.partition("## An example")[2].partition("```toml\n")[2].partition("```")[0]
    assert len(understand_mapping(example, "example.toml", is_own=True).files) == 3


def test_fields_are_copied_in_the_order_of_the_mapping_into_all_columns(empty: OwnDatabase) -> None:
    with empty.connect() as connection:
        for target, fields in TARGETS.items():
            copied = re.findall(r"\w+", query(f"loader/copy_{target}").text.split("(")[1].split(")")[0])
            assert copied == [
                "load_file_id",
                "source_line",
                "raw_text",
                "unreadable",
                "unmatched",
                *fields.fields,
            ]
            columns = connection.execute(
                """
                SELECT column_name FROM information_schema.columns
                WHERE table_schema = 'staging' AND table_name = %s
                """,
                [target],
            )
            assert set(copied) == {row[0] for row in columns}
