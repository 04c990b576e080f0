from decimal import Decimal

import pytest

from loader.__main__ import main
from loader.cells import DecimalMark, NumberColumn, decimals_of
from loader.errors import UndecidedError
from tests.loader.conftest import Business
from tests.loader.understanding import Columns

PRICES = "SELECT unit_price FROM crpm.product_prices ORDER BY product_id"


def counted(
    file: int = 1, *, point: int = 0, comma: int = 0, doubtful: int = 0, whole: tuple[int, int] = (0, 0)
) -> NumberColumn:
    return NumberColumn(file, "f", "F.csv", "F", point, comma, doubtful, *whole, None, None, None)


@pytest.mark.parametrize(
    ("columns", "marks"),
    [
        ([counted()], ["point"]),
        ([counted(point=1, doubtful=9)], ["point"]),
        ([counted(comma=1, doubtful=9)], ["comma"]),
        ([counted(point=1, comma=1)], [None]),
        ([counted(doubtful=1)], [None]),
        # Only whole numbers make sense: 1,234 and 1.234 are both 1234, as long as nothing speaks against it.
        ([counted(doubtful=2, whole=(1, 0))], ["point"]),
        ([counted(doubtful=2, whole=(0, 1))], ["comma"]),
        ([counted(doubtful=2, whole=(1, 1))], [None]),
        ([counted(doubtful=2, whole=(0, 1)), counted(point=1)], [None, "point"]),
        ([counted(doubtful=2, whole=(0, 1)), counted(comma=1)], ["comma", "comma"]),
        ([counted(doubtful=2, whole=(0, 1)), counted(2, point=1)], ["comma", "point"]),
        # What proves the contrary in the column itself is not overruled by whole numbers.
        ([counted(point=1, doubtful=2, whole=(0, 1))], ["point"]),
    ],
)
def test_mark_is_what_the_cells_prove(columns: list[NumberColumn], marks: list[str | None]) -> None:
    assert decimals_of(columns) == marks


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


# Cells of a column, what they mean, and which mark they prove.
PROVEN = [
    (["$1,299.00 ", "1,234", "EUR 5"], ["1299.00", "1234", "5"], "point"),
    (["1.299,00 €", "1.234", "0,75"], ["1299.00", "1234", "0.75"], "comma"),
    (["12,5", "1.234.567", "1.234"], ["12.5", "1234567", "1234"], "comma"),
    (["12.5", "1,234,567", "1,234"], ["12.5", "1234567", "1234"], "point"),
    # A nought never stands before a thousand.
    (["0,750", "1,234"], ["0.750", "1.234"], "comma"),
    (["0.750", "1.234", ".5"], ["0.750", "1.234", "0.5"], "point"),
    (["1 299,00 €", "CHF 1'299", "1\u00a0299\u202f", "1\u202f000,5"], ["1299", "1299", "1299", "1000.5"], "comma"),
    (["1’299.50 Fr.", "US$ 1 000 000", "kr. 7", "+3", "usd 2", "4 Kč", "₹.50", "-.5", "Rs.500"], ["1299.50", "1000000", "7", "3", "2", "4", "0.5", "-0.5", "500"], "point"),
    # Blanks between thousands leave the other two to decimals.
    (["1 234.567"], ["1234.567"], "point"),
    (["₹1,23,456", "12,34,567.50", "1,234"], ["123456", "1234567.50", "1234"], "point"),
    # No cents.
    (["12,-", "1.299,- kr"], ["12", "1299"], "comma"),
    (["Fr. 12.–", "1,234"], ["12", "1234"], "point"),
]  # fmt: skip
NEGATIVE = [
    "(12.50)",
    "$(12.50)",
    "($12.50)",
    "12.50-",
    "12.50 - USD",
    "-$12.50",
    "$-12.50",
    "- 12.50",
    "\u221212.50",
    "( 12.50 USD )",
]
NO_NUMBERS = [
    *("1,23,4", "1.2.3", "12 34", "1'23", "1 234'567", "--5", "-(5)", "(-5)", "(5", "5)", "-5-", "$", "5%", "1e3"),
    *("5 $ 5", "1..2", "5 PCS", "1.5 MIO", "5 XXX", "12,-5", "1 234 ,5", "5.", "٣", "9999999999999999", "USD.50", "U-SD 5", "5 U SD"),
]  # fmt: skip


def test_column_decides_what_its_points_and_commas_mean(columns: Columns) -> None:
    files = [columns.add("unit_price", cells) for cells, _, _ in PROVEN]
    columns.understand()
    for file, (_, read, mark) in zip(files, PROVEN, strict=True):
        assert columns.read(file, "unit_price") == decimals(*read)
        assert columns.note(file, "decimal") == {"decimal": mark, "decided_by": "file"}


