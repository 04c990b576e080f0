import pytest

from tests.loader.conftest import Business, outcomes

LEVELS = "SELECT s.source_key, p.source_key, l.on_hand FROM crpm.stock_levels AS l INNER JOIN crpm.stores AS s USING (store_id) INNER JOIN crpm.products AS p USING (product_id) ORDER BY 1, 2"
MOVEMENTS = "SELECT movement_type, quantity, occurred_on = current_date, document, recorded_by, channel FROM crpm.stock_movements ORDER BY 1, 2"


def test_what_sold_and_everything_online_gets_the_assumed_count_of_today(business: Business) -> None:
    business.append("Products.csv", "3,Pan,Castell,Black,$4.20 ,$9.50 ,0103,Pans,01,Kitchen")
    report = business.load(opening_stock=7)
    assert business.rows(LEVELS) == [
        ("0", "1", 7),
        ("0", "2", 7),
        ("0", "3", 7),
        ("1", "1", 7),
        ("1", "2", 7),
    ]
    expected = ("opening", 7, True, f"load {report.load_id}", "test-manager", "loader")
    assert set(business.rows(MOVEMENTS)) == {expected}
    assert business.rows("SELECT count(*) FROM crpm.stores WHERE opening_count_on = current_date") == [(2,)]


def test_later_load_opens_only_what_has_no_stock_record(business: Business) -> None:
    business.load(opening_stock=7)
    business.run("SELECT crpm.adjust_stock(1, 1, 0, 'all broken')")
    business.append("Products.csv", "3,Pan,Castell,Black,$4.20 ,$9.50 ,0103,Pans,01,Kitchen")
    business.load(opening_stock=9)
    assert business.rows(LEVELS) == [
        ("0", "1", 7),
        ("0", "2", 7),
        ("0", "3", 9),
        ("1", "1", 0),
        ("1", "2", 7),
    ]


def test_no_stock_opens_with_zero(business: Business) -> None:
    business.load(opening_stock=0)
    assert business.rows("SELECT count(*) FROM crpm.stock_movements") == [(0,)]
    assert business.rows("SELECT count(*) FROM crpm.stores WHERE opening_count_on IS NOT NULL") == [(2,)]


@pytest.fixture
def counted(business: Business) -> Business:
    business.write("Stock.csv", "1,1,5", "1,2,0", "0,2,12.0")
    return business


def test_counts_of_a_file_take_precedence(counted: Business) -> None:
    report = counted.load(opening_stock=7)
    assert outcomes(report, "Stock.csv") == (3, 3, 0, 0, 0)
    assert counted.rows(LEVELS) == [("0", "2", 12), ("1", "1", 5), ("1", "2", 0)]


def test_same_counts_again_are_duplicates_also_after_stock_has_moved(counted: Business) -> None:
    counted.load()
    counted.run("SELECT crpm.receive_stock(1, ARRAY[1, 2], ARRAY[3, 3])")
    report = counted.load()
    assert outcomes(report, "Stock.csv") == (3, 0, 0, 3, 0)
    assert counted.rows(LEVELS) == [("0", "2", 12), ("1", "1", 8), ("1", "2", 3)]


def test_unsound_and_contradicting_counts_are_rejected(counted: Business) -> None:
    counted.load()
    counted.write(
        "Stock.csv", "1,1,6", "9,1,1", "1,9,1", "0,1,-1", "0,1,some", "0,1,4", "0,1,4", "0,1,5", ",1,4"
    )
    report = counted.load()
    assert outcomes(report, "Stock.csv") == (9, 1, 0, 1, 7)
    assert counted.rejects() == [
        (2, "Quantity", "stock_is_counted"),
        (3, "StoreKey", "unknown_store"),
        (4, "ProductKey", "unknown_product"),
        (5, "Quantity", "negative"),
        (6, "Quantity", "unreadable_number"),
        (9, None, "contradicts_line"),
        (10, "StoreKey", "missing"),
    ]
