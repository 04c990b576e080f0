from datetime import date, timedelta

import pytest

from loader.cells import DateColumn, is_undecided, order_of
from loader.errors import UndecidedError
from tests.loader.conftest import Business, outcomes
from tests.loader.understanding import Columns

ORDERS = "SELECT order_number, order_date::text FROM crpm.orders ORDER BY order_number"
RATES = [f"2020-02-{day:02},EUR,0.9" for day in range(1, 29)]
TODAY = date.today()  # noqa: DTZ011
SOON = TODAY + timedelta(days=3)
OPENED = ["2005-03-01"]


def write_sales(business: Business, *days: str) -> None:
    business.write("Exchange_Rates.csv", *RATES)
    business.write("Sales.csv", *(f"{100 + number},1,{day},,1,1,2,1,USD" for number, day in enumerate(days)))


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("orders", "is_doubtful", "is_swapped", "order", "undecided"),
    [
        ("mdy", False, False, "mdy", []),
        ("mdy dmy", False, False, "mdy", []),
        ("mdy dmy", True, False, None, [None, "ymd"]),
        ("", False, False, None, [None, "ymd"]),
        # Whatever is answered where a spreadsheet has swapped days and months, it is an answer.
        ("mdy", False, True, "mdy", [None]),
    ],
)
def test_order_is_what_the_dates_prove(
    orders: str, is_doubtful: bool, is_swapped: bool, order: str | None, undecided: list[str | None]
) -> None:
    column = DateColumn(
        1, "f", "F.csv", "F", orders.split(), ["mdy", "dmy"], is_doubtful, is_swapped, is_swapped, {}
    )  # type: ignore[arg-type]
    assert order_of(column) == order
    assert [asked for asked in (None, "mdy", "dmy", "ymd") if is_undecided(column, asked)] == undecided


def test_one_date_that_leaves_no_doubt_decides_the_column(columns: Columns) -> None:
    file = columns.add("order_date", ["2/3/2020", "25.2.2020", "3-2-2020", "2020-02-14", "5/2/2020 14:30"])
    american = columns.add("order_date", ["2/3/2020", "2/25/2020"])
    columns.understand(date_order="ymd")
    read = days("2020-03-02", "2020-02-25", "2020-02-03", "2020-02-14", "2020-02-05")
    assert columns.read(file, "order_date") == read
    assert columns.note(file, "date_order") == {"order": "dmy", "decided_by": "file"}
    # What was answered does not overrule what a column proves.
    assert columns.read(american, "order_date") == days("2020-02-03", "2020-02-25")


def test_load_stops_to_ask_where_no_date_decides(business: Business) -> None:
    write_sales(business, "2/3/2020", "3/2/2020", "2/2/2020")
    with pytest.raises(UndecidedError) as asked:
        business.load()
    assert str(asked.value) == (
        "Sales.csv, column Order Date: every date could be month/day or day/month "
        "(line 2: 2/3/2020; line 3: 3/2/2020)."
    )
    assert asked.value.date_orders == ("mdy", "dmy")
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]
    # An order that makes no sense of any is no answer.
    with pytest.raises(UndecidedError):
        business.load(date_order="ymd")
    report = business.load(date_order="dmy")
    assert outcomes(report, "Sales.csv") == (3, 3, 0, 0, 0)
    assert business.rows(ORDERS)[0] == ("100", "2020-03-02")
    notes = business.rows("SELECT notes -> 'date_order' FROM crpm.load_files WHERE file_name = 'Sales.csv'")
    assert notes == [({"Order Date": {"order": "dmy", "decided_by": "person"}},)]


def test_load_stops_to_ask_where_the_dates_prove_both_orders(columns: Columns) -> None:
    file = columns.add("order_date", ["2/25/2020", "3/2/2020", "25/2/2020"])
    with pytest.raises(UndecidedError) as asked:
        columns.understand()
    assert str(asked.value) == (
        "sales.csv, column order_date: some dates only make sense as month/day (line 2: 2/25/2020), "
        "others only as day/month (line 4: 25/2/2020)."
    )
    columns.answer(date_order="mdy")
    assert columns.read(file, "order_date") == [*days("2020-02-25", "2020-03-02"), "impossible_date"]


