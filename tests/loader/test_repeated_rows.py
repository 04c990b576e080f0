from decimal import Decimal

import psycopg
import pytest

from loader.account import Money
from tests.loader.conftest import Business, outcomes

KETTLE = Decimal("10.50")
LINES = "SELECT o.order_number, l.line_number, l.quantity FROM crpm.order_lines AS l INNER JOIN crpm.orders AS o USING (store_id, order_id) ORDER BY 1, 2"


def test_same_row_again_is_a_duplicate_and_another_with_its_key_a_contradiction(business: Business) -> None:
    business.append(
        "Customers.csv",
        "2,male, John Carter ,Boston,MA,Massachusetts,02108,United States,North America,1975-11-30",
        "2,Male,Jack Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975",
    )
    business.append("Exchange_Rates.csv", "2020-01-13,EUR,0.90110", "1/13/2020,EUR,0.9012")
    business.append(
        "Sales.csv", "101,1,1/14/2020,1/20/2020,2,0,2,3,USD", "101,1,1/14/2020,1/20/2020,2,0,2,4,USD"
    )
    report = business.load()
    assert outcomes(report, "Customers.csv") == (4, 2, 0, 1, 1)
    assert outcomes(report, "Exchange_Rates.csv") == (4, 2, 0, 1, 1)
    assert outcomes(report, "Sales.csv") == (5, 3, 0, 1, 1)
    assert business.rejects() == [
        (5, None, "contradicts_line"),
        (5, None, "contradicts_line"),
        (6, None, "contradicts_line"),
    ]
    assert business.rows("SELECT DISTINCT message FROM crpm.rejects ORDER BY 1") == [
        ("Line 3 has the same key and other content.",),
        ("Line 4 has the same key and other content.",),
    ]
    assert report.money == Money(Decimal("2640.00") + 7 * KETTLE, Decimal("2640.00"), 3 * KETTLE, 4 * KETTLE)


def test_order_whose_lines_disagree_is_rejected_whole(business: Business) -> None:
    business.write(
        "Sales.csv",
        "100,1,1/13/2020,,1,1,1,2,USD",
        "100,2,1/13/2020,,2,1,2,1,USD",
        "101,1,1/13/2020,,1,1,2,1,USD",
        "101,2,1/13/2020,,1,0,2,1,USD",
        "102,1,1/13/2020,,1,1,2,1,USD",
        "102,2,1/14/2020,,1,1,2,1,USD",
        "103,1,1/13/2020,,1,1,2,1,USD",
        "103,2,1/13/2020,,1,1,2,1,EUR",
        "104,1,1/13/2020,,1,1,2,1,USD",
        "104,2,1/13/2020,,99,1,2,1,USD",
        "105,1,1/13/2020,,1,1,2,1,USD",
    )
    report = business.load()
    assert outcomes(report, "Sales.csv") == (11, 1, 0, 0, 10)
    assert business.rejects() == [
        (2, "CustomerKey", "order_disagrees"),
        (3, "CustomerKey", "order_disagrees"),
        (4, "StoreKey", "order_disagrees"),
        (5, "StoreKey", "order_disagrees"),
        (6, "Order Date", "order_disagrees"),
        (7, "Order Date", "order_disagrees"),
        (8, "Currency Code", "order_disagrees"),
        (9, "Currency Code", "order_disagrees"),
        (10, "CustomerKey", "order_disagrees"),
        (11, "CustomerKey", "unknown_customer"),
    ]
    assert report.money.read == report.money.loaded + report.money.rejected


def test_other_lines_of_an_order_load_without_the_rejected_one_and_the_mended_one_joins_them(
    business: Business,
) -> None:
    sound = "100,1,1/13/2020,,1,1,2,2,EUR"
    business.write("Sales.csv", sound, "100,2,1/13/2020,,1,1,1,none,EUR")
    assert outcomes(business.load(), "Sales.csv") == (2, 1, 0, 0, 1)
    amounts = "SELECT net_amount, total_amount, base_amount FROM crpm.orders"
    assert business.rows(amounts) == [(Decimal("18.92"), Decimal("18.92"), Decimal("21.00"))]
    business.write("Sales.csv", "100,2,1/13/2020,,1,1,1,1,EUR", sound)
    report = business.load()
    assert outcomes(report, "Sales.csv") == (2, 1, 0, 1, 0)
    assert business.rows(LINES) == [("100", 1, 2), ("100", 2, 1)]
    assert business.rows(amounts) == [(Decimal("1189.45"), Decimal("1189.45"), Decimal("1320.00"))]
    assert business.rows("SELECT order_date::text FROM crpm.orders") == [("2020-01-13",)]


