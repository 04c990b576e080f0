from decimal import Decimal

import pytest

from loader.account import Money
from tests.loader.conftest import SMALL_FILES, Business, outcomes

LONG = "x" * 400
SOUND = {name: text.splitlines()[1:] for name, text in SMALL_FILES.items()}
# Row, column, reason: each row is sound but for one thing.
BROKEN = {
    "Customers.csv": [
        (",Female,No Key,Rome,RM,Roma,1,Italy,Europe,1/31/1990", "CustomerKey", "missing"),
        (f"{LONG},Female,Long Key,Rome,RM,Roma,1,Italy,Europe,1/31/1990", "CustomerKey", "too_long"),
        ("11,Female, ,Rome,RM,Roma,1,Italy,Europe,1/31/1990", "Name", "missing"),
        (f"12,Female,{LONG},Rome,RM,Roma,1,Italy,Europe,1/31/1990", "Name", "too_long"),
        (f"13,Female,Ann,{LONG},RM,Roma,1,Italy,Europe,1/31/1990", "City", "too_long"),
        ("14,Female,Ann,Rome,RM,Roma,1,Atlantis,Europe,1/31/1990", "Country", "unknown_country"),
        ("15,Female,Ann,Rome,RM,Roma,1,Italy,Europe,2/30/1990", "Birthday", "impossible_date"),
        ("16,Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/1850", "Birthday", "impossible_date"),
        ("17,Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/2190", "Birthday", "in_the_future"),
        ("18,Female,Ann,Rome,RM,Roma,1,Italy,Europe,in spring", "Birthday", "unreadable_date"),
        ("19,Female,Ann,Rome", None, "unreadable_row"),
        ("20,Female,Ann\0e,Rome,RM,Roma,1,Italy,Europe,1/31/1990", None, "unreadable_row"),
    ],
    "Products.csv": [
        (f"{LONG},Long key,B,Red,$1.00,$2.00,1,S,1,K", "ProductKey", "too_long"),
        ("11,,B,Red,$1.00,$2.00,1,S,1,K", "Product Name", "missing"),
        (f"12,Thing,{LONG},Red,$1.00,$2.00,1,S,1,K", "Brand", "too_long"),
        ("13,Thing,B,Red,cheap,$2.00,1,S,1,K", "Unit Cost USD", "unreadable_number"),
        ("14,Thing,B,Red,-$1.00,$2.00,1,S,1,K", "Unit Cost USD", "negative"),
        ("15,Thing,B,Red,$1.00,,1,S,1,K", "Unit Price USD", "missing"),
        ("16,Thing,B,Red,$1.00,1.299.00,1,S,1,K", "Unit Price USD", "unreadable_number"),
        ("17,Thing,B,Red,$1.00,1e3,1,S,1,K", "Unit Price USD", "unreadable_number"),
        ("18,Thing,B,Red,$1.00,$2.00,1,,1,K", "Subcategory", "missing"),
        ("19,Thing,B,Red,$1.00,$2.00,1,S,1,-", "Category", "missing"),
    ],
    "Stores.csv": [
        ("11,,Enna,100,1/13/2008", "Country", "missing"),
        ("12,Atlantis,Enna,100,1/13/2008", "Country", "unknown_country"),
        ("13,Italy,Enna,0,1/13/2008", "Square Meters", "not_positive"),
        ("14,Italy,Enna,large,1/13/2008", "Square Meters", "unreadable_number"),
        ("15,Italy,Enna,100,13/13/2008", "Open Date", "impossible_date"),
        ("16,Online,Online,,1/13/2008", "Country", "second_online_shop"),
    ],
    "Exchange_Rates.csv": [
        (",EUR,0.9", "Date", "missing"),
        ("1/14/2020,XYZ,0.9", "Currency", "unknown_currency"),
        ("1/14/2020,EUR,", "Exchange", "missing"),
        ("1/14/2020,EUR,0", "Exchange", "not_positive"),
        ("1/14/2020,EUR,par", "Exchange", "unreadable_number"),
        ("1/14/2020,USD,1.01", "Exchange", "base_currency_is_one"),
    ],
    "Sales.csv": [
        (",1,1/13/2020,,1,1,2,1,USD", "Order Number", "missing"),
        ("200,first,1/13/2020,,1,1,2,1,USD", "Line Item", "unreadable_number"),
        ("201,1,2/30/2020,,1,1,2,1,USD", "Order Date", "impossible_date"),
        ("202,1,,,1,1,2,1,USD", "Order Date", "missing"),
        ("203,1,1/13/2020,1/12/2020,1,1,2,1,USD", "Delivery Date", "before_the_order"),
        ("204,1,1/13/2020,soon,1,1,2,1,USD", "Delivery Date", "unreadable_date"),
        ("205,1,1/13/2020,,99,1,2,1,USD", "CustomerKey", "unknown_customer"),
        ("206,1,1/13/2020,,1,99,2,1,USD", "StoreKey", "unknown_store"),
        ("207,1,1/13/2020,,1,1,99,1,USD", "ProductKey", "unknown_product"),
        ("208,1,1/13/2020,,1,1,2,,USD", "Quantity", "missing"),
        ("209,1,1/13/2020,,1,1,2,2.5,USD", "Quantity", "not_whole"),
        ("210,1,1/13/2020,,1,1,2,0,USD", "Quantity", "not_positive"),
        ("211,1,1/13/2020,,1,1,2,-2,USD", "Quantity", "not_positive"),
        ("212,1,1/13/2020,,1,1,2,a pair,USD", "Quantity", "unreadable_number"),
        ("213,1,1/13/2020,,1,1,2,1,XYZ", "Currency Code", "unknown_currency"),
        ("214,1,1/13/2020,,1,1,2,1,GBP", "Currency Code", "no_rate"),
        ("215,1,1/21/2020,,1,1,2,1,EUR", "Currency Code", "no_rate"),
        ("216,1,1/13/2020,,1,1,2,1,USD,more", None, "unreadable_row"),
        ("217,1,1/13/2020,,1,1,2,9999999999999999,USD", "Quantity", "unreadable_number"),
    ],
}


