"""Files of another form than ours, told by a mapping: the small business's, as somebody else would export them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from db.verify import verify
from loader.__main__ import main
from loader.account import Money, Report
from loader.errors import MappingError, MissingColumnsError, UnreadableFileError
from loader.loading import load
from loader.mapping import read_mapping
from tests.loader.conftest import MANAGER, Business, outcomes

MAPPING = """
source_system = "erp"
company_name = "Kontor"
base_currency = "EUR"

[stores]
files = "shops.csv"
source_key = "Shop"
country = { constant = "Germany" }
state = { column = "Place", split = " - ", part = 2 }

[products]
files = "articles.csv"
source_key = "Article"
name = "{Make} {Title}"
unit_price = "List"
subcategory_key = "Group"
subcategory = { lookup = "group", column = "Name" }
category_key = { lookup = "group", column = "Division" }
category = { lookup = "division", column = "Name" }

[customers]
files = "people.csv"
source_key = "ID"
name = "{First} {Middle} {Last}"

[sales]
files = ["sales_*.csv", "latest.csv"]
order_number = "{Year}-{Receipt}"
order_date = "Day"
store_key = "Shop"
customer_key = "Person"
product_key = "Article"
quantity = "Pieces"
line_amount = "Total"

[lookups.group]
files = "groups.csv"
key = "ID"
by = "Group"