def test_line_that_differs_from_the_recorded_one_is_rejected(loaded: Business) -> None:
    loaded.write(
        "Sales.csv",
        "100,1,1/13/2020,,1,1,1,3,EUR",
        "100,2,1/13/2020,,1,1,1,1,EUR",
        "101,1,1/15/2020,1/20/2020,2,0,2,3,USD",
    )
    report = loaded.load()
    assert outcomes(report, "Sales.csv") == (3, 0, 0, 0, 3)
    assert report.is_unchanged
    messages = loaded.rows("SELECT message FROM crpm.rejects ORDER BY line_number")
    assert messages == [
        ('Quantity: "3" differs from what is recorded: 2.',),
        ('ProductKey: "1" differs from what is recorded: 2.',),
        ('Order Date: "1/15/2020" differs from what is recorded: 2020-01-14.',),
    ]


def test_order_number_recorded_at_another_store_is_rejected(loaded: Business) -> None:
    loaded.write("Sales.csv", "100,1,1/13/2020,,1,0,1,2,EUR")
    loaded.load()
    assert loaded.rejects() == [(2, "StoreKey", "contradicts_order")]


def test_later_file_brings_the_day_of_delivery(business: Business) -> None:
    business.write("Sales.csv", "101,1,1/14/2020,,2,0,2,3,USD")
    business.load()
    business.write("Sales.csv", "101,1,1/14/2020,1/20/2020,2,0,2,3,USD")
    report = business.load()
    assert outcomes(report, "Sales.csv") == (1, 0, 1, 0, 0)
    assert report.money == Money(3 * KETTLE, Decimal(0), 3 * KETTLE, Decimal(0))
    assert business.rows("SELECT delivered_on::text FROM crpm.orders") == [("2020-01-20",)]
    business.write("Sales.csv", "101,1,1/14/2020,,2,0,2,3,USD")
    assert outcomes(business.load(), "Sales.csv") == (1, 0, 0, 1, 0)
    business.write("Sales.csv", "101,1,1/14/2020,1/21/2020,2,0,2,3,USD")
    business.load()
    assert business.rejects() == [(2, "Delivery Date", "contradicts_order")]


def test_line_for_a_cancelled_order_is_rejected(loaded: Business) -> None:
    loaded.run(
        "UPDATE crpm.orders SET status = 'cancelled', cancelled_at = now(), cancelled_by = 'ada', cancel_channel = 'app',"
        " cancel_reason = 'mistake'"
    )
    loaded.write("Sales.csv", "100,3,1/13/2020,,1,1,2,1,EUR")
    loaded.load()
    assert loaded.rejects() == [(2, "Order Number", "order_is_cancelled")]


def test_amounts_of_an_imported_order_move_to_the_sum_of_its_lines_only(loaded: Business) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        loaded.run("UPDATE crpm.orders SET net_amount = net_amount + 1, total_amount = total_amount + 1")
    assert refused.value.diag.constraint_name == "orders_are_never_changed"


def test_a_category_key_means_what_its_first_sound_row_says(business: Business) -> None:
    business.append(
        "Products.csv",
        "3,Pan,Castell,Steel,$1.00,$2.00,0103,Kettles,01,Kitchen",
        "4,Pot,Castell,Steel,$1.00,$2.00,0103,Pots,01,Kitchen",
        "5,Lamp,Castell,Steel,cheap,$2.00,0201,Lamps,02,Garden",
        "6,Lamp,Castell,Steel,$1.00,$2.00,0201,Lamps,02,Kitchen",
        "7,Lamp,Castell,Steel,$1.00,$2.00,0201,Lamps,02,Light",
        "8,Sieve,Castell,Steel,$1.00,$2.00,0202,Sieves,02,Kitchen",
    )
    report = business.load()
    assert outcomes(report, "Products.csv") == (8, 5, 0, 0, 3)
    assert business.rejects() == [
        (5, "Subcategory", "other_name"),
        (6, "Unit Cost USD", "unreadable_number"),
        (8, "Category", "other_name"),
    ]
    assert business.rows("SELECT message FROM crpm.rejects WHERE line_number = 8") == [
        ('Category: "Light" and "Kitchen" on line 7 have the same key, which can have one name.',)
    ]
    assert business.rows(
        """
        SELECT p.name, s.name, c.name
        FROM crpm.products AS p
        INNER JOIN crpm.subcategories AS s ON p.subcategory_id = s.subcategory_id
        INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
        WHERE p.product_id > 2 ORDER BY p.source_key
        """
    ) == [("Pan", "Kettles", "Kitchen"), ("Lamp", "Lamps", "Kitchen"), ("Sieve", "Sieves", "Kitchen")]