def test_row_that_breaks_a_rule_is_rejected_with_its_column_and_reason(business: Business) -> None:
    for name, broken in BROKEN.items():
        business.append(name, *(row for row, _, _ in broken))
    report = business.load()
    found = business.rows(
        """
        SELECT f.file_name, r.raw_text, r.column_name, r.reason_code
        FROM crpm.rejects AS r INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
        """
    )
    expected = {
        (name, row.replace("\0", "\N{SYMBOL FOR NULL}"), column, reason)
        for name, broken in BROKEN.items()
        for row, column, reason in broken
    }
    assert set(found) == expected
    for name, broken in BROKEN.items():
        sound = len(SOUND[name])
        assert outcomes(report, name) == (sound + len(broken), sound, 0, 0, len(broken))
    # 15 rejected rows of a kettle at 10.50: those with a readable quantity, of which one has none and one minus two.
    priced = [row.split(",") for row, _, _ in BROKEN["Sales.csv"] if row.count(",") == 8]
    pieces = sum(
        int(row[7]) for row in priced if row[6] == "2" and row[7].lstrip("-").isdigit() and len(row[7]) < 9
    )
    rejected = pieces * Decimal("10.50")
    loaded = Decimal("2640.00")
    assert report.money == Money(loaded + rejected, loaded, Decimal(0), rejected)
    assert report.unpriced_rows == 6


def test_message_names_the_column_and_what_stands_there(business: Business) -> None:
    business.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", "215,1,1/21/2020,,1,1,2,1,EUR")
    business.load()
    assert business.rows("SELECT message FROM crpm.rejects ORDER BY line_number") == [
        ('Quantity: "a pair" is not a number.',),
        ('Currency Code: there is no exchange rate for "EUR" on 2020-01-21 or the 7 days before.',),
    ]


def test_missing_delivery_is_no_day(business: Business) -> None:
    missing = ["", "N/A", "null", " - ", "0/0/0", "NA"]
    rows = (f"{100 + number},1,1/13/2020,{cell},1,1,1,2,EUR" for number, cell in enumerate(missing))
    business.write("Sales.csv", *rows)
    assert outcomes(business.load(), "Sales.csv") == (6, 6, 0, 0, 0)
    assert business.rows("SELECT count(*), count(delivered_on) FROM crpm.orders") == [(6, 0)]


def test_text_is_trimmed_composed_and_kept_whatever_it_says(business: Business) -> None:
    business.write(
        "Customers.csv",
        " 1 , F ,  Zoe\u0308 Mu\u0308ller\u00a0,N/A,NA,null,-,u.k.,,N/A",
        '2,männlich,"O\'Hara ""Bob"" \\ %s",Boston,MA,,02108,usa,,11/30/1975',
    )
    business.load()
    columns = "name, gender, city, state_code, state, postal_code, country_code, birth_date::text"
    assert business.rows(f"SELECT {columns} FROM crpm.customers ORDER BY source_key") == [
        ("Zoë Müller", "female", None, "NA", None, None, "GB", None),
        ('O\'Hara "Bob" \\ %s', "other", "Boston", "MA", None, "02108", "US", "1975-11-30"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_load_alike_in_every_encoding_and_with_every_delimiter(
    business: Business, encoding: str
) -> None:
    rows = ["1,Female,Zoë Müller,Köln,NW,NRW,50667,Germany,Europe,4/18/1981", "2,Male,John,Boston,,,,,,"]
    delimiter = {"utf-8": ",", "utf-8-sig": ";", "utf-16": "\t", "cp1252": "|"}[encoding]
    text = "\r\n".join([SMALL_FILES["Customers.csv"].split("\n")[0], *rows, "", ""])
    (business.folder / "Customers.csv").write_bytes(text.replace(",", delimiter).encode(encoding))
    assert outcomes(business.load(), "Customers.csv") == (2, 2, 0, 0, 0)
    assert business.rows("SELECT name, city FROM crpm.customers WHERE source_key = '1'") == [
        ("Zoë Müller", "Köln")
    ]


def test_file_with_a_header_only_is_no_error(business: Business) -> None:
    business.write("Sales.csv")
    assert outcomes(business.load(), "Sales.csv") == (0, 0, 0, 0, 0)


def test_walk_in_and_store_currency_stand_in_for_empty_cells(business: Business) -> None:
    business.write("Sales.csv", "100,1,1/13/2020,,,1,1,2,")
    business.load()
    assert business.rows("SELECT customer_id, currency_code, net_amount FROM crpm.orders") == [
        (None, "EUR", Decimal("2341.06"))
    ]