[lookups.division]
files = "divisions.csv"
key = "No"
by = { lookup = "group", column = "Division" }
"""
FILES = {
    "shops.csv": "Shop,Place\n1,North - Hamburg\n2,South\n",
    "articles.csv": "Article,Make,Title,List,Group\n1,Fjord,Kettle,20.00,7\n2,,Mug,3.00,8\n",
    "groups.csv": "ID,Name,Division\n7,Kettles,K\n8,Mugs,T\n",
    "divisions.csv": "No,Name\nK,Kitchen\nT,Table\n",
    "people.csv": "ID,First,Middle,Last\n1,Rosa,,Esposito\n2,John,X.,Carter\n",
    "sales_2019.csv": "Year,Receipt,Day,Shop,Person,Article,Pieces,Total\n"
    "2019,7,2019-03-01,1,1,1,3,10.00\n"
    "2019,7,2019-03-01,1,1,2,1,3.00\n",
    "sales_2020.csv": "Year,Receipt,Day,Shop,Person,Article,Pieces,Total\n2020,7,2020-03-01,2,2,2,7,0.99\n",
}
HEADER = FILES["sales_2019.csv"].split("\n", 1)[0]


class Erp:
    """The files of somebody else, their mapping, and an empty database to load them into."""

    def __init__(self, business: Business) -> None:
        self.rows, self.rejects = business.rows, business.rejects
        self.database, self.folder = business.database, business.folder.parent / "export"
        self.folder.mkdir()
        self.map = business.folder.parent / "erp.toml"
        self.map.write_text(MAPPING, encoding="utf-8")
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        text = self.map.read_text(encoding="utf-8")
        assert old in text
        self.map.write_text(text.replace(old, new), encoding="utf-8")

    def load(self, **options: Any) -> Report:
        mapping = read_mapping(self.map)
        return load(self.database.owner_url, self.folder, actor=MANAGER, mapping=mapping, **options)

    def faults(self) -> list[str]:
        """What verify finds wrong."""
        return [result.check for result in verify(self.database.owner_url) if result.differences]


@pytest.fixture
def erp(business: Business) -> Erp:
    return Erp(business)


def test_columns_are_put_together_split_looked_up_and_set(erp: Erp) -> None:
    erp.load()
    assert erp.rows("SELECT source_key, name, country_code, state FROM crpm.stores ORDER BY source_key") == [
        ("1", "Hamburg, Germany", "DE", "Hamburg"),
        ("2", "Germany", "DE", None),
    ]
    assert erp.rows(
        """
        SELECT p.name, s.name, c.name
        FROM crpm.products AS p
        INNER JOIN crpm.subcategories AS s ON p.subcategory_id = s.subcategory_id
        INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
        ORDER BY p.source_key
        """
    ) == [("Fjord Kettle", "Kettles", "Kitchen"), ("Mug", "Mugs", "Table")]
    assert erp.rows("SELECT name FROM crpm.customers ORDER BY source_key") == [
        ("Rosa Esposito",),
        ("John X. Carter",),
    ]
    assert erp.rows("SELECT DISTINCT source_system FROM crpm.orders") == [("erp",)]
    assert erp.rows("SELECT company_name, base_currency_code FROM crpm.settings") == [("Kontor", "EUR")]


def test_line_total_is_what_was_charged_to_the_cent(erp: Erp) -> None:
    report = erp.load()
    assert report.money == Money(Decimal("13.99"), Decimal("13.99"), Decimal(0), Decimal(0))
    lines = "SELECT quantity, line_amount, base_amount, round(unit_price, 4) FROM crpm.order_lines ORDER BY store_id, line_number"
    assert erp.rows(lines) == [
        (3, Decimal("10.00"), Decimal("10.00"), Decimal("3.3333")),
        (1, Decimal("3.00"), Decimal("3.00"), Decimal("3.0000")),
        (7, Decimal("0.99"), Decimal("0.99"), Decimal("0.1414")),
    ]
    assert erp.rows("SELECT sum(net_amount), sum(base_amount) FROM crpm.orders") == [
        (Decimal("13.99"), Decimal("13.99"))
    ]
    assert erp.faults() == []


def test_price_of_a_piece_gives_the_amount_back_whatever_the_pieces(erp: Erp) -> None:
    wrong = """
        SELECT a.cents, p.pieces
        FROM generate_series(1, 5000, 7) AS a (cents)
        CROSS JOIN (VALUES (1), (3), (7), (11), (997), (99991), (999999937)) AS p (pieces)
        CROSS JOIN (VALUES (1), (0.9011), (2), (151.37)) AS r (rate)
        CROSS JOIN LATERAL (SELECT (a.cents * 0.005)::numeric(60, 30) / r.rate AS amount) AS x
        WHERE
            round(round(p.pieces * staging.price_of(x.amount, p.pieces), 10), 2) <> round(x.amount, 2)
            OR scale(staging.price_of(x.amount, p.pieces)) > 20
    """
    assert erp.rows(wrong) == []


def test_total_in_another_currency_is_worth_its_share_even_at_half_a_cent(erp: Erp) -> None:
    erp.change('line_amount = "Total"', 'line_amount = "Total"\ncurrency_code = { constant = "USD" }')
    erp.change(
        "[stores]",
        '[rates]\nfiles = "r.csv"\nrate_date = "D"\ncurrency_code = "C"\nunits_per_base = "R"\n[stores]',
    )
    erp.write("r.csv", "D,C,R\n2019-03-01,USD,2\n")
    erp.write(
        "sales_2019.csv", f"{HEADER}\n2019,7,2019-03-01,1,1,1,3,10.01\n2019,8,2019-03-01,1,1,1,7,10.03\n"
    )
    (erp.folder / "sales_2020.csv").unlink()
    report = erp.load()
    # 5.005 and 5.015, rounded half up.
    assert report.money.loaded == Decimal("10.03")
    assert erp.rows("SELECT line_amount, base_amount FROM crpm.order_lines ORDER BY order_id") == [
        (Decimal("10.01"), Decimal("5.01")),
        (Decimal("10.03"), Decimal("5.02")),
    ]
    assert erp.faults() == []


def test_unit_price_of_the_file_is_charged_instead_of_the_list_price(erp: Erp) -> None:
    erp.change('line_amount = "Total"', 'unit_price = "Total"')
    erp.write("sales_2019.csv", f"{HEADER}\n2019,7,2019-03-01,1,1,1,3,19.4990\n")
    erp.write("sales_2020.csv", f"{HEADER}\n2020,7,2020-03-01,2,2,2,2,$1.50 \n")
    assert erp.load().money.loaded == Decimal("61.50")
    assert erp.rows(
        "SELECT unit_price, line_amount, base_amount FROM crpm.order_lines ORDER BY order_id"
    ) == [
        (Decimal("19.499"), Decimal("58.50"), Decimal("58.50")),
        (Decimal("1.50"), Decimal("3.00"), Decimal("3.00")),
    ]
    assert erp.faults() == []


def test_row_without_a_readable_total_is_rejected_and_never_priced_from_the_list(erp: Erp) -> None:
    erp.write(
        "sales_2020.csv",
        f"{HEADER}\n2020,1,2020-03-01,2,2,2,7,\n2020,2,2020-03-01,2,2,2,7,free\n2020,3,2020-03-01,2,2,2,7,-1.00\n"
        "2020,4,2020-03-01,2,2,2,many,5.00\n",
    )
    report = erp.load()
    assert erp.rejects() == [
        (2, "Total", "missing"),
        (3, "Total", "unreadable_number"),
        (4, "Total", "negative"),
        (5, "Pieces", "unreadable_number"),
    ]
    # The money of the last two is known.
    assert report.money == Money(Decimal("17.00"), Decimal("13.00"), Decimal(0), Decimal("4.00"))
    assert report.unpriced_rows == 2


def test_same_file_again_is_a_duplicate_and_another_total_a_contradiction(erp: Erp) -> None:
    erp.load()
    erp.write("sales_2020.csv", FILES["sales_2020.csv"].replace("0.99", "0.98"))
    report = erp.load()
    assert outcomes(report, "sales_2019.csv") == (2, 0, 0, 2, 0)
    assert outcomes(report, "sales_2020.csv") == (1, 0, 0, 0, 1)
    assert erp.rows("SELECT message FROM crpm.rejects") == [
        ('Total: "0.98" differs from what is recorded: 0.99.',)
    ]


def test_changed_list_price_contradicts_no_line_that_was_priced_by_the_file(erp: Erp) -> None:
    erp.load()
    erp.write("articles.csv", FILES["articles.csv"].replace("20.00", "25.00"))
    assert outcomes(erp.load(), "sales_2019.csv") == (2, 0, 0, 2, 0)


def test_lines_without_numbers_are_numbered_in_the_order_of_files_and_rows(erp: Erp) -> None:
    rows = [
        "2020,7,2020-03-01,2,2,2,1,1.00",
        "2020,8,2020-03-01,2,2,2,1,9.00",
        "2020,7,2020-03-01,2,2,1,1,2.00",
    ]
    erp.write("sales_2020.csv", "\n".join([HEADER, *rows, "broken", ""]))
    erp.write("latest.csv", f"{HEADER}\n2020,7,2020-03-01,2,2,2,1,1.00\n")
    erp.load()
    assert erp.rows(
        """
        SELECT l.line_number, l.line_amount::text
        FROM crpm.order_lines AS l INNER JOIN crpm.orders AS o ON l.order_id = o.order_id AND l.store_id = o.store_id
        WHERE o.order_number = '2020-7' ORDER BY l.line_number
        """
    ) == [(1, "1.00"), (2, "2.00"), (3, "1.00")]


def test_row_that_contradicts_one_of_another_file_names_that_file(erp: Erp) -> None:
    erp.change(
        'order_number = "{Year}-{Receipt}"', 'order_number = "{Year}-{Receipt}"\nline_number = "Pieces"'
    )
    erp.change('files = "people.csv"', 'files = ["people.csv", "people_new.csv"]')
    erp.write("latest.csv", FILES["sales_2020.csv"].replace("0.99", "0.98"))
    erp.write("people_new.csv", FILES["people.csv"].replace("Rosa", "Rita"))
    erp.load()
    assert erp.rows("SELECT message FROM crpm.rejects ORDER BY load_file_id") == [
        ("Line 2 of people.csv has the same key and other content.",),
        ("Line 2 of sales_2020.csv has the same key and other content.",),
    ]


def test_row_whose_lookup_has_no_match_is_rejected_with_the_key(erp: Erp) -> None:
    erp.write("articles.csv", FILES["articles.csv"] + "3,,Spoon,1.00,99\n4,,Fork,1.00,\n5,,Knife,1.00,9\n")
    erp.write("groups.csv", FILES["groups.csv"] + "9,Knives,X\n")
    report = erp.load()
    assert outcomes(report, "articles.csv") == (5, 2, 0, 0, 3)
    assert erp.rows("SELECT line_number, message FROM crpm.rejects ORDER BY line_number") == [
        (4, 'Name (group): there is no "99" in the column ID of groups.csv.'),
        (5, "Name (group) is empty and cannot be left out."),
        (6, 'Name (division): there is no "X" in the column No of divisions.csv.'),
    ]


def test_row_of_sales_whose_lookup_has_no_match_keeps_its_money_in_the_account(erp: Erp) -> None:
    erp.change('product_key = "Article"', 'product_key = { lookup = "codes", column = "Article" }')
    erp.change(
        "[lookups.group]",
        '[lookups.codes]\nfiles = "codes.csv"\nkey = "Code"\nby = "Article"\n[lookups.group]',
    )
    erp.write("codes.csv", "Code,Article\n1,1\n")
    report = erp.load()
    assert report.money == Money(Decimal("13.99"), Decimal("10.00"), Decimal(0), Decimal("3.99"))
    assert {reason for *_, reason in erp.rejects()} == {"no_match"}


def test_lookup_files_are_not_called_unknown(erp: Erp) -> None:
    erp.write("notes.txt", "")
    assert erp.load().ignored_files == ("notes.txt",)


def test_part_is_counted_from_either_end_and_empty_where_there_is_none(erp: Erp) -> None:
    erp.write("shops.csv", "Shop,Place\n1,A - B - C\n2,D\n")
    erp.change('split = " - ", part = 2', 'split = " - ", part = -2')
    erp.load()
    assert erp.rows("SELECT state FROM crpm.stores ORDER BY source_key") == [("B",), (None,)]


def test_store_is_called_as_its_file_says_and_later_as_people_say(erp: Erp) -> None:
    erp.change('source_key = "Shop"', 'source_key = "Shop"\nname = "Name"')
    erp.write("shops.csv", "Shop,Place,Name\n1,North - Hamburg,Altstadt\n2,South,\n3,South,Altstadt\n")
    erp.load()
    names = "SELECT name FROM crpm.stores ORDER BY source_key"
    assert erp.rows(names) == [("Altstadt",), ("Germany",), ("Altstadt (3)",)]
    erp.write("shops.csv", f"Shop,Place,Name\n1,North - Bremen,Neustadt\n4,South,{'x' * 151}\n")
    assert outcomes(erp.load(), "shops.csv") == (2, 0, 1, 0, 1)
    assert erp.rows(names) == [("Altstadt",), ("Germany",), ("Altstadt (3)",)]
    assert erp.rejects()[0] == (3, "Name", "too_long")


WRONG = [
    (
        'company_name = "Kontor"\n',
        "",
        'erp.toml does not say company_name: add a line such as company_name = "My Company".',
    ),
    ("[stores]", "colour = 1\n[stores]", "erp.toml: there is no colour; there are source_system,"),
    ("[customers]", "[customer]", "erp.toml: there is no customer; there are source_system,"),
    (
        'quantity = "Pieces"',
        'pieces = "Pieces"',
        "erp.toml, sales: there is no field pieces; there are files and order_number,",
    ),
    ('quantity = "Pieces"', "", "erp.toml, sales: it must say what feeds quantity."),
    ('quantity = "Pieces"', "quantity = 3", "erp.toml, sales, quantity: 3 is none of these: a column"),
    ('quantity = "Pieces"', 'quantity = ""', "erp.toml, sales, quantity: '' is none of these: a column"),
    (
        "{Year}-{Receipt}",
        "{Year}-{Receipt",
        'erp.toml, sales, order_number: the braces of "{Year}-{Receipt" do not match up',
    ),
    (
        '{ constant = "Germany" }',
        "{ constant = [] }",
        "erp.toml, stores, country: constant must be text or a whole number.",
    ),
    (
        '{ constant = "Germany" }',
        '{ constant = "DE", column = "X" }',
        "erp.toml, stores, country: a constant has nothing beside it.",
    ),
    (
        '{ constant = "Germany" }',
        '{ konstant = "DE" }',
        "erp.toml, stores, country: it says konstant, and must be a column",
    ),
    (
        'split = " - "',
        'split = ""',
        "erp.toml, stores, state: split must be the text that separates the parts",
    ),
    ("part = 2", "part = 0", "erp.toml, stores, state: part must be 1, 2, 3"),
    (", part = 2", "", "erp.toml, stores, state: part must be 1, 2, 3"),
    (
        'lookup = "group", column = "Name"',
        'lookup = "groups", column = "Name"',
        "erp.toml, products, subcategory: there is no lookup groups; there are group, division.",
    ),
    (
        'lookup = "group", column = "Name"',
        'lookup = "group"',
        "erp.toml, products, subcategory: column must be a name in quotes",
    ),
    (
        'lookup = "group", column = "Name"',
        'lookup = "group", column = "Title"',
        "erp.toml, products, subcategory: groups.csv, in which the lookup group looks, has no column Title. It has ID, Name, Division.",
    ),
    ('\nkey = "ID"', "", "erp.toml, lookups.group: key must be the column that holds the key"),
    (
        '\nkey = "ID"',
        '\nkey = "Key"',
        "groups.csv, in which the lookup group looks, has no column Key. It has ID, Name, Division.",
    ),
    (
        '\nkey = "ID"',
        '\nkey = "ID"\ncolumn = "Name"',
        "erp.toml, lookups.group: there is no column; there are files, key, by.",
    ),
    (
        'by = "Group"',
        'by = { lookup = "division", column = "Name" }',
        "the lookups go in a circle: group needs division needs group.",
    ),
    (
        'files = "groups.csv"',
        'files = "g.csv"',
        "erp.toml, products, subcategory: the lookup group needs g.csv, which",
    ),
    ('files = "people.csv"', "files = []", "erp.toml, customers: files must be the name of a file"),
    ('files = "people.csv"', 'files = "../people.csv"', "erp.toml, customers: ../people.csv names a folder"),
    (
        'line_amount = "Total"',
        'line_amount = "Total"\nunit_price = "Total"',
        "erp.toml, sales: unit_price and line_amount both say",
    ),
    (
        'line_amount = "Total"',
        'line_amount = "Sum"',
        "erp.toml, sales: sales_2019.csv lacks the columns Sum (for line_amount). It has Year,",
    ),
    (
        'by = "Group"',
        'by = "Grp"',
        "erp.toml, products: articles.csv lacks the columns Grp (for subcategory). It has Article,",
    ),
    ("[stores]", "may_lack_columns = 1\n[stores]", "erp.toml: may_lack_columns is true or false."),
    ("[stores]", "[stores", "erp.toml is no TOML: "),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG, ids=[message[:60] for *_, message in WRONG])
def test_mistake_in_a_mapping_is_told_and_nothing_is_loaded(
    erp: Erp,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    message: str,
) -> None:
    monkeypatch.setenv("DATABASE_URL", erp.database.owner_url)
    erp.change(old, new)
    assert main(["load", str(erp.folder), "--map", str(erp.map)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]
    assert erp.rows("SELECT count(*) FROM crpm.loads") == [(0,)]


def test_mapping_that_is_no_file_is_told(
    erp: Erp, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["load", str(erp.folder), "--map", str(tmp_path / "none.toml")]) == 1
    assert (
        capsys.readouterr().err
        == f"error: {tmp_path / 'none.toml'} cannot be read: No such file or directory.\n"
    )


def test_mapping_may_begin_with_a_byte_order_mark_but_must_be_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_text(MAPPING, encoding="utf-8-sig")
    assert read_mapping(path).company_name == "Kontor"
    path.write_text(MAPPING, encoding="utf-16")
    with pytest.raises(MappingError, match=r"marked\.toml is no UTF-8 text: save it as UTF-8"):
        read_mapping(path)


def test_mapping_of_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text('source_system = "a"\ncompany_name = "b"\nbase_currency = "EUR"\n')
    with pytest.raises(MappingError, match=r"empty\.toml maps nothing: add one of \[rates\], \[stores\]"):
        read_mapping(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,Name,Division\n7,Kettles,K\n7,Pots,K\n", "line 3: the key 7 has another Name than on line 2"),
        (
            "ID,Name,Division\n7,Kettles,K\n8\n",
            "line 3: It has 1 cells, the header 3. Mend it: the lookup group needs",
        ),
        ("ID,Name,Name,Division\n7,a,b,K\n", "groups.csv has two columns Name: rename or remove one"),
    ],
)
def test_lookup_file_that_cannot_answer_stops_the_load(erp: Erp, text: str, message: str) -> None:
    erp.write("groups.csv", text)
    with pytest.raises(UnreadableFileError, match=message):
        erp.load()
    assert erp.rows("SELECT count(*) FROM crpm.loads") == [(0,)]


def test_lookup_that_is_too_long_stops_the_load(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loader.lookups.MOST_ROWS", 1)
    with pytest.raises(
        UnreadableFileError, match=r"groups\.csv has more than 1 keys, the most that a lookup may have"
    ):
        erp.load()


def test_file_may_lack_columns_only_where_the_mapping_says_so(erp: Erp) -> None:
    erp.change('line_amount = "Total"', 'line_amount = "Total"\ndelivered_on = "Delivered"')
    with pytest.raises(MissingColumnsError, match=r"Delivered \(for delivered_on\)"):
        erp.load()
    erp.change("[stores]", "may_lack_columns = true\n[stores]")
    assert outcomes(erp.load(), "sales_2019.csv") == (2, 2, 0, 0, 0)


def test_column_whose_name_has_braces_is_named_in_a_table(erp: Erp) -> None:
    erp.write("articles.csv", FILES["articles.csv"].replace("List", "List {EUR}"))
    erp.change('unit_price = "List"', 'unit_price = { column = "List {EUR}" }')
    assert outcomes(erp.load(), "articles.csv") == (2, 2, 0, 0, 0)


def test_pattern_without_a_file_is_told_and_no_error(
    erp: Erp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", erp.database.owner_url)
    (erp.folder / "people.csv").unlink()
    erp.write(
        "sales_2019.csv",
        FILES["sales_2019.csv"].replace(",1,1,1,3,", ",1,,1,3,").replace(",1,1,2,1,", ",1,,2,1,"),
    )
    (erp.folder / "sales_2020.csv").unlink()
    assert main(["load", str(erp.folder), "--map", str(erp.map)]) == 0
    err = capsys.readouterr().err.splitlines()
    assert "No file is called people.csv: nothing from there for customers" in err
    assert "No file is called latest.csv: nothing from there for sales" in err
