import pytest

from loader.cells import DateColumn, order_of
from loader.errors import UndecidedError
from tests.loader.conftest import Business, outcomes

ORDERS = "SELECT order_number, order_date::text FROM crpm.orders ORDER BY order_number"
RATES = [f"2020-02-{day:02},EUR,0.9" for day in range(1, 29)]


def write_sales(business: Business, *days: str) -> None:
    business.write("Exchange_Rates.csv", *RATES)
    business.write("Sales.csv", *(f"{100 + number},1,{day},,1,1,2,1,USD" for number, day in enumerate(days)))


@pytest.mark.parametrize(
    ("month_first", "day_first", "doubtful", "order"),
    [(1, 0, 9, "mdy"), (0, 1, 9, "dmy"), (1, 1, 9, None), (1, 1, 0, None), (0, 0, 1, None), (0, 0, 0, "mdy")],
)
def test_order_is_what_the_dates_prove(
    month_first: int, day_first: int, doubtful: int, order: str | None
) -> None:
    column = DateColumn(
        1, "order_date", "Sales.csv", "Order Date", month_first, day_first, doubtful, None, None, None
    )
    assert order_of(column) == order


def test_one_date_that_leaves_no_doubt_decides_the_column(business: Business) -> None:
    write_sales(business, "2/3/2020", "25.2.2020", "3-2-2020", "2020-02-04", "5/2/2020 14:30")
    report = business.load()
    assert outcomes(report, "Sales.csv") == (5, 5, 0, 0, 0)
    days = ["2020-03-02", "2020-02-25", "2020-02-03", "2020-02-04", "2020-02-05"]
    assert [day for _, day in business.rows(ORDERS)] == days
    notes = business.rows("SELECT notes -> 'date_order' FROM crpm.load_files WHERE file_name = 'Sales.csv'")
    assert notes == [({"Order Date": {"order": "dmy", "decided_by": "file"}},)]


def test_load_stops_to_ask_where_no_date_decides(business: Business) -> None:
    write_sales(business, "2/3/2020", "3/2/2020", "2/2/2020")
    with pytest.raises(UndecidedError) as asked:
        business.load()
    assert str(asked.value) == (
        "Sales.csv, column Order Date: every date could be month/day or day/month "
        "(line 2: 2/3/2020; line 3: 3/2/2020)."
    )
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]
    report = business.load(date_order="dmy")
    assert outcomes(report, "Sales.csv") == (3, 3, 0, 0, 0)
    assert business.rows(ORDERS)[0] == ("100", "2020-03-02")
    notes = business.rows("SELECT notes -> 'date_order' FROM crpm.load_files WHERE file_name = 'Sales.csv'")
    assert notes == [({"Order Date": {"order": "dmy", "decided_by": "person"}},)]


def test_load_stops_to_ask_where_the_dates_prove_both_orders(business: Business) -> None:
    write_sales(business, "2/25/2020", "3/2/2020", "25/2/2020")
    with pytest.raises(UndecidedError) as asked:
        business.load()
    assert str(asked.value) == (
        "Sales.csv, column Order Date: some dates only make sense as month/day (line 2: 2/25/2020), "
        "others only as day/month (line 4: 25/2/2020)."
    )
    business.load(date_order="mdy")
    assert business.rejects() == [(4, "Order Date", "impossible_date")]
    assert business.rows(ORDERS) == [("100", "2020-02-25"), ("101", "2020-03-02")]


def test_asked_order_does_not_overrule_what_a_column_proves(business: Business) -> None:
    write_sales(business, "2/25/2020", "3/2/2020")
    business.load(date_order="dmy")
    assert business.rows(ORDERS) == [("100", "2020-02-25"), ("101", "2020-03-02")]