# Cells, what they mean, and the order that they prove: a year in two digits may stand first as well.
SHORT = [
    (["1/13/16", "2/3/16"], ["2016-01-13", "2016-02-03"], "mdy"),
    (["31/12/16", "2.3.16"], ["2016-12-31", "2016-03-02"], "dmy"),
    (["16/01/31", "12-11-10"], ["2016-01-31", "2012-11-10"], "ymd"),
    # Neither decides alone: the first may be day or year first, the second day or month first.
    (["13/01/12", "05/06/2012"], ["2012-01-13", "2012-06-05"], "dmy"),
    # 1975 is before the first store opened, and 2075 is not yet.
    (["11/12/08", "75/10/09", "31/1/16"], ["2008-12-11", "unlikely_date", "2016-01-31"], "dmy"),
    (["1/31/75", "1/31/16", "13/13/16"], ["unlikely_date", "2016-01-31", "impossible_date"], "mdy"),
]


def test_year_in_two_digits_is_of_a_century_that_makes_sense(columns: Columns) -> None:
    columns.add("opened_on", OPENED)
    files = [columns.add("order_date", cells) for cells, _, _ in SHORT]
    born = columns.add("birth_date", [f"{SOON:%d.%m.%y}", f"{TODAY:%d.%m.%y}", "31.12.39", "29.2.00"])
    columns.understand()
    for file, (_, read, order) in zip(files, SHORT, strict=True):
        found = [
            day.isoformat() if isinstance(day, date) else day for day in columns.read(file, "order_date")
        ]
        assert found == read
        assert columns.note(file, "date_order") == {"order": order, "decided_by": "file"}
    a_century_ago = SOON.replace(year=SOON.year - 100)
    assert columns.read(born, "birth_date") == [a_century_ago, TODAY, *days("1939-12-31", "2000-02-29")]


def test_load_stops_to_ask_where_the_year_may_stand_first_or_last(columns: Columns) -> None:
    file = columns.add("order_date", ["01/02/03", "10/10/10"])
    with pytest.raises(UndecidedError) as asked:
        columns.understand()
    assert str(asked.value) == (
        "sales.csv, column order_date: every date could be month/day or day/month or year/month/day "
        "(line 2: 01/02/03)."
    )
    columns.answer(date_order="ymd")
    assert columns.read(file, "order_date") == days("2001-02-03", "2010-10-10")


# One cell a notation; each means the last day of January 2016.
NOTATIONS = [
    *("2016-01-31", "2016/1/31", "2016.01.31", "20160131", "31. 1. 2016", "1 / 31 / 2016", "42400", "42400.75", "42400,5"),
    *("2016-01-31 00:00:00", "1/31/2016 12:00 AM", "1/31/2016, 9:05:01\u202fp.m.", "2016-01-31T23:59:59Z"),
    *("2016-01-31T08:00:00.000+02:00", "2016-01-31 08:00:00.123456+00", "31/1/2016 8:00", "Sun Jan 31 2016 00:00:00 GMT+0100"),
    *("31-Jan-2016", "31 January 2016", "Jan 31, 2016", "january 31st 2016", "31-Jan-16", "Jan 31, 16", "2016-Jan-31", "31JAN2016"),
    *("Sunday, January 31, 2016", "31. Januar 2016", "31 janv. 2016", "31 de enero de 2016", "31 gennaio 2016", "31 jan. '16"),
]  # fmt: skip
NO_DATES = [
    *("in spring", "Jan 2016", "2016", "2199.5", "2016-01", "1/2/3", "1/2/20166", "31-Foo-2016", "12:00", "0", "123", "1,234"),
    *("2016-01-31 25:00", "2016-01-31 noon", "31-01", "1/31", "-42400", "42400 days", "1234567", "1-2-3-2016"),
]  # fmt: skip
NO_DAYS = ["2016-02-30", "20161301", "31-Feb-2016", "2016-1-32", "0/1/2016", "1850-01-01", "12345678"]
MISSING = [
    "",
    " ",
    "0/0/0",
    "0000-00-00",
    "00.00.0000",
    "0000-00-00 00:00:00",
    "N/A",
    "null",
    "-",
    "NA",
    "NaT",
]


