import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from loader.__main__ import main
from loader.errors import FolderError, MappingError
from loader.expressions import Column, Constant, Expression, LookedUp, Part, Text, parse
from loader.loading import load
from loader.mapping import DEFAULT_MAPPING, TARGETS, Mapping, read_mapping, understand_mapping
from loader.proposal_text import as_toml, gaps_of, written
from loader.proposing import SYNONYMS, propose
from tests.conftest import REAL_DATA, OwnDatabase, clone
from tests.loader.adventure import write_adventure
from tests.loader.conftest import MANAGER, Business

SHOPS = "ID,Land,Region\n1,Germany,Hamburg\n2,France,Paris\n"
ARTICLES = "Article No,Bezeichnung,Retail Price (EUR),Group,Division\n1,Kettle,20.00,Pots,Kitchen\n2,Mug,3.00,Mugs,Table\n"
PEOPLE = "Code,Vorname,Nachname\nA,Rosa,Esposito\nB,John,Carter\n"
ORDERS = "OrderID,When,ShopID,Buyer Code\nX1,2020-02-01,1,A\nX2,2020-02-02,2,B\n"
LINES = "OrderID,Article,Qty,Line Total\nX1,1,1,19.00\nX1,2,2,5.00\nX2,2,1,3.00\n"


def proposed(folder: Path) -> Mapping:
    return understand_mapping(as_toml(propose(folder)), "proposed.toml", is_own=True)


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def fields(mapping: Mapping) -> dict[str, dict[str, Expression]]:
    return {mapped.target: dict(mapped.fields) for mapped in mapping.files}


@pytest.fixture
def kontor(tmp_path: Path) -> Path:
    """Files as nobody has told us of: an order's head and lines apart, words of two languages."""
    return write(
        tmp_path / "kontor", Filialen=SHOPS, Artikel=ARTICLES, Kunden=PEOPLE, Orders=ORDERS, Order_Lines=LINES
    )


def test_form_that_comes_along_is_found_again_from_names_and_values(business: Business) -> None:
    business.write("Stock.csv", "1,1,5")
    (business.folder / "Returns.csv").write_text(
        "Return Number,Order Number,Line Item,ProductKey,Quantity,Return Date,StoreKey,Reason,Refund\n"
        "R1,101,1,2,1,1/25/2020,1,broken,10.50\n"
    )
    mapping = proposed(business.folder)
    assert fields(mapping) == fields(read_mapping())
    assert mapping.base_currency == "USD"
    assert gaps_of(propose(business.folder)) == []


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"the Global Electronics files are not at {REAL_DATA}")
def test_real_files_are_found_again_from_names_and_values() -> None:
    known = fields(read_mapping())
    assert fields(proposed(REAL_DATA)) == {
        target: known[target] for target in TARGETS if target not in ("stock", "returns")
    }


def test_files_that_need_no_mapping_print_the_one_that_comes_along(
    business: Business, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["map", str(business.folder)]) == 0
    out, err = capsys.readouterr()
    assert out == DEFAULT_MAPPING.read_text(encoding="utf-8")
    assert err == "These files are of the form that is understood without a mapping\n"
    (business.folder / "Customers.csv").rename(business.folder / "Clients.csv")
    main(["map", str(business.folder)])
    path = tmp_path / "ours.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    [clients] = [mapped for mapped in read_mapping(path).files if mapped.target == "customers"]
    assert clients.patterns == ("Clients.csv",)


@pytest.fixture(scope="module")
def loaded_twice(
    server: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OwnDatabase, OwnDatabase, Path]]:
    folder = tmp_path_factory.mktemp("proposed") / "adventure-works"
    write_adventure(folder)
    with clone(server, empty_template) as one, clone(server, empty_template) as other:
        ours = read_mapping(DEFAULT_MAPPING.with_name("adventure_works.toml"))
        load(one.owner_url, folder, actor=MANAGER, mapping=ours)
        load(other.owner_url, folder, actor=MANAGER, mapping=proposed(folder))
        yield one, other, folder


@pytest.mark.parametrize(
    "table", ["customers", "products", "stores", "orders", "order_lines", "categories", "subcategories"]
)
def test_adventure_works_loads_by_what_is_proposed_as_by_what_a_person_wrote(
    loaded_twice: tuple[OwnDatabase, OwnDatabase, Path], table: str
) -> None:
    def content(own: OwnDatabase) -> list[object]:
        moments = "- 'created_at' - 'updated_at' - 'recorded_at' - 'row_version' - 'load_file_id'"
        if table == "stores":
            # That a region is what its store is called takes a person to say.
            moments += "- 'name' - 'state' - 'source_hash' - 'source_values'"
        with own.connect() as connection:
            return connection.execute(
                f"SELECT to_jsonb(t.*) {moments} AS x FROM crpm.{table} AS t ORDER BY x"
            ).fetchall()

    one, other, _ = loaded_twice
    assert len(content(one)) > 3
    assert content(one) == content(other)


def test_yearly_files_are_one_pattern_and_returns_are_left_alone(
    loaded_twice: tuple[OwnDatabase, OwnDatabase, Path],
) -> None:
    text = as_toml(propose(loaded_twice[2]))
    assert 'files = "AdventureWorks_Sales_*.csv"' in text
    assert (
        "# not used: AdventureWorks_Returns.csv (a return belongs to an order, and no column of it is called like"
        in text
    )
    assert 'base_currency = "USD" # guess: the sign in the column AnnualIncome of customers' in text
    assert "# stock: no file here looks like it" in text


