from decimal import Decimal

import pytest

from loader.__main__ import main
from loader.cells import DecimalMark, NumberColumn, decimals_of
from loader.errors import UndecidedError
from tests.loader.conftest import Business, outcomes

PRICES = "SELECT source_key, (SELECT unit_price FROM crpm.product_prices AS c WHERE p.product_id = c.product_id) FROM crpm.products AS p ORDER BY source_key::integer"
NOTES = "SELECT notes -> 'decimal' FROM crpm.load_files WHERE file_name = '{}'"


def write_prices(business: Business, *prices: str, cost: str = "$1.00") -> None:
    business.write(
        "Products.csv",
        *(f'{key},Thing {key},B,Red,{cost},"{price}",1,S,1,K' for key, price in enumerate(prices, start=1)),
    )
    business.write("Sales.csv")


def column(
    file: int = 1, *, point: int = 0, comma: int = 0, doubtful: int = 0, whole: tuple[int, int] = (0, 0)
) -> NumberColumn:
    return NumberColumn(file, "f", "F.csv", "F", point, comma, doubtful, *whole, None, None, None)


@pytest.mark.parametrize(
    ("columns", "marks"),
    [
        ([column()], ["point"]),
        ([column(point=1, doubtful=9)], ["point"]),
        ([column(comma=1, doubtful=9)], ["comma"]),
        ([column(point=1, comma=1)], [None]),
        ([column(doubtful=1)], [None]),
        # Only whole numbers make sense: 1,234 and 1.234 are both 1234, as long as nothing speaks against it.
        ([column(doubtful=2, whole=(1, 0))], ["point"]),
        ([column(doubtful=2, whole=(0, 1))], ["comma"]),
        ([column(doubtful=2, whole=(1, 1))], [None]),
        ([column(doubtful=2, whole=(0, 1)), column(point=1)], [None, "point"]),
        ([column(doubtful=2, whole=(0, 1)), column(comma=1)], ["comma", "comma"]),
        ([column(doubtful=2, whole=(0, 1)), column(2, point=1)], ["comma", "point"]),
        # What proves the contrary in the column itself is not overruled by whole numbers.
        ([column(point=1, doubtful=2, whole=(0, 1))], ["point"]),
    ],
)
def test_mark_is_what_the_cells_prove(columns: list[NumberColumn], marks: list[str | None]) -> None:
    assert decimals_of(columns) == marks


@pytest.mark.parametrize(
    ("prices", "read", "mark"),
    [
        (["$1,299.00 ", "1,234", "EUR 5"], ["1299.00", "1234", "5"], "point"),
        (["1.299,00 €", "1.234", "0,75"], ["1299.00", "1234", "0.75"], "comma"),
        (["12,5", "1.234.567", "1.234"], ["12.5", "1234567", "1234"], "comma"),
        (["12.5", "1,234,567", "1,234"], ["12.5", "1234567", "1234"], "point"),
        # A nought never stands before a thousand.
        (["0,750", "1,234"], ["0.750", "1.234"], "comma"),
        (["0.750", "1.234"], ["0.750", "1.234"], "point"),
        (["1 299,00 €", "CHF 1'299", "1\u00a0299\u202f", "1\u202f000,5"], ["1299", "1299", "1299", "1000.5"], "comma"),
        (["1’299.50 Fr.", "US$ 1 000 000", "kr. 7", "+3"], ["1299.50", "1000000", "7", "3"], "point"),
        # Blanks between thousands leave the other two to decimals.
        (["1 234.567"], ["1234.567"], "point"),
    ],
)  # fmt: skip
def test_column_decides_what_its_points_and_commas_mean(
    business: Business, prices: list[str], read: list[str], mark: str
) -> None:
    write_prices(business, *prices)
    assert outcomes(business.load(), "Products.csv") == (len(prices), len(prices), 0, 0, 0)
    assert [price for _, price in business.rows(PRICES)] == [Decimal(price) for price in read]
    [(notes,)] = business.rows(NOTES.format("Products.csv"))
    assert notes["Unit Price USD"] == {"decimal": mark, "decided_by": "file"}


