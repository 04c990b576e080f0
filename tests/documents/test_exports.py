import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter, itemgetter
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from app.documents import exports, lists, tables
from app.documents.tables import Field, Sheet, to_csv, to_xlsx
from app.repositories.activity import ActivityFilter, ActivityRepository
from app.repositories.customers import CustomersRepository
from app.repositories.orders import OrderFilter, OrdersRepository
from tests.conftest import Act, OwnDatabase
from tests.documents.conftest import Ask
from tests.rules.purchasing import BOSTON, JOHN, KETTLE, SINA, ZOE, buy
from tests.trade import TODAY, trade

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x.example","y")', "＝1"]


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_rows(content: bytes, name: str) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(content))
    return list(book[name].iter_rows(values_only=True))


def one_field(values: list[Any], kind: Any = "plain", minor_units: int = 2) -> Sheet:
    rows = [SimpleNamespace(value=value, minor_units=minor_units) for value in values]
    return Sheet("List", [Field("Value", attrgetter("value"), kind)], rows)


def test_text_that_looks_like_a_formula_is_text_in_csv() -> None:
    assert [row[0] for row in csv_rows(to_csv(one_field(FORMULAS)))[1:]] == [f"'{text}" for text in FORMULAS]


def test_text_that_looks_like_a_formula_is_text_in_excel() -> None:
    content = to_xlsx([one_field(FORMULAS)])
    cells = [row[0] for row in load_workbook(io.BytesIO(content))["List"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].value == "=1+1"
    with ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert not [name for name in parts.namelist() if "rels" in name and b"x.example" in parts.read(name)]


def test_numbers_stay_numbers_even_below_zero() -> None:
    sheet = one_field([Decimal("-12.5"), 7, Decimal("0.30"), Decimal("1E+3")], "money")
    assert [row[0] for row in csv_rows(to_csv(sheet))[1:]] == ["-12.50", "7", "0.30", "1000.00"]
    with ZipFile(io.BytesIO(to_xlsx([sheet]))) as parts:
        written = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>-12.50</v>" in written
    assert "<v>0.30</v>" in written


def test_money_keeps_every_digit_and_the_minor_units_of_its_currency() -> None:
    large = Decimal("9007199254740993.07")
    assert csv_rows(to_csv(one_field([large], "money")))[1] == ["9007199254740993.07"]
    # Excel could not hold this as a number.
    assert xlsx_rows(to_xlsx([one_field([large], "money")]), "List")[1] == ("9007199254740993.07",)
    yen = load_workbook(io.BytesIO(to_xlsx([one_field([Decimal("7485")], "money", minor_units=0)])))
    assert (yen["List"]["A2"].value, yen["List"]["A2"].number_format) == (7485, "#,##0")
    assert csv_rows(to_csv(one_field([Decimal("7485")], "money", minor_units=0)))[1] == ["7485"]


def test_days_stay_days() -> None:
    sheet = one_field([date(2026, 3, 4)])
    assert csv_rows(to_csv(sheet))[1] == ["2026-03-04"]
    cell = load_workbook(io.BytesIO(to_xlsx([sheet])))["List"]["A2"]
    assert (cell.value.isoformat(), cell.number_format) == ("2026-03-04T00:00:00", "yyyy-mm-dd")


@pytest.fixture
def traded(shop: OwnDatabase) -> OwnDatabase:
    trade(shop)
    return shop


def test_customer_history_has_every_line_with_its_returns(traded: OwnDatabase, act: Act, ask: Ask) -> None:
    titles, *rows = csv_rows(ask(f"/exports/customers/{JOHN}.csv", role="crpm_viewer").content)
    found = [dict(zip(titles, row, strict=True)) for row in rows]
    with act("viewer") as c:
        customers = CustomersRepository(c)
        lines = customers.purchases(customer_id=JOHN, limit=100)
    assert [
        (
            row["Order"],
            row["Product"],
            row["Quantity"],
            row["Returned"],
            row["Line total"],
            row["Order total"],
        )
        for row in found
    ] == [
        (
            line.order_number,
            line.product,
            str(line.quantity),
            str(line.returned_quantity),
            str(line.charged_amount),
            str(line.total_amount),
        )
        for line in lines
    ]
    assert [row["Refunded"] for row in found if row["Returned"] == "1"] == ["49.90"]
    assert {row["Status"] for row in found} == {"recorded", "cancelled"}


def test_customer_history_as_excel_has_the_same_and_the_figures_of_the_card(
    traded: OwnDatabase, act: Act, ask: Ask
) -> None:
    content = ask(f"/exports/customers/{ZOE}.xlsx").content
    titles, *rows = xlsx_rows(content, "Purchases")
    in_csv = csv_rows(ask(f"/exports/customers/{ZOE}.csv").content)
    assert [list(titles), *([row[0], row[7]] for row in rows)] == [
        in_csv[0],
        *([row[0], row[7]] for row in in_csv[1:]),
    ]
    first = dict(zip(titles, rows[0], strict=True))
    assert first["Date"].date() == TODAY
    assert isinstance(first["Line total"], int | float)
    with act("clerk") as c:
        figures = CustomersRepository(c).figures(customer_ids=[ZOE])[ZOE]
    facts = dict(xlsx_rows(content, "Figures")[1:])
    assert facts["Customer"] == "Zoë Müller"
    assert facts["Orders, without cancelled ones"] == figures.orders
    assert Decimal(str(facts["Revenue, without tax and returns"])) == round(figures.revenue, 2)


def test_customer_without_purchases_has_an_empty_history(ask_module: Ask) -> None:
    assert len(csv_rows(ask_module(f"/exports/customers/{SINA}.csv").content)) == 1
    facts = dict(xlsx_rows(ask_module(f"/exports/customers/{SINA}.xlsx").content, "Figures")[1:])
    assert facts["Orders, without cancelled ones"] == 0


@pytest.mark.parametrize(
    "address", ["/exports/customers/99999.csv", "/exports/customers/x.csv", "/exports/customers/1.pdf"]
)
def test_export_that_is_not_there_says_so(ask_module: Ask, address: str) -> None:
    answer = ask_module(address)
    assert (answer.status_code, "This is not there" in answer.text) == (404, True)


def test_orders_are_exported_as_they_are_filtered(traded: OwnDatabase, act: Act, ask: Ask) -> None:
    with act("clerk") as c:
        wanted = OrderFilter(store_id=BOSTON, product_id=KETTLE)
        listed = OrdersRepository(c).search(wanted=wanted, limit=100, offset=0)
    titles, *rows = csv_rows(ask(f"/exports/orders.csv?store={BOSTON}&product={KETTLE}").content)
    assert titles[:2] == ["Order", "Date"]
    assert [row[0] for row in rows] == [order.order_number for order in listed]
    assert [row[5] for row in rows] == [str(order.total_amount) for order in listed]
    oldest_first = csv_rows(ask(f"/exports/orders.csv?store={BOSTON}&product={KETTLE}&oldest=first").content)[
        1:
    ]
    assert oldest_first == rows[::-1]
    in_excel = xlsx_rows(ask(f"/exports/orders.xlsx?customer={JOHN}&status=cancelled").content, "Orders")
    assert [(row[3], row[7]) for row in in_excel[1:]] == [("John Carter", "cancelled")]


def test_who_took_much_out_is_on_record_without_the_names_they_looked_for(
    traded: OwnDatabase, act: Act, ask: Ask
) -> None:
    assert ask(f"/exports/orders.csv?store={BOSTON}&text=Zoe").status_code == 200
    assert ask(f"/exports/customers/{JOHN}.xlsx").status_code == 200
    assert ask(f"/exports/customers/{JOHN}/all-held.json", role="crpm_manager").status_code == 200
    assert ask("/exports/customers.csv?search=Zoe&country=DE").status_code == 200
    assert ask("/exports/orders.csv?from=never").status_code == 400
    assert ask("/exports/activity.csv", role="crpm_clerk").status_code == 403
    titles, *rows = csv_rows(ask("/exports/activity.csv?what=reads", role="crpm_manager").content)
    assert titles == ["When", "Who", "Channel", "What", "Key", "Action", "Before", "After"]
    assert [row[4] for row in rows] == ["customers", "all_held", "purchases", "orders"]
    assert json.loads(rows[0][7]) == {"search": "some words", "country": "DE", "rows": None}
    told = json.loads(rows[3][7])
    assert told.pop("rows") > 0
    assert told == {"store": str(BOSTON), "text": "some words"}
    with act("manager") as c:
        wanted = ActivityFilter(record_type="reads")
        assert ActivityRepository(c).count(wanted=wanted) == 5


def test_whole_lists_are_exported_as_they_are_filtered_and_sorted(traded: OwnDatabase, ask: Ask) -> None:
    with traded.connect() as owner:
        owner.execute(
            "INSERT INTO crpm.customers (name, city) SELECT '=Person ' || n, 'Town' FROM generate_series(1, 2500) AS n"
        )
        owner.execute("ANALYZE crpm.customers")
    titles, *rows = csv_rows(ask("/exports/customers.csv?sort=-city&status=all&at=3&after=7").content)
    assert len(rows) == 2503
    assert len({row[0] for row in rows}) == 2503
    assert titles[1:4] == ["Name", "E-mail", "City"]
    assert rows[1][1] == "'=Person 999"
    assert rows[-1][1:] == [
        *("John Carter", "john@example.com", "Boston", "United States", "2", "323.00", "USD"),
        *(str(TODAY), "active"),
    ]
    in_excel = xlsx_rows(ask("/exports/customers.xlsx?search=carter").content, "Customers")
    assert [(row[1], row[5], row[6]) for row in in_excel[1:]] == [("John Carter", 2, 323)]
    assert len(csv_rows(ask("/exports/customers.csv?country=FR").content)) == 1

    titles, *rows = csv_rows(ask("/exports/products.csv?sort=-unit_price&category=1").content)
    assert [(row[0], row[5]) for row in rows] == [("KNI-1", "89.00"), ("KET-1", "49.90")]
    assert not {"Cost", "Margin"} & set(titles)
    titles, first, *_ = csv_rows(ask("/exports/products.csv?store=2", role="crpm_manager").content)
    assert dict(zip(titles, first, strict=True)) == {
        "SKU": "KNI-1",
        "Name": "Chef's knife",
        "Brand": "Castell",
        "Category": "Kitchen",
        "Subcategory": "Knives",
        "Price": "89.00",
        "Cost": "35.50",
        "Margin": "0.6011",
        "Currency": "USD",
        "On hand": "17",
        "Sold in 90 days": "1",
        "Days of cover": "1530",
        "Status": "active",
    }


def test_two_lists_are_exported_at_once_and_an_excel_sheet_has_an_end(
    ask_module: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_LINES", 2)
    answer = ask_module("/exports/customers.xlsx")
    assert (answer.status_code, "Take the CSV file." in answer.text) == (400, True)
    monkeypatch.setattr(lists, "_AT_ONCE", BoundedSemaphore(1))
    with lists._one_of_few():
        answer = ask_module("/exports/customers.csv")
        assert (answer.status_code, "Two lists are being exported." in answer.text) == (503, True)
    assert ask_module("/exports/customers.csv").status_code == 200
    assert ask_module("/exports/products.pdf").status_code == 404


def test_export_of_a_day_that_is_none_says_which(ask_module: Ask) -> None:
    answer = ask_module("/exports/orders.csv?from=31/12/2026")
    assert answer.status_code == 400
    assert "From must be a day such as 2026-03-24, not 31/12/2026." in answer.text


def test_export_of_too_many_rows_is_refused_whole(
    traded: OwnDatabase, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    answer = ask("/exports/orders.csv")
    assert answer.status_code == 400
    assert "These are more than 3 rows. Choose a shorter period or one store." in answer.text


def test_what_a_role_may_not_read_is_not_exported(shop: OwnDatabase, act: Act, ask: Ask) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 1), p_customer_id=JOHN)
    with shop.connect() as owner:
        owner.execute("REVOKE SELECT ON crpm.customers FROM crpm_viewer")
        owner.execute("GRANT SELECT ON crpm.customers TO crpm_clerk")
    for address in (
        f"/exports/customers/{JOHN}.csv",
        "/exports/orders.xlsx",
        f"/receipts/{BOSTON}-{order[0]}.pdf",
    ):
        refused = ask(address, role="crpm_viewer")
        assert (refused.status_code, "Your role may not do this." in refused.text) == (403, True)
        assert "John" not in refused.text
        assert ask(address, role="crpm_clerk").status_code == 200


def test_costs_are_in_no_export(traded: OwnDatabase, ask: Ask) -> None:
    titles = [*csv_rows(ask(f"/exports/customers/{JOHN}.csv", role="crpm_admin").content)[0]]
    titles += csv_rows(ask("/exports/orders.csv", role="crpm_admin").content)[0]
    assert not [title for title in titles if "cost" in title.lower()]


def test_hostile_names_reach_a_spreadsheet_as_text(shop: OwnDatabase, act: Act, ask: Ask) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = '=cmd|''/c calc''!A0' WHERE customer_id = %s", [JOHN])
    with act("clerk") as c:
        buy(c, (KETTLE, 1), p_customer_id=JOHN)
    names = list(map(itemgetter(3), csv_rows(ask("/exports/orders.csv").content)))
    assert names == ["Customer", "'=cmd|'/c calc'!A0"]


def test_everything_held_on_a_person_is_a_file_for_managers(traded: OwnDatabase, ask: Ask) -> None:
    answer = ask(f"/exports/customers/{JOHN}/all-held.json", role="crpm_manager")
    assert answer.headers["content-disposition"].endswith(f"all-held-on-customer-{JOHN}.json")
    assert [order["status"] for order in answer.json()["purchases"]] == ["recorded", "recorded", "cancelled"]
    assert ask(f"/exports/customers/{JOHN}/all-held.json", role="crpm_clerk").status_code == 403
    assert ask("/exports/customers/99/all-held.json", role="crpm_manager").status_code == 404


def test_a_panel_comes_as_a_file_with_all_its_columns_under_the_rights_of_who_asks(
    ask: Ask, shop: OwnDatabase
) -> None:
    trade(shop)
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = '=1+1 $x$ 王' WHERE customer_id = %s", [ZOE])
        owner.execute("UPDATE crpm.categories SET name = '$1$ <script>' WHERE category_id = 1")
    period = f"from_on={TODAY - timedelta(days=500)}&to_on={TODAY}"
    found = csv_rows(ask(f"/exports/analytics/sales_by_category.csv?{period}").content)
    book = xlsx_rows(ask(f"/exports/analytics/sales_by_category.xlsx?{period}").content, "Figures")
    assert found[0] == list(book[0]) == ["Category", "Units", "Orders", "Revenue", "Share"]
    with shop.connect() as owner:
        revenue = owner.execute("SELECT revenue FROM analytics.headline").fetchone()
    assert revenue
    assert sum(Decimal(row[3]) for row in found[1:]) == revenue[0]
    assert "$1$ <script>" in {row[0] for row in found}
    boston = csv_rows(ask(f"/exports/analytics/sales_by_store.csv?{period}&store_id={BOSTON}").content)
    assert len(boston) == 2

    people = csv_rows(ask(f"/exports/analytics/top_customers.csv?{period}").content)
    assert "'=1+1 $x$ 王" in {row[1] for row in people}
    with shop.connect() as owner:
        noted = owner.execute("SELECT what, row_count FROM crpm.bulk_reads").fetchall()
    assert noted == [("customers", len(people) - 1)]

    for question in ("sales_over_time", "customers_by_age"):
        drawn = ask(f"/exports/analytics/{question}.png?{period}")
        assert drawn.headers["content-type"] == "image/png"
        assert drawn.content.startswith(b"\x89PNG")
        assert drawn.content == ask(f"/exports/analytics/{question}.png?{period}").content

    refused = [
        (f"profit_by_category.csv?{period}", 403, "Your role may not do this"),
        ("sales_by_store.csv", 400, "Take the file from its panel"),
        ("sales_by_store.csv?from_on=x&to_on=2024-01-01", 400, "Take the file from its panel"),
        (f"sales_by_store.png?{period}", 404, "Revenue by store has no chart"),
        (f"sales_by_store.pdf?{period}", 404, "There is no such document"),
        (f"../x.csv?{period}", 404, ""),
        (f"horizon.csv?{period}", 404, "There are no figures named horizon"),
    ]
    for address, status, message in refused:
        answer = ask(f"/exports/analytics/{address}")
        assert (answer.status_code, message in answer.text) == (status, True), address
    assert ask(f"/exports/analytics/top_customers.csv?{period}", role="crpm_analyst").status_code == 403
