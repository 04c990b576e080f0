from decimal import Decimal
from pathlib import Path

import pytest

from db.verify import verify
from loader.account import read_headline
from loader.errors import MappingError, MissingColumnsError, UndoRefusedError
from loader.mapping import DEFAULT_MAPPING, understand_mapping
from loader.undoing import undo
from tests.loader.conftest import MANAGER, Business, outcomes
from tests.loader.test_undo import content

# Two espresso machines for 2,341.06 EUR, one kettle for 9.46 EUR, three kettles for 31.50 USD.
RETURNED = """
SELECT
    o.order_number, r.line_number, r.return_number, r.quantity, r.returned_on::text, s.source_key, r.reason,
    r.line_amount, r.base_amount, r.withheld_amount, r.is_restocked, r.source_line
FROM crpm.returns AS r
INNER JOIN crpm.orders AS o USING (store_id, order_id)
INNER JOIN crpm.stores AS s ON r.received_store_id = s.store_id
ORDER BY 1, 2, 3
"""


def differences(business: Business) -> dict[str, int]:
    return {
        found.check: found.differences for found in verify(business.database.owner_url) if found.differences
    }


def test_returns_refund_their_share_of_what_was_paid_or_what_the_file_says(business: Business) -> None:
    business.write(
        "Returns.csv",
        ",101,1,,1,1/25/2020,,,",
        ",101,1,2,2,1/26/2020,1,broken,",
        "R1,100,1,,1,1/15/2020,1,unwanted,1000.00",
        ",100,,1,1.0,1/14/2020,,,",
    )
    report = business.load()
    assert outcomes(report, "Returns.csv") == (4, 4, 0, 0, 0)
    assert business.rows(RETURNED) == [
        # The file's order is not that of the days.
        ("100", 1, 1, 1, "2020-01-14", "1", "not stated", Decimal("1170.53"), Decimal("1299.00"), 0, False, 5),
        ("100", 1, 2, 1, "2020-01-15", "1", "unwanted", Decimal("1000.00"), Decimal("1109.75"), Decimal("170.53"), False, 4),
        ("101", 1, 1, 1, "2020-01-25", "0", "not stated", Decimal("10.50"), Decimal("10.50"), 0, False, 2),
        ("101", 1, 2, 2, "2020-01-26", "1", "broken", Decimal("21.00"), Decimal("21.00"), 0, False, 3),
    ]  # fmt: skip
    assert business.rows(
        "SELECT line_number, quantity, returned_quantity FROM crpm.order_lines ORDER BY order_id, line_number"
    ) == [
        (1, 2, 2),
        (2, 1, 0),
        (1, 3, 3),
    ]
    with business.database.connect() as connection:
        assert read_headline(connection).revenue == Decimal("2640.00") - Decimal("1299.00") - Decimal(
            "1109.75"
        ) - Decimal("31.50")
    assert business.rows("SELECT count(*) FROM crpm.stock_movements WHERE movement_type = 'return'") == [(0,)]
    assert differences(business) == {}
    [missing] = [file.missing for file in report.files if file.target == "returns"]
    assert missing["StoreKey"] == {"cells": 2, "done": "default: store of the order"}
    assert missing["Refund"] == {"cells": 3, "done": "default: share of what was paid"}
    # The same again is all duplicate.
    again = business.load()
    assert outcomes(again, "Returns.csv") == (4, 0, 0, 4, 0)
    assert again.is_unchanged