def test_money_owed_is_negative_and_what_is_no_number_proves_nothing(columns: Columns) -> None:
    owed = columns.add("unit_price", NEGATIVE)
    none = columns.add("unit_price", [*NO_NUMBERS, "1.50"])
    missing = columns.add("unit_price", ["", " - ", "\u202f", "N/A", "na", "#N/A", "NaN", "null", "5"])
    columns.understand()
    assert columns.read(owed, "unit_price") == decimals("-12.50") * len(NEGATIVE)
    unreadable = ["unreadable_number"] * len(NO_NUMBERS)
    assert columns.read(none, "unit_price") == [*unreadable, Decimal("1.50")]
    assert columns.read(missing, "unit_price") == [None] * 8 + [5]
    # Whatever is as plain as most are leaves nothing to note.
    assert columns.note(missing, "decimal") is None


@pytest.mark.parametrize("mark", ["point", "comma"])
def test_load_stops_to_ask_where_no_number_decides(columns: Columns, mark: DecimalMark) -> None:
    file = columns.add("unit_price", ["7", "1.234", "1,234"])
    with pytest.raises(UndecidedError) as asked:
        columns.understand()
    assert str(asked.value) == (
        "products.csv, column unit_price: nothing tells whether points and commas stand before decimals "
        "or between thousands (line 3: 1.234; line 4: 1,234)."
    )
    assert (asked.value.date_orders, asked.value.asks_decimal) == ((), True)
    columns.answer(decimal=mark)
    read = {"point": ["7", "1.234", "1234"], "comma": ["7", "1234", "1.234"]}[mark]
    assert columns.read(file, "unit_price") == decimals(*read)
    assert columns.note(file, "decimal") == {"decimal": mark, "decided_by": "person"}


def test_load_stops_to_ask_where_the_numbers_prove_both(columns: Columns) -> None:
    file = columns.add("unit_price", ["12,50", "7", "12.5", "1.234"])
    with pytest.raises(UndecidedError) as asked:
        columns.understand()
    assert str(asked.value) == (
        "products.csv, column unit_price: some numbers only make sense with a decimal point (line 4: 12.5), "
        "others only with a decimal comma (line 2: 12,50)."
    )
    columns.answer(decimal="comma")
    assert columns.read(file, "unit_price") == [Decimal("12.50"), 7, "unreadable_number", 1234]


def test_asked_mark_does_not_overrule_what_a_column_proves(columns: Columns) -> None:
    file = columns.add("unit_price", ["12.5", "1,234"])
    columns.understand(decimal="comma")
    assert columns.read(file, "unit_price") == [Decimal("12.5"), 1234]


def test_pieces_are_whole_however_their_thousands_are_written(columns: Columns) -> None:
    notations = ["1,234", "1.234", "1 234", "1'234", "1234.0", "1.234,0", "595.0"]
    files = [columns.add("quantity", [cell, "2"]) for cell in notations]
    fraction = columns.add("quantity", ["2.5", "3"])
    columns.understand()
    for file, cell in zip(files, notations, strict=True):
        assert columns.read(file, "quantity") == [595 if cell == "595.0" else 1234, 2]
    assert columns.read(fraction, "quantity") == ["not_whole", 3]


@pytest.mark.parametrize("cells", [["1,000"], ["1.000"], ["1.234", "1,234"]])
def test_load_stops_to_ask_where_pieces_are_whole_in_either_way(columns: Columns, cells: list[str]) -> None:
    columns.add("quantity", cells)
    with pytest.raises(UndecidedError, match="column quantity: nothing tells"):
        columns.understand()


def test_number_of_an_excel_file_has_the_decimals_that_it_shows(columns: Columns) -> None:
    file = columns.add("unit_price", ["1.234", "7"], encoding="xlsx")
    columns.understand()
    assert columns.read(file, "unit_price") == decimals("1.234", "7")
    # Beside text with a decimal comma it is asked about, and never taken for thousands.
    columns.add("unit_price", ["1.234", "12,5"], encoding="xlsx")
    with pytest.raises(UndecidedError, match=r"only make sense with a decimal point \(line 2: 1.234\)"):
        columns.understand()


def test_command_asks_about_dates_and_decimals_at_once(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    business.write("Products.csv", "1,Thing,B,Red,(1.50),1.234,1,S,1,K", "2,Cup,B,Red,1.50,7,1,S,1,K")
    business.write("Sales.csv")
    business.write("Stores.csv", "1,Italy,Enna,1000.0,1/2/2008")
    assert main(["load", str(business.folder)]) == 2
    asked = capsys.readouterr().err
    assert asked.endswith("Nothing was loaded: say --date-order mdy or dmy and --decimal point or comma.\n")
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]
    answers = ["--date-order", "dmy", "--decimal", "comma"]
    assert main(["load", str(business.folder), *answers]) == 0
    assert business.rejects() == [(2, "Unit Cost USD", "negative")]
    assert business.rows(PRICES) == [(7,)]