def test_dates_are_understood_in_every_notation(columns: Columns) -> None:
    files = [columns.add("order_date", [cell]) for cell in NOTATIONS]
    none = columns.add("order_date", [*NO_DATES, *NO_DAYS, "99999"])
    missing = columns.add("delivered_on", MISSING)
    columns.understand()
    read = {cell: columns.read(file, "order_date") for cell, file in zip(NOTATIONS, files, strict=True)}
    assert read == dict.fromkeys(NOTATIONS, days("2016-01-31"))
    expected = ["unreadable_date"] * len(NO_DATES) + ["impossible_date"] * len(NO_DAYS) + ["unlikely_date"]
    found = dict(zip([*NO_DATES, *NO_DAYS, "99999"], columns.read(none, "order_date"), strict=True))
    assert list(found.values()) == expected, found
    assert columns.read(missing, "delivered_on") == [None] * len(MISSING)


SWAPPED = [
    # A month/day file that a spreadsheet of the other order has been through, and the reverse.
    (["2016-05-01", "1/13/2016", "2016-12-10", "2/28/2016"], ["2016-01-13", "2016-02-28"], "mdy"),
    (["2016-05-01", "13/1/2016", "42714", "28/2/2016 8:00"], ["2016-01-13", "2016-02-28"], "dmy"),
]


@pytest.mark.parametrize(("cells", "beyond", "order"), SWAPPED)
def test_load_stops_to_ask_where_a_spreadsheet_has_swapped_days_and_months(
    columns: Columns, cells: list[str], beyond: list[str], order: str
) -> None:
    file = columns.add("order_date", cells)
    with pytest.raises(UndecidedError) as asked:
        columns.understand()
    assert str(asked.value) == (
        "sales.csv, column order_date: a spreadsheet seems to have swapped days and months. "
        f"Where the year stands first no day is above 12 (line 2: {cells[0]}; line 4: {cells[2]}); "
        f"in all other dates it is (line 3: {cells[1]}; line 5: {cells[3]}). "
        "Day first (dmy) swaps the former back, month or year first takes them as they stand."
    )
    assert asked.value.date_orders == ("mdy", "dmy", "ymd")
    first, second = days(*beyond)
    for answer, swapped in (("dmy", ["2016-01-05", "2016-10-12"]), ("ymd", ["2016-05-01", "2016-12-10"])):
        columns.answer(date_order=answer)
        early, late = days(*swapped)
        assert columns.read(file, "order_date") == [early, first, late, second]
    columns.answer(date_order="dmy")
    note = columns.note(file, "date_order")
    assert note == {"order": order, "decided_by": "file", "is_swapped_back": True}


def test_formats_that_no_spreadsheet_has_mixed_are_not_asked_about(columns: Columns) -> None:
    mixed = [
        ["2016-05-01", "1/13/2016", "2016-12-13"],
        ["2016-05-01", "1/13/2016", "2/3/2016"],
        ["2016-05-05", "1/13/2016"],
    ]
    files = [columns.add("order_date", cells) for cells in mixed]
    columns.understand()
    read = [columns.read(file, "order_date") for file in files]
    assert read == [
        days("2016-05-01", "2016-01-13", "2016-12-13"),
        days("2016-05-01", "2016-01-13", "2016-02-03"),
        days("2016-05-05", "2016-01-13"),
    ]


def test_order_in_the_future_or_of_an_unlikely_year_is_rejected_with_what_to_do(business: Business) -> None:
    write_sales(business, f"{SOON:%Y-%m-%d}", "2020-02-13", "99999")
    business.load()
    assert business.rows("SELECT line_number, message FROM crpm.rejects ORDER BY line_number") == [
        (2, f'Order Date: "{SOON:%Y-%m-%d}" is in the future.'),
        (
            4,
            'Order Date: "99999" would be in the future or too long ago, such as before the first store opened. '
            "Write it as year-month-day, the year with four digits.",
        ),
    ]