def test_returns_that_cannot_be_are_rejected_with_the_reason(business: Business) -> None:
    business.load()
    business.write("Returns.csv", "R7,101,1,,1,1/25/2020,,,5.00")
    business.load()
    business.run(
        "UPDATE crpm.orders SET status = 'cancelled', cancelled_at = now(), cancelled_by = 'x', cancel_channel = 'app', cancel_reason = 'x' WHERE order_number = '100'"
    )
    business.append(
        "Sales.csv",
        "102,1,1/14/2020,,2,0,2,1,USD",
        "102,2,1/14/2020,,2,0,2,4,USD",
        "103,1,1/14/2020,,2,0,9,1,USD",
    )
    [(later,)] = business.rows("SELECT to_char(current_date + 2, 'MM/DD/YYYY')")
    broken = [
        ("R7,101,1,,1,1/25/2020,,,6.00", None, "contradicts_return", "recorded with other content: 1 of line 1 on 2020-01-25."),
        (",,1,,1,1/25/2020,,,", "Order Number", "missing", "Order Number is empty"),
        (",999,1,,1,1/25/2020,,,", "Order Number", "unknown_order", 'Order Number: there is no order "999".'),
        (",103,1,,1,1/25/2020,,,", "Order Number", "unknown_order", "no order"),
        (",100,1,,1,1/25/2020,,,", "Order Number", "order_is_cancelled", "was cancelled"),
        (",101,9,,1,1/25/2020,,,", "Line Item", "unknown_line", 'the order 101 has no line of "9"'),
        (",101,one,,1,1/25/2020,,,", "Line Item", "unreadable_number", '"one" is not a number'),
        (",101,,1,1,1/25/2020,,,", "ProductKey", "unknown_line", 'the order 101 has no line of "1"'),
        (",101,,77,1,1/25/2020,,,", "ProductKey", "unknown_product", "no product"),
        (",101,1,1,1,1/25/2020,,,", "ProductKey", "contradicts_order", "what is recorded: 2"),
        (",101,,,1,1/25/2020,,,", "Line Item", "missing", "Line Item is empty"),
        (",102,,2,1,1/25/2020,,,", "ProductKey", "several_lines", 'several lines of "2" (1, 2)'),
        (",101,1,,3,1/26/2020,,,", "Quantity", "more_than_bought", '"3" is more than can come back: 2 of the 3 bought.'),
        (",101,1,,0,1/26/2020,,,", "Quantity", "not_positive", "not more than zero"),
        (",101,1,,half,1/26/2020,,,", "Quantity", "unreadable_number", "not a number"),
        (",101,1,,,1/26/2020,,,", "Quantity", "missing", "empty"),
        (",101,1,,1,1/13/2020,,,", "Return Date", "before_the_order", "before the order of 2020-01-14"),
        (f",101,1,,1,{later},,,", "Return Date", "in_the_future", "in the future"),
        (",101,1,,1,,,,", "Return Date", "missing", "empty"),
        (",101,1,,1,2/30/2020,,,", "Return Date", "impossible_date", "no day of the calendar"),
        (",101,1,,1,1/25/2020,9,,", "StoreKey", "unknown_store", "no store"),
        (f",101,1,,1,1/25/2020,,{'x' * 501},", "Reason", "too_long", "500"),
        (",102,1,,1,1/25/2020,,,10.52", "Refund", "more_than_paid", '"10.52" is more than the 10.50 that was paid'),
        (",101,1,,1,1/25/2020,,,-1", "Refund", "negative", "less than zero"),
        (",101,1,,1", None, "unreadable_row", "5 cells"),
    ]  # fmt: skip
    sound = [
        ",101,1,,1,1/27/2020,,,",
        ",102,2,,4,1/25/2020,,,",
        ",102,2,,4,1/25/2020,,,",
        ",102,2,,1,1/25/2020,,,",
    ]
    business.write("Returns.csv", *(row for row, *_ in broken), *sound)
    report = business.load()
    # Of the last three one counts, one repeats it, and one contradicts it.
    assert outcomes(report, "Returns.csv") == (len(broken) + 4, 2, 0, 1, len(broken) + 1)
    found = business.rows(
        """
        SELECT r.raw_text, r.column_name, r.reason_code, r.message
        FROM crpm.rejects AS r INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
        WHERE f.target = 'returns' ORDER BY r.line_number
        """
    )
    assert [row[:3] for row in found] == [
        *(row[:3] for row in broken),
        (sound[-1], None, "contradicts_line"),
    ]
    for (*_, told), (*_, message) in zip(broken, found, strict=False):
        assert told in message
    assert differences(business) == {}
    # A mended row resolves its reject.
    business.write("Returns.csv", ",101,1,,1,1/26/2020,,,")
    assert outcomes(business.load(), "Returns.csv") == (1, 1, 0, 0, 0)
    assert business.rows(
        "SELECT DISTINCT reason_code FROM crpm.rejects WHERE resolved_at IS NOT NULL ORDER BY 1"
    ) == [
        ("impossible_date",),
        ("missing",),
        ("more_than_bought",),
        ("not_positive",),
        ("unreadable_number",),
    ]


