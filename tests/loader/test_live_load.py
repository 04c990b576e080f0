"""A live load: sales that are new take stock, by the rules of the till."""

from datetime import UTC, datetime, timedelta

import pytest

from db.verify import verify
from tests.loader.conftest import Business, outcomes

LEVELS = "SELECT s.source_key, p.source_key, l.on_hand FROM crpm.stock_levels AS l INNER JOIN crpm.stores AS s USING (store_id) INNER JOIN crpm.products AS p USING (product_id) ORDER BY 1, 2"
MESSAGES = "SELECT line_number, message FROM crpm.rejects ORDER BY line_number"


def day(back: int = 0) -> str:
    return (datetime.now(UTC).date() - timedelta(days=back)).strftime("%m/%d/%Y")


@pytest.fixture
def counted(business: Business) -> Business:
    """Stores that were counted three days ago: ten machines and five kettles at Enna, four kettles online."""
    business.write("Stock.csv", "1,1,10", "1,2,5", "0,2,4")
    business.write("Exchange_Rates.csv", f"{day(5)},EUR,0.9011")
    business.write("Sales.csv")
    business.load()
    business.run("UPDATE crpm.stores SET opening_count_on = current_date - 3")
    (business.folder / "Stock.csv").unlink()
    return business


def books_are_right(business: Business) -> bool:
    return not any(check.differences for check in verify(business.database.owner_url))


def test_new_sales_take_their_stock(counted: Business) -> None:
    counted.write(
        "Sales.csv",
        f"100,1,{day()},,1,1,1,2,EUR",
        f"100,2,{day()},,1,1,2,1,EUR",
        f"101,1,{day()},,2,0,2,4,USD",
    )
    report = counted.load(is_live=True)
    assert outcomes(report, "Sales.csv") == (3, 3, 0, 0, 0)
    assert counted.rows(LEVELS) == [("0", "2", 0), ("1", "1", 8), ("1", "2", 4)]
    assert counted.rows(
        "SELECT DISTINCT movement_type, recorded_by, channel FROM crpm.stock_movements WHERE movement_type = 'sale'"
    ) == [("sale", "test-manager", "loader")]
    assert books_are_right(counted)


def test_same_sales_again_are_duplicates_and_take_nothing_more(counted: Business) -> None:
    counted.write("Sales.csv", f"100,1,{day()},,1,1,1,10,EUR")
    counted.load(is_live=True)
    report = counted.load(is_live=True)
    assert outcomes(report, "Sales.csv") == (1, 0, 0, 1, 0)
    assert counted.rows(LEVELS) == [("0", "2", 4), ("1", "1", 0), ("1", "2", 5)]


def test_order_for_more_than_is_left_is_rejected_whole_and_a_later_smaller_one_is_not(
    counted: Business,
) -> None:
    counted.write(
        "Sales.csv",
        # The later day stands first: the earlier one is served first all the same.
        f"103,1,{day()},,1,1,2,3,EUR",
        f"100,1,{day(1)},,1,1,1,1,EUR",
        f"100,2,{day(1)},,1,1,2,3,EUR",
        f"104,1,{day()},,1,1,2,2,EUR",
        f"105,1,{day()},,1,1,1,9,EUR",
        f"105,2,{day()},,1,1,1,1,EUR",
    )
    report = counted.load(is_live=True)
    assert outcomes(report, "Sales.csv") == (6, 3, 0, 0, 3)
    assert counted.rows(MESSAGES) == [
        (2, "Not enough stock of Kettle (2): 2 on hand, 3 asked. The whole order is rejected."),
        (
            6,
            "Not enough stock of Espresso machine (1): 9 on hand, 10 asked. The whole order is rejected.",
        ),
        (
            7,
            "Not enough stock of Espresso machine (1): 9 on hand, 10 asked. The whole order is rejected.",
        ),
    ]
    assert counted.rows(LEVELS) == [("0", "2", 4), ("1", "1", 9), ("1", "2", 0)]
    assert report.money.read == report.money.loaded + report.money.rejected
    assert books_are_right(counted)


