import json
from decimal import Decimal

import pytest

from db.verify import verify
from loader.__main__ import main
from loader.account import Money
from tests.loader.conftest import SMALL_FILES, Business, outcomes

PLACEHOLDERS = "SELECT source_key, name, source_line, is_active FROM crpm.customers WHERE is_placeholder ORDER BY source_key"
OF_ORDERS = """
SELECT o.order_number, c.source_key
FROM crpm.orders AS o LEFT JOIN crpm.customers AS c ON o.customer_id = c.customer_id
ORDER BY o.order_number
"""


def test_order_of_an_unknown_customer_is_loaded_with_one_made_up(business: Business) -> None:
    business.append(
        "Sales.csv",
        "102,1,1/13/2020,,77,1,2,1,USD",
        "103,1,1/13/2020,, 77 ,1,2,1,USD",
        "104,1,1/13/2020,,x,1,2,1,USD",
    )
    report = business.load(create_customers=True)
    assert outcomes(report, "Sales.csv") == (6, 6, 0, 0, 0)
    assert report.created_customers == ("77", "x")
    assert business.rows(PLACEHOLDERS) == [
        ("77", "Customer 77 (not in the file)", 5, True),
        ("x", "Customer x (not in the file)", 7, True),
    ]
    assert business.rows(OF_ORDERS) == [
        ("100", "1"),
        ("101", "2"),
        ("102", "77"),
        ("103", "77"),
        ("104", "x"),
    ]
    assert [result.check for result in verify(business.database.owner_url) if result.differences] == []


def test_customers_are_made_up_only_when_asked_for(business: Business) -> None:
    business.append("Sales.csv", "102,1,1/13/2020,,77,1,2,1,USD")
    report = business.load()
    assert (business.rejects(), report.created_customers) == ([(5, "CustomerKey", "unknown_customer")], ())
    assert business.rows(PLACEHOLDERS) == []


def test_no_customer_is_made_up_for_a_row_that_is_rejected_anyway(business: Business) -> None:
    long_key = "k" * 101
    business.append(
        "Sales.csv",
        "102,1,1/13/2020,,77,1,2,a pair,USD",
        f"103,1,1/13/2020,,{long_key},1,2,1,USD",
        "104,1,1/13/2020,,78,1,2,1,USD",
        "104,2,1/13/2020,,79,1,2,1,USD",
    )
    report = business.load(create_customers=True)
    assert business.rejects() == [
        (5, "Quantity", "unreadable_number"),
        (6, "CustomerKey", "unknown_customer"),
        (7, "CustomerKey", "order_disagrees"),
        (8, "CustomerKey", "order_disagrees"),
    ]
    assert (report.created_customers, business.rows(PLACEHOLDERS)) == ((), [])


def test_loaded_again_the_customer_is_known_and_none_is_made_up(business: Business) -> None:
    business.append("Sales.csv", "102,1,1/13/2020,,77,1,2,1,USD")
    business.load(create_customers=True)
    for asked in (True, False):
        report = business.load(create_customers=asked)
        assert (report.is_unchanged, report.created_customers) == (True, ())
    assert len(business.rows(PLACEHOLDERS)) == 1


def test_file_that_brings_the_customer_later_fills_it_in(business: Business) -> None:
    business.append("Sales.csv", "102,1,1/13/2020,,77,1,2,1,USD")
    business.load(create_customers=True)
    [(customer_id,)] = business.rows("SELECT customer_id FROM crpm.customers WHERE source_key = '77'")
    business.append("Customers.csv", "77,Female,Ann Lee,Rome,RM,Roma,1,Italy,Europe,1/31/1990")
    assert outcomes(business.load(), "Customers.csv") == (3, 0, 1, 2, 0)
    assert business.rows(
        "SELECT customer_id, name, is_placeholder FROM crpm.customers WHERE source_key = '77'"
    ) == [(customer_id, "Ann Lee", False)]


def test_another_customer_contradicts_a_recorded_order_also_where_it_is_unknown(loaded: Business) -> None:
    loaded.write("Sales.csv", "101,1,1/14/2020,1/20/2020,77,0,2,3,USD")
    report = loaded.load(create_customers=True)
    assert loaded.rejects() == [(2, "CustomerKey", "contradicts_order")]
    assert report.created_customers == ()


def test_live_order_for_more_than_is_on_hand_makes_no_customer_up(business: Business) -> None:
    business.write("Sales.csv")
    business.load(opening_stock=3)
    [(day,)] = business.rows("SELECT to_char(now(), 'FMMM/FMDD/YYYY')")
    business.write("Sales.csv", f"102,1,{day},,77,0,2,9,USD", f"103,1,{day},,78,0,2,1,USD")
    report = business.load(create_customers=True, is_live=True, date_order="mdy")
    assert report.created_customers == ("78",)
    assert report.money == Money(Decimal("105.00"), Decimal("10.50"), Decimal(0), Decimal("94.50"))


def test_report_lists_the_customers_made_up(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    rows = [f"{200 + number},1,1/13/2020,,c{number:02},1,2,1,USD" for number in range(22)]
    business.append("Sales.csv", *rows)
    command = ["load", str(business.folder), "--create-missing", "customers"]
    assert main(command) == 0
    shown = ", ".join(f"c{number:02}" for number in range(20))
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == f"Customers made up, as no file has their keys: 22 ({shown} and others)."
    business.write("Sales.csv", *SMALL_FILES["Sales.csv"].splitlines()[1:], "300,1,1/13/2020,,new,1,2,1,USD")
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["created_customers"] == ["new"]


def test_nothing_else_can_be_made_up(business: Business, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["load", str(business.folder), "--create-missing", "products"])
    assert "invalid choice: 'products'" in capsys.readouterr().err
