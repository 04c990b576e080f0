import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from pypdf import PdfReader

from app.documents import paper, receipt, receipt_pdf
from app.documents.receipt import Receipt
from app.documents.receipt_page import page
from app.repositories.orders import OrdersRepository
from tests.conftest import Act, OwnDatabase
from tests.documents.conftest import Ask
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, PATH_LIGHT, ZOE, buy
from tests.trade import TODAY

LEFT_TO_RIGHT = (
    "Zoë Müller",
    "Ελένη Παπαδοπούλου",
    "Дмитрий Щербаков",
    "山田太郎",
    "김민준",
    "Նարեկ",
    "ŁŃŐŞ ỄỘ",
)
RIGHT_TO_LEFT = ("محمد الهاشمي", "שרה כהן")


def read(connection: psycopg.Connection, store: int, order: tuple[int, ...]) -> Receipt:
    return receipt.read(connection, store_id=store, order_id=order[0])


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "\n".join(one.extract_text() for one in pages).replace("\u00a0", " ")


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html)).replace("\u00a0", " ")


def pdf_naming(shop: OwnDatabase, act: Act, name: str) -> bytes:
    """The receipt of a company, a customer and a product of one name."""
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = %s WHERE customer_id = %s", [name, ZOE])
        owner.execute("UPDATE crpm.settings SET company_name = %s", [name])
        owner.execute("UPDATE crpm.products SET name = %s WHERE product_id = %s", [name, KETTLE])
    with act("clerk") as c:
        return receipt_pdf.pdf(read(c, BOSTON, buy(c, (KETTLE, 1), p_customer_id=ZOE)))


@pytest.fixture
def taxed(shop: OwnDatabase) -> OwnDatabase:
    """Hamburg has prices that contain 19 % tax, Boston adds 6.25 %; the company has an address."""
    with shop.connect() as owner:
        owner.execute(
            "INSERT INTO crpm.tax_rates VALUES (1, 'DE', '2020-01-01', 0.19), (1, 'US', '2020-01-01', 0.0625)"
        )
        owner.execute("UPDATE crpm.stores SET has_tax_inclusive_prices = TRUE WHERE store_id = %s", [HAMBURG])
        owner.execute(
            """
            UPDATE crpm.settings
            SET address = E'1 Harbour Road\nBoston, MA 02108', tax_number = 'DE 123 456 789', receipt_footer = 'Thank you.'
            """
        )
    return shop


def test_receipt_says_what_was_bought_returned_and_paid(taxed: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        order = buy(
            c,
            (KETTLE, 2),
            (KNIFE, 1),
            p_customer_id=JOHN,
            p_order_discount=Decimal("8.80"),
            p_payment_methods=["card"],
        )
        orders = OrdersRepository(c)
        back = orders.record_return(
            store_id=BOSTON,
            order_id=order[0],
            line_number=1,
            quantity=Decimal(1),
            reason="leaks",
            is_restocked=False,
            request_id=uuid4(),
            refund_method="cash",
        )
        made = read(c, BOSTON, order)
    assert made.head == ["Harbour & Hill", "1 Harbour Road", "Boston, MA 02108", "Tax number DE 123 456 789"]
    assert made.facts[2:4] == [("Store", "Boston (United States)"), ("Customer", "John Carter")]
    # 99.80 and 89.00 less 8.80, plus 6.25 % tax.
    assert [row[0] for row in made.rows] == ["Kettle 1.7 l", "Chef's knife"]
    assert [row[2:] for row in made.rows] == [
        ("2", "49.90", "-4.65", "6.25\u00a0%", "95.15"),
        ("1", "89.00", "-4.15", "6.25\u00a0%", "84.85"),
    ]
    assert made.totals == [
        ("Discounts, taken off above", "-8.80"),
        ("Without tax", "180.00"),
        ("Tax", "11.25"),
        ("Total", "191.25\u00a0USD"),
    ]
    assert made.taxes == [("6.25\u00a0%", "180.00", "11.25", "191.25")]
    assert made.paid == [("Card", "191.25"), ("Cash", f"{-back.refund_amount}")]
    assert made.returned == [(str(TODAY), "Kettle 1.7 l", "1", f"{-back.refund_amount}")]
    assert made.kept == ("Total after returns", f"{Decimal('191.25') - back.refund_amount}\u00a0USD")


def test_prices_that_contain_tax_are_shown_with_it(taxed: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 1), (KNIFE, 2), store=HAMBURG, p_payment_methods=["cash"])
        made = read(c, HAMBURG, order)
    assert made.has_tax_in_prices
    # 49.90 and 89.00 dollars at 0.9.
    assert [row[-1] for row in made.rows] == ["44.91", "160.20"]
    assert made.totals[-1] == ("Total", "205.11\u00a0EUR")
    assert made.taxes == [("19.0\u00a0%", "172.36", "32.75", "205.11")]
    assert made.facts[3] == ("Customer", "Walk-in customer")