def test_rejected_order_is_loaded_once_the_goods_are_there(counted: Business) -> None:
    counted.write("Sales.csv", f"100,1,{day()},,1,1,2,6,EUR")
    assert outcomes(counted.load(is_live=True), "Sales.csv") == (1, 0, 0, 0, 1)
    counted.run(
        "SELECT crpm.receive_stock(store_id, ARRAY[2], ARRAY[1]) FROM crpm.stores WHERE source_key = '1'"
    )
    assert outcomes(counted.load(is_live=True), "Sales.csv") == (1, 1, 0, 0, 0)
    assert ("1", "2", 0) in counted.rows(LEVELS)


def test_product_without_stock_record_is_not_on_hand_and_nothing_is_assumed(counted: Business) -> None:
    counted.write("Sales.csv", f"100,1,{day()},,1,0,1,1,USD")
    assert outcomes(counted.load(is_live=True, opening_stock=100), "Sales.csv") == (1, 0, 0, 0, 1)
    assert counted.rows(LEVELS) == [("0", "2", 4), ("1", "1", 10), ("1", "2", 5)]


def test_what_the_till_would_not_sell_is_rejected_whole_with_its_reason(counted: Business) -> None:
    counted.run("UPDATE crpm.products SET is_active = FALSE WHERE source_key = '2'")
    counted.run("UPDATE crpm.customers SET is_active = FALSE WHERE source_key = '2'")
    counted.write(
        "Sales.csv",
        f"100,1,{day(4)},,1,1,1,1,EUR",
        f"101,1,{day()},,1,1,1,1,EUR",
        f"101,2,{day()},,1,1,2,1,EUR",
        f"102,1,{day()},,2,1,1,1,EUR",
        f"103,1,{day()},,1,1,1,1,EUR",
    )
    assert outcomes(counted.load(is_live=True), "Sales.csv") == (5, 1, 0, 0, 4)
    assert counted.rejects() == [
        (2, "Order Date", "before_the_opening_count"),
        (3, "ProductKey", "not_active"),
        (4, "ProductKey", "not_active"),
        (5, "CustomerKey", "not_active"),
    ]
    counted.run("UPDATE crpm.stores SET is_active = FALSE WHERE source_key = '1'")
    counted.write("Sales.csv", f"110,1,{day()},,1,1,1,1,EUR")
    counted.load(is_live=True)
    assert counted.rejects() == [(2, "StoreKey", "not_active")]


def test_counts_in_the_folder_open_the_stock_that_its_sales_take(business: Business) -> None:
    business.write("Stock.csv", "1,1,5", "1,2,1")
    business.write("Exchange_Rates.csv", f"{day(1)},EUR,0.9011")
    business.write("Sales.csv", f"100,1,{day()},,1,1,1,2,EUR", f"101,1,{day()},,1,1,2,2,EUR")
    assert outcomes(business.load(is_live=True), "Sales.csv") == (2, 1, 0, 0, 1)
    assert business.rows(LEVELS) == [("1", "1", 3), ("1", "2", 1)]


def test_line_that_a_live_order_lacked_takes_stock_when_it_comes(counted: Business) -> None:
    counted.write("Sales.csv", f"100,1,{day()},,1,1,1,1,EUR")
    counted.load(is_live=True)
    counted.append("Sales.csv", f"100,2,{day()},,1,1,2,2,EUR")
    assert outcomes(counted.load(is_live=True), "Sales.csv") == (2, 1, 0, 1, 0)
    assert counted.rows(LEVELS) == [("0", "2", 4), ("1", "1", 9), ("1", "2", 3)]
    assert books_are_right(counted)


def test_cancelled_live_order_gives_its_stock_back(counted: Business) -> None:
    counted.write("Sales.csv", f"100,1,{day()},,1,1,1,2,EUR")
    counted.load(is_live=True)
    counted.run("SELECT crpm.cancel_order(store_id, order_id, 'keyed twice') FROM crpm.orders")
    assert ("1", "1", 10) in counted.rows(LEVELS)
    assert books_are_right(counted)