@pytest.mark.parametrize("mark", ["point", "comma"])
@pytest.mark.parametrize(
    ("doubtful", "read"),
    [("1.234", {"point": "1.234", "comma": "1234"}), ("1,234", {"point": "1234", "comma": "1.234"})],
)
def test_load_stops_to_ask_where_no_number_decides(
    business: Business, doubtful: str, read: dict[str, str], mark: DecimalMark
) -> None:
    write_prices(business, "7", doubtful)
    with pytest.raises(UndecidedError) as asked:
        business.load()
    assert str(asked.value) == (
        "Products.csv, column Unit Price USD: nothing tells whether points and commas stand before decimals "
        f"or between thousands (line 3: {doubtful})."
    )
    assert (asked.value.asks_date_order, asked.value.asks_decimal) == (False, True)
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]
    business.load(decimal=mark)
    assert business.rows(PRICES) == [("1", Decimal(7)), ("2", Decimal(read[mark]))]
    [(notes,)] = business.rows(NOTES.format("Products.csv"))
    assert notes["Unit Price USD"] == {"decimal": mark, "decided_by": "person"}


def test_load_stops_to_ask_where_the_numbers_prove_both(business: Business) -> None:
    write_prices(business, "12,50", "7", "12.5", "1.234")
    with pytest.raises(UndecidedError) as asked:
        business.load()
    assert str(asked.value) == (
        "Products.csv, column Unit Price USD: some numbers only make sense with a decimal point (line 4: 12.5), "
        "others only with a decimal comma (line 2: 12,50)."
    )
    business.load(decimal="comma")
    assert business.rejects() == [(4, "Unit Price USD", "unreadable_number")]
    assert [price for _, price in business.rows(PRICES)] == [Decimal("12.50"), Decimal(7), Decimal(1234)]


def test_asked_mark_does_not_overrule_what_a_column_proves(business: Business) -> None:
    write_prices(business, "12.5", "1,234")
    business.load(decimal="comma")
    assert [price for _, price in business.rows(PRICES)] == [Decimal("12.5"), Decimal(1234)]


@pytest.mark.parametrize("thousands", ["1,234", "1.234", "1 234", "1'234", "1234.0", "1.234,0"])
def test_pieces_are_whole_however_their_thousands_are_written(business: Business, thousands: str) -> None:
    business.write("Sales.csv", f'100,1,1/13/2020,,1,1,2,"{thousands}",USD', "101,1,1/13/2020,,1,1,2,2,USD")
    assert outcomes(business.load(), "Sales.csv") == (2, 2, 0, 0, 0)
    assert business.rows("SELECT quantity FROM crpm.order_lines ORDER BY quantity") == [(2,), (1234,)]


@pytest.mark.parametrize("cells", [["1,000"], ["1.000"], ["1.234", "1,234"]])
def test_load_stops_to_ask_where_pieces_are_whole_in_either_way(business: Business, cells: list[str]) -> None:
    rows = (f'{number},1,1/13/2020,,1,1,2,"{cell}",USD' for number, cell in enumerate(cells))
    business.write("Sales.csv", *rows)
    with pytest.raises(UndecidedError, match="column Quantity: nothing tells"):
        business.load()


def test_money_owed_is_negative_in_every_notation(business: Business) -> None:
    notations = [
        "(12.50)",
        "$(12.50)",
        "($12.50)",
        "12.50-",
        "-$12.50",
        "$-12.50",
        "- 12.50",
        "\u221212.50",
        "( 12.50 USD )",
    ]
    write_prices(business, "1.50", *notations)
    business.load()
    assert business.rejects() == [
        (line, "Unit Price USD", "negative") for line in range(3, 3 + len(notations))
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "1,23,4",
        "1.2.3",
        "12 34",
        "1'23",
        "1 234'567",
        "--5",
        "-(5)",
        "(5",
        "5)",
        "-5-",
        "$",
        "5%",
        "1e3",
        "5 $ 5",
        "1..2",
    ],
)
def test_what_is_no_number_in_any_notation_is_rejected_and_proves_nothing(
    business: Business, cell: str
) -> None:
    write_prices(business, cell, "1.50")
    business.load()
    assert business.rejects() == [(2, "Unit Price USD", "unreadable_number")]


def test_command_asks_about_dates_and_decimals_at_once(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    write_prices(business, "1.234")
    business.write("Stores.csv", "1,Italy,Enna,1000.0,1/2/2008")
    assert main(["load", str(business.folder)]) == 2
    asked = capsys.readouterr().err
    assert asked.endswith("Nothing was loaded: say --date-order mdy or dmy and --decimal point or comma.\n")
    answers = ["--date-order", "dmy", "--decimal", "comma"]
    assert main(["load", str(business.folder), *answers]) == 0
    assert [price for _, price in business.rows(PRICES)] == [Decimal(1234)]