def test_head_of_an_order_is_looked_up_for_its_lines(kontor: Path) -> None:
    proposal = propose(kontor)
    assert gaps_of(proposal) == ["sales.order_date"]
    sales = {name: fed.expression for name, fed in proposal.sections["sales"].fed.items()}
    assert sales == {
        "order_number": Column("OrderID"),
        "product_key": Column("Article"),
        "quantity": Column("Qty"),
        "line_amount": Column("Line Total"),
        "store_key": LookedUp("orders", "ShopID"),
    }
    assert proposal.sections["customers"].fed["name"].expression == Text("{Vorname} {Nachname}")


def test_proposal_with_a_gap_is_refused_until_it_is_filled_and_then_loads(
    kontor: Path, empty: OwnDatabase
) -> None:
    text = as_toml(propose(kontor))
    choices = ["OrderID", "Article", "Qty", "Line Total", '{ lookup = "orders", column = "When" }']
    assert f"# sales.order_date: choose one of {', '.join(choices)}, " in text
    with pytest.raises(MappingError, match="it must say what feeds order_date"):
        understand_mapping(text, "proposed.toml", is_own=True)
    filled = text.replace(
        '# order_date = ""',
        'order_date = { lookup = "orders", column = "When" }\ncustomer_key = { lookup = "orders", column = "Buyer Code" }',
    )
    mapping = understand_mapping(filled, "proposed.toml", is_own=True)
    report = load(empty.owner_url, kontor, actor=MANAGER, mapping=mapping)
    assert sum(file.rejected for file in report.files) == 0
    assert (report.base_currency, str(report.money.loaded)) == ("EUR", "27.00")
    with empty.connect() as connection:
        assert connection.execute("SELECT count(*), count(customer_id) FROM crpm.orders").fetchone() == (2, 2)


def test_column_whose_values_contradict_its_name_is_a_guess(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "odd",
        Customers="ID,Name,Birthday\n7,Rosa,in spring\n7,John,never\n",
        Sales="Order No,Order Date,Store,Product,Qty,Client No\n1,2020-01-01,1,1,1,99\n",
        Shops=SHOPS,
    )
    text = as_toml(propose(folder))
    assert 'source_key = "ID" # guess: its name fits, but some keys stand in it twice' in text
    assert 'birth_date = "Birthday" # guess: its name fits, but not all of its cells are dates' in text
    assert 'base_currency = ""' in text


def test_keys_are_recognised_by_their_values(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "keys",
        Customers="ID,Name\n71,Rosa\n72,John\n",
        Shops=SHOPS,
        Sales="Order No,Order Date,Store,Product,Qty,Loyalty Card No\n1,2020-01-01,1,1,1,71\n2,2020-01-01,9,1,1,72\n3,2020-01-01,8,1,1,72\n",
    )
    text = as_toml(propose(folder))
    assert 'customer_key = "Loyalty Card No" # guess: its values are keys of customers' in text
    assert 'store_key = "Store" # guess: its name fits, but only 33% of its values are keys of stores' in text


def test_odd_names_of_columns_and_files_make_a_mapping_that_loads(tmp_path: Path, empty: OwnDatabase) -> None:
    text = (
        'ID,"Na""me",Name,"two\nlines",,Born,Born,E-Mail\n1,a,Rosa,b,c,2020-01-01,2020-01-01,r@example.com\n'
    )
    folder = write(tmp_path / 'the "odd"\n\\one', **{"Customers [old] #1": text})
    text = as_toml(propose(folder))
    assert '# not used: Na"me, two lines' in text
    filled = text.replace('# base_currency = ""', 'base_currency = "EUR"')
    mapping = understand_mapping(filled, "odd.toml", is_own=True)
    report = load(empty.owner_url, folder, actor=MANAGER, mapping=mapping)
    assert [(file.loaded, file.rejected) for file in report.files] == [(1, 0)]


def test_files_with_numbers_in_common_with_others_are_listed_by_name(tmp_path: Path) -> None:
    rows = "Order No,Order Date,Store,Product,Qty\n1,2020-01-01,1,1,1\n"
    folder = write(tmp_path / "years", Sales_1=rows, Sales_2=rows, Sales_3="A,B\n1,2\n")
    assert 'files = ["Sales_1.csv", "Sales_2.csv"]' in as_toml(propose(folder))


def test_second_form_of_a_target_is_told(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "two", Customers="ID,Name,City\n1,Rosa,Rome\n", Customers_old="No,Name\n1,Rosa\n"
    )
    assert "# not used: Customers_old.csv (it looks like customers too, but has other columns)" in as_toml(
        propose(folder)
    )


@pytest.mark.parametrize("content", [b"PK\x03\x04", b""])
def test_file_that_cannot_be_read_is_told_and_the_others_are_mapped(tmp_path: Path, content: bytes) -> None:
    folder = write(tmp_path / "mixed", Customers="ID,Name\n1,Rosa\n")
    (folder / "Sales.csv").write_bytes(content)
    text = as_toml(propose(folder))
    assert "[customers]" in text
    assert "# not used: Sales.csv (Sales.csv is" in text


def test_folder_without_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path} holds no file with rows and columns.\n"
    with pytest.raises(FolderError, match="no folder"):
        propose(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "expression",
    [
        Column("Name"),
        Column('The "real" name \\ {odd}\t'),
        Text("{First} {Last}"),
        Constant("Zoë"),
        LookedUp("größen", "Name"),
        Part(Column("A {b}"), " - ", -1),
        Part(LookedUp("x", "Name"), "\\", 2),
    ],
)
def test_what_is_written_is_understood_as_it_was_meant(expression: Expression) -> None:
    assert parse(tomllib.loads(f"x = {written(expression)}")["x"]) == expression


def test_every_field_has_its_synonyms() -> None:
    parts_of_a_name = {"first_name", "last_name"}
    assert {target: set(names) - {"words"} - parts_of_a_name for target, names in SYNONYMS.items()} == {
        target: set(known.fields) for target, known in TARGETS.items()
    }