def test_what_is_not_paid_yet_is_on_account(act: Act) -> None:
    with act("clerk") as c:
        assert read(c, BOSTON, buy(c, (LAMP, 2))).paid == [("On account", "49.00")]


def test_yen_have_no_decimals_anywhere(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.exchange_rates VALUES ('JPY', current_date, 150)")
    with act("clerk") as c:
        order = buy(
            c, (KETTLE, 3), p_currency_code="JPY", p_discounts=[Decimal(455)], p_payment_methods=["cash"]
        )
        made = read(c, BOSTON, order)
    assert [row[2:] for row in made.rows] == [("3", "7,485", "-455", "0.0\u00a0%", "22,000")]
    assert made.totals == [("Discounts, taken off above", "-455"), ("Total", "22,000\u00a0JPY")]
    assert made.paid == [("Cash", "22,000")]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_time_is_that_of_the_store(shop: OwnDatabase, act: Act, zone: str) -> None:
    with shop.connect() as owner:
        # Where the day may still be yesterday, which must not be before the opening count.
        owner.execute("UPDATE crpm.stores SET time_zone = %s, opening_count_on = current_date - 1", [zone])
    with act("clerk") as c:
        order = buy(c, (KETTLE, 1))
        events = OrdersRepository(c).events(store_id=BOSTON, order_id=order[0])
        made = read(c, BOSTON, order)
        row = c.execute("SELECT ordered_at FROM crpm.orders").fetchone()
    assert row
    at_store = row[0].astimezone(ZoneInfo(zone))
    assert made.facts[1] == ("Date", f"{at_store:%Y-%m-%d %H:%M} ({zone})")
    assert {event.recorded_at for event in events} == {at_store.replace(tzinfo=None)}


def test_purchase_noted_down_later_has_its_day_and_no_time(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    day = TODAY - timedelta(days=3)
    with act("clerk") as c:
        assert read(c, BOSTON, buy(c, (KETTLE, 1), p_order_date=day)).facts[1] == ("Date", f"{day}")


def test_pdf_says_everything_that_the_receipt_says(taxed: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        order = buy(
            c, (KETTLE, 2), (LAMP, 1), store=HAMBURG, p_customer_id=ZOE, p_payment_methods=["voucher"]
        )
        OrdersRepository(c).record_return(
            store_id=HAMBURG,
            order_id=order[0],
            line_number=2,
            quantity=Decimal(1),
            reason="too bright",
            is_restocked=True,
            request_id=uuid4(),
        )
        made = read(c, HAMBURG, order)
    said = text_of(receipt_pdf.pdf(made))
    tables = [made.facts, made.rows, made.totals, made.taxes, made.paid, made.returned, [made.kept or ("",)]]
    parts = [
        made.title,
        *made.head,
        *made.footer,
        *(cell for table in tables for row in table for cell in row),
    ]
    assert [part for part in parts if part.replace("\u00a0", " ") not in said] == []


def test_pdf_prints_names_of_many_scripts(shop: OwnDatabase, act: Act) -> None:
    said = {name: text_of(pdf_naming(shop, act, name)) for name in LEFT_TO_RIGHT}
    assert {name: text.count(name) for name, text in said.items()} == dict.fromkeys(LEFT_TO_RIGHT, 3)


def test_pdf_prints_scripts_that_run_from_right_to_left(shop: OwnDatabase, act: Act) -> None:
    said = {name: text_of(pdf_naming(shop, act, name)) for name in RIGHT_TO_LEFT}
    # Readers disagree about the order in which they give such text back.
    assert [name for name, text in said.items() if not set(name) <= set(text)] == []


def test_pdf_shows_a_replacement_sign_for_what_it_has_no_letter_for() -> None:
    assert paper.printable("สวัสดี Ann\U000e0061\tB") == "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd Ann B"


def test_pdf_of_many_lines_repeats_the_titles_on_every_page(taxed: OwnDatabase, act: Act) -> None:
    with taxed.connect() as owner:
        owner.execute("SELECT crpm.receive_stock(2, ARRAY[4], ARRAY[500]::numeric[])")
    with act("clerk") as c:
        order = buy(c, *[(PATH_LIGHT, 1)] * 1, p_payment_methods=["cash"])
        made = read(c, BOSTON, order)
    many = Receipt(made.company, made.order, [*made.lines] * 75, made.payments, made.returns)
    pages = PdfReader(io.BytesIO(receipt_pdf.pdf(many))).pages
    texts = [one.extract_text() for one in pages]
    assert len(texts) > 2
    assert all("Unit price" in text for text in texts[:-1])
    assert f"page 2 of {len(texts)}" in texts[1]


def test_page_escapes_whatever_people_have_typed(shop: OwnDatabase, act: Act) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}${1+1}"
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = %s WHERE customer_id = %s", [hostile, ZOE])
        owner.execute(
            "UPDATE crpm.products SET name = %s, sku = %s WHERE product_id = %s", [hostile, hostile, KETTLE]
        )
        owner.execute(
            "UPDATE crpm.settings SET company_name = %(x)s, address = %(x)s, receipt_footer = %(x)s",
            {"x": hostile},
        )
    with act("clerk") as c:
        shown = page(read(c, BOSTON, buy(c, (KETTLE, 1), p_customer_id=ZOE)), pdf_address="x.pdf")
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}${1+1}") == 6


def test_page_and_pdf_are_served_with_the_security_headers(taxed: OwnDatabase, act: Act, ask: Ask) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 2), p_customer_id=JOHN, p_payment_methods=["cash"])
    shown = ask(f"/receipts/{BOSTON}-{order[0]}", role="crpm_viewer")
    assert shown.status_code == 200
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    said = words_of(shown.text)
    for part in (
        f"Receipt S2-{order[0]}",
        "Harbour &amp; Hill",
        "John Carter",
        "Garden lamp LAM-1 2 24.50",
        "52.06 USD",
    ):
        assert part in said
    file = ask(f"/receipts/{BOSTON}-{order[0]}.pdf", role="crpm_viewer")
    assert file.headers["content-type"] == "application/pdf"
    assert f"receipt-S2-{order[0]}.pdf" in file.headers["content-disposition"]
    assert "52.06 USD" in text_of(file.content)


@pytest.mark.parametrize("key", ["2-999999", "2", "2-x", "-", "99999999999999999999-1", "2-1-1", "2-²"])
@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_receipt_that_is_not_there_says_so(ask_module: Ask, key: str, ending: str) -> None:
    answer = ask_module(f"/receipts/{key}{ending}")
    assert answer.status_code == 404
    assert "no such order" in answer.text or "This is not there" in answer.text


def test_cancelled_order_says_so_on_its_receipt(act: Act, ask: Ask) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 1), p_payment_methods=["cash"])
        OrdersRepository(c).cancel(store_id=BOSTON, order_id=order[0], reason="wrong till")
    answer = ask(f"/receipts/{BOSTON}-{order[0]}")
    assert '<p class="cancelled">Cancelled</p>' in answer.text
    assert "wrong till" in answer.text
    assert "CANCELLED" in text_of(ask(f"/receipts/{BOSTON}-{order[0]}.pdf").content)


def test_receipt_is_of_the_moment_it_is_asked_for(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (LAMP, 1))
        made = read(c, BOSTON, order)
    assert isinstance(made.order.ordered_at, datetime)
    assert made.returned == []
    assert made.kept is None