def test_returns_of_sales_that_took_stock_go_back_on_the_shelf_and_are_taken_back(business: Business) -> None:
    business.load()
    business.write("Returns.csv", ",100,2,,1,1/20/2020,,,")
    business.load()
    [(today,)] = business.rows("SELECT to_char(opening_count_on, 'MM/DD/YYYY') FROM crpm.stores LIMIT 1")
    business.append("Exchange_Rates.csv", f"{today},EUR,0.9")
    business.write("Sales.csv", f"200,1,{today},,1,1,2,30,EUR")
    live = business.load(is_live=True, date_order="mdy")
    before = content(business.database)
    business.write(
        "Returns.csv",
        f",200,1,,10,{today},,,",
        f"R2,200,1,,5,{today},0,dented,1.00",
        ",101,1,,1,1/25/2020,1,,",
    )
    report = business.load(date_order="mdy")
    assert outcomes(report, "Returns.csv") == (3, 3, 0, 0, 0)
    levels = "SELECT store_id, on_hand FROM crpm.stock_levels WHERE product_id = 2 ORDER BY 1"
    assert business.rows(levels) == [(1, 80), (2, 105)]
    assert differences(business) == {}
    with pytest.raises(UndoRefusedError, match=r"- returned since: 1 \(order 200, line 1\)"):
        undo(business.database.owner_url, live.load_id, actor=MANAGER)
    undo(business.database.owner_url, report.load_id, actor=MANAGER)
    assert content(business.database, last_load=live.load_id) == before
    assert differences(business) == {}
    assert business.rows("SELECT sum(quantity) FROM crpm.undone_movements") == [(15,)]
    # What has come after a return keeps it: another return of the line, a movement of what went on the shelf.
    kept = business.load(date_order="mdy")
    business.run("SELECT crpm.adjust_stock(1, 2, 0, 'all broken')")
    business.run(
        "SELECT crpm.record_return(s.store_id, o.order_id, 1, 1, 'late', FALSE, gen_random_uuid()) FROM crpm.orders AS o INNER JOIN crpm.stores AS s USING (store_id) WHERE o.order_number = '101'"
    )
    with pytest.raises(UndoRefusedError) as refused:
        undo(business.database.owner_url, kept.load_id, actor=MANAGER)
    assert str(refused.value).splitlines()[1:] == [
        "- moved in stock since: 1 (Kettle at Enna, Italy)",
        "- returned since: 1 (order 101, line 1)",
    ]
    assert differences(business) == {}


def test_a_till_goes_on_from_what_a_file_has_refunded(business: Business) -> None:
    business.write("Returns.csv", "R1,101,1,,1,1/25/2020,,,2.00")
    business.load()
    refunds = business.rows(
        "SELECT (crpm.record_return(store_id, order_id, 1, n, 'late', FALSE, gen_random_uuid())).refund_amount FROM crpm.orders CROSS JOIN (VALUES (1), (1)) AS v (n) WHERE order_number = '101'"
    )
    assert refunds == [(Decimal("10.50"),), (Decimal("10.50"),)]
    assert differences(business) == {}


def test_the_line_of_a_return_must_be_told(business: Business, tmp_path: Path) -> None:
    (business.folder / "Returns.csv").write_text("Order Number,Quantity,Return Date\n101,1,1/25/2020\n")
    with pytest.raises(
        MissingColumnsError, match=r"Returns\.csv lacks the columns Line Item, ProductKey\. It has"
    ):
        business.load()
    text = DEFAULT_MAPPING.read_text(encoding="utf-8").replace('product_key = "ProductKey"\n', "")
    returns = text.index("[returns]")
    text = text[:returns] + text[returns:].replace('line_number = "Line Item"\n', "")
    with pytest.raises(MappingError, match="returns: it must say what feeds line_number or product_key"):
        understand_mapping(
            text.replace("[sales]", '[sales]\nproduct_key = "ProductKey"').replace(
                "[stock]", '[stock]\nproduct_key = "ProductKey"'
            ),
            "own.toml",
            is_own=True,
        )
