import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.ui.shell import TabSpec
from app.ui.tabs import purchases
from db.pool import Actor
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.ui.conftest import ServeTabs

CLERK = Actor("anna", "crpm_clerk")


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    url = serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("purchases", "Purchases", partial(purchases.build, workspace))],
    )
    return f"{url}/?tab=purchases"


@pytest.fixture
def database(shop_of_module: OwnDatabase) -> Iterator[psycopg.Connection]:
    with shop_of_module.connect() as connection:
        connection.execute("DELETE FROM crpm.parked_purchases")
        yield connection


@pytest.fixture(scope="module")
def page_of_module(address: str, open_page_of_module: OpenPage) -> Page:
    # The browser tells of a form that is refused as of an error.
    return open_page_of_module(address, may_fail=True)


@pytest.fixture
def page(page_of_module: Page, database: psycopg.Connection) -> Page:
    """The till at Boston, with nothing in its basket, nothing parked and nothing said."""
    page = page_of_module
    page.bring_to_front()
    page.evaluate("document.querySelectorAll('.toast-close').forEach((button) => button.click())")
    at_boston(page)
    if page.locator(".parked li").count():
        page.get_by_role("button", name="Refresh").click()
    expect(nothing_parked(page)).to_be_visible()
    start_over(page)
    return page


def at_boston(page: Page) -> Page:
    store = page.get_by_label("Store", exact=True).first
    expect(store).not_to_have_value("")
    if store.input_value() != "Boston":
        choose(page, "Store", "Boston")
    page.locator("#till-product input").focus()
    return page


def start_over(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    # The answer takes the focus from the button.
    expect(page.locator("#till-product input")).to_be_focused()
    expect(page.locator(".basket-empty")).to_be_visible()
    expect(page.locator("#till-note")).to_be_empty()


def park(page: Page) -> None:
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".parked li")).to_have_count(1)


def nothing_parked(page: Page) -> Locator:
    return page.get_by_text("Nothing is parked at this store.")


def choose(page: Page, label: str, option: str) -> None:
    field = page.get_by_label(label, exact=True).first
    expect(field).not_to_have_value("")
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(field).to_have_value(option)


def scan(page: Page, sku: str, name: str) -> None:
    page.locator("#till-product input").focus()
    page.keyboard.type(sku)
    page.keyboard.press("Enter")
    expect(page.get_by_label(f"Quantity of {name}")).to_be_visible()


def field(page: Page, elem_id: str) -> Locator:
    return page.locator(f"#{elem_id} :is(input, textarea)").first


def rows_of(database: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return database.execute(statement).fetchall()


def last_payments(database: psycopg.Connection) -> list[tuple[str, str]]:
    return rows_of(
        database,
        """
        SELECT method, amount::text FROM crpm.payments
        WHERE order_id = (SELECT max(order_id) FROM crpm.orders) ORDER BY payment_number
        """,
    )


def orders(database: psycopg.Connection) -> int:
    return int(rows_of(database, "SELECT count(*) FROM crpm.orders")[0][0])


def recorded(page: Page) -> Locator:
    return page.locator("#till-note").filter(has_text="Recorded S2-")


def test_payment_is_split_by_keyboard_once_it_adds_up_and_enter_fills_in_the_rest(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    due = page.locator("#till-due")
    scan(page, "KET-1", "Kettle 1.7 l")
    # As Tab does, which selects what is there.
    page.get_by_label("Paid by").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Several")
    page.keyboard.press("Enter")
    expect(field(page, "till-pay-cash")).to_be_visible()
    expect(due).to_contain_text(re.compile(r"Left to pay: 49\.90.USD"))
    page.keyboard.press("Tab")
    expect(field(page, "till-pay-cash")).to_be_focused()
    page.keyboard.type("20")
    expect(due).to_contain_text(re.compile(r"Left to pay: 29\.90.USD"))

    field(page, "till-pay-voucher").fill("40")
    expect(due).to_contain_text(re.compile(r"Too much: 10\.10.USD"))
    page.get_by_role("button", name="Record purchase").click()
    expect(page.get_by_text("must add up to the total of 49.90 USD; 10.10 is too much.")).to_be_visible()
    expect(field(page, "till-pay-cash")).to_have_value("20")
    field(page, "till-pay-voucher").fill("a lot")
    expect(due).to_contain_text("Voucher must be an amount such as 1,299.00, not a lot.")
    assert orders(database) == before

    field(page, "till-pay-voucher").fill("")
    expect(due).to_contain_text(re.compile(r"Left to pay: 29\.90.USD"))
    field(page, "till-pay-cash").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field(page, "till-pay-card")).to_have_value("29.90")
    expect(due).to_contain_text("The payments add up.")
    page.keyboard.press("Control+Enter")
    expect(recorded(page)).to_be_visible()
    assert last_payments(database) == [("cash", "20"), ("card", "29.90")]
    expect(page.get_by_label("Paid by")).to_have_value("Cash")
    expect(field(page, "till-pay-cash")).to_be_hidden()


def test_change_is_shown_for_cash_and_too_little_records_nothing(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    scan(page, "KET-1", "Kettle 1.7 l")
    field(page, "till-given").fill("40")
    expect(page.locator("#till-due")).to_contain_text(re.compile(r"Cash given is 9\.90.USD short"))
    page.get_by_role("button", name="Record purchase").click()
    expect(page.get_by_text(re.compile("short. Nothing was recorded"))).to_be_visible()
    assert orders(database) == before
    field(page, "till-given").fill("60")
    expect(page.locator("#till-due")).to_contain_text(re.compile(r"Change: 10\.10.USD"))
    page.get_by_role("button", name="Record purchase").click()
    expect(recorded(page)).to_contain_text(re.compile(r"change 10\.10.USD"))
    expect(field(page, "till-given")).to_have_value("")
    assert last_payments(database) == [("cash", "49.90")]


def test_another_price_is_set_by_a_manager_with_a_reason_and_by_no_clerk_even_where_it_was_parked(
    page: Page, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = orders(database)
    scan(page, "KNI-1", "Chef's knife")
    page.get_by_role("button", name="Change price of Chef's knife").press("Enter")
    expect(page.get_by_label("Price of Chef's knife", exact=True)).to_be_focused()
    page.keyboard.type("70.50")
    page.keyboard.press("Enter")
    expect(page.locator(".basket-message")).to_contain_text("Another price needs a reason.")
    expect(page.get_by_label("Why Chef's knife has another price")).to_be_focused()
    page.keyboard.type("scratched")
    page.keyboard.press("Enter")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"70\.50.USD"))
    expect(page.locator(".basket-product small")).to_contain_text("list price 89.00")
    park(page)

    # A clerk finds no field for it, and cannot sell at it either.
    with monkeypatch.context() as patch:
        patch.setattr("app.workspace.LOCAL_ACTOR", CLERK)
        scan(page, "KET-1", "Kettle 1.7 l")
        expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"49\.90.USD"))
        expect(page.get_by_role("button", name=re.compile("^Change price of"))).to_be_hidden()
        expect(page.get_by_label("Price of Kettle 1.7 l", exact=True)).to_be_hidden()
        start_over(page)
        page.get_by_role("button", name="Take up Without a note").click()
        expect(page.locator(".basket-message")).to_contain_text("Only a manager may set another price.")
        page.get_by_role("button", name="Record purchase").click()
        expect(page.locator(".toast-body")).to_contain_text("Only a manager may set another price.")
        assert orders(database) == before

    # The refusal is shown a moment before the button is free again.
    expect(page.locator(".takes-basket[aria-busy]")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(recorded(page)).to_contain_text(re.compile(r"70\.50.USD"))
    assert rows_of(
        database,
        "SELECT unit_price::text, price_override_reason FROM crpm.order_lines ORDER BY order_id DESC LIMIT 1",
    ) == [("70.50", "scratched")]
    page.locator("#till-note a[data-tab]").click()
    expect(page.locator("#order-page")).to_contain_text(
        re.compile(r"Other price\s*Chef's knife at 70\.50.USD: scratched")
    )
    page.evaluate("crpm.open('purchases')")
    page.get_by_role("tab", name="New purchase").click()


def test_customer_is_added_at_the_till_and_picked_and_the_basket_stays(
    page: Page, database: psycopg.Connection
) -> None:
    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="New customer").press("Enter")
    expect(field(page, "till-new-name")).to_be_focused()
    field(page, "till-new-email").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A customer needs a name.", exact=True)).to_be_visible()
    expect(page.locator("#till-new-email")).to_contain_text("An e-mail address must have an @-sign.")
    # A phone without its country's code is one of the store's country.
    field(page, "till-new-phone").fill("617 555 0123")
    field(page, "till-new-name").fill("Ida ${1+1} <b>Berg</b>")
    field(page, "till-new-email").fill("ZOE@example.com")
    before = orders(database)
    # Not before the form is done with.
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    note = page.locator("#till-new-note")
    expect(note).to_contain_text("Is this the same person as Zoë Müller (same e-mail, Hamburg)? Pick")
    page.get_by_role("button", name="Add anyway").click()
    expect(page.locator("#till-customer input")).to_have_value("Ida ${1+1} <b>Berg</b>")
    expect(page.locator("#till-customer-form")).to_be_hidden()
    expect(page.locator("#till-product input")).to_be_focused()
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")
    assert orders(database) == before
    page.keyboard.press("Control+Enter")
    expect(recorded(page)).to_be_visible()
    assert rows_of(
        database,
        """
        SELECT c.name, c.email, c.phone FROM crpm.orders AS o INNER JOIN crpm.customers AS c USING (customer_id)
        ORDER BY o.order_id DESC LIMIT 1
        """,
    ) == [("Ida ${1+1} <b>Berg</b>", "ZOE@example.com", "+16175550123")]


def test_purchase_parked_at_one_till_is_taken_up_at_another_by_another_clerk(
    page: Page,
    address: str,
    open_page: OpenPage,
    database: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.locator("#till-customer input").click()
    page.get_by_role("option", name="Zoë Müller").click()
    scan(page, "KET-1", "Kettle 1.7 l")
    scan(page, "chef", "Chef's knife")
    page.get_by_label("Discount on Chef's knife").fill("9")
    field(page, "till-park-note").fill("<i>red</i> coat")
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".basket tbody tr")).to_have_count(0)
    expect(page.locator("#till-customer input")).to_have_value("")
    expect(page.locator(".parked li")).to_contain_text(re.compile(r"<i>red</i> coat.*2 lines · local"))
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", CLERK)
    other = at_boston(open_page(address))
    other.get_by_role("button", name="Take up <i>red</i> coat").press("Enter")
    expect(other.get_by_label("Discount on Chef's knife")).to_have_value("9")
    expect(other.locator("#till-customer input")).to_have_value("Zoë Müller")
    expect(other.locator(".basket-total dd")).to_have_text(re.compile(r"129\.90.USD"))
    page.get_by_role("button", name="Take up <i>red</i> coat").click()
    expect(page.get_by_text("anna has taken this purchase up at another till.")).to_be_visible()
    expect(page.locator(".basket tbody tr")).to_have_count(0)
    other.get_by_role("button", name="Record purchase").click()
    expect(recorded(other)).to_contain_text(re.compile(r"129\.90.USD"))
    expect(nothing_parked(other)).to_be_visible()
    assert rows_of(database, "SELECT * FROM crpm.parked_purchases") == []
    assert rows_of(
        database, "SELECT customer_id, recorded_by FROM crpm.orders ORDER BY order_id DESC LIMIT 1"
    ) == [(1, "anna")]


def test_parked_purchase_is_given_again_after_a_lost_answer_and_taken_over_from_a_till_that_broke_down(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    parked, total = page.locator(".parked li"), page.locator(".basket-total dd")
    scan(page, "KET-1", "Kettle 1.7 l")
    park(page)
    # The till is given it, and the answer never arrives.
    till = page.evaluate("sessionStorage.getItem('crpm-till')")
    database.execute(
        "SELECT crpm.take_up_purchase(store_id, request_id, %s) FROM crpm.parked_purchases", [till]
    )
    page.get_by_role("button", name="Refresh").click()
    expect(parked).to_contain_text("Taken up here")
    page.get_by_role("button", name="Take up Without a note").click()
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")
    expect(total).to_have_text(re.compile(r"49\.90.USD"))
    start_over(page)

    # Another till takes it over, and breaks down.
    database.execute(
        "SELECT crpm.take_up_purchase(store_id, request_id, gen_random_uuid(), TRUE) FROM crpm.parked_purchases"
    )
    page.get_by_role("button", name="Refresh").click()
    expect(parked).to_contain_text("Taken up at another till by postgres")
    expect(page.get_by_role("button", name="Discard Without a note")).to_be_hidden()
    page.get_by_role("button", name="Take over Without a note").click()
    expect(total).to_have_text(re.compile(r"49\.90.USD"))
    page.get_by_role("button", name="Record purchase").click()
    expect(recorded(page)).to_be_visible()
    assert orders(database) == before + 1


def test_purchase_is_parked_once_at_its_store_replaces_none_on_screen_and_is_discarded_by_a_second_click(
    page: Page, database: psycopg.Connection
) -> None:
    parked = "SELECT count(*) FROM crpm.parked_purchases"
    page.get_by_role("button", name="Park purchase").click()
    expect(page.get_by_text("There is nothing to park yet.")).to_be_visible()
    assert rows_of(database, parked) == [(0,)]

    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="Park purchase").dblclick()
    expect(page.locator(".parked li")).to_have_count(1)
    choose(page, "Store", "Hamburg")
    expect(nothing_parked(page)).to_be_visible()
    choose(page, "Store", "Boston")
    expect(page.locator(".parked li")).to_have_count(1)

    scan(page, "KNI-1", "Chef's knife")
    page.get_by_role("button", name="Take up Without a note").click()
    expect(page.get_by_text("Record or park the purchase on the screen first")).to_be_visible()
    expect(page.get_by_label("Quantity of Chef's knife")).to_have_value("1")

    page.get_by_role("button", name="Discard Without a note").click()
    assert rows_of(database, parked) == [(1,)]
    page.get_by_role("button", name="Discard for good").click()
    expect(nothing_parked(page)).to_be_visible()
    assert rows_of(database, parked) == [(0,)]


def test_basket_payments_prices_and_parked_purchases_fit_a_phone(
    address: str, open_page: OpenPage, database: psycopg.Connection
) -> None:
    page = at_boston(open_page(address, width=390, height=844))
    scan(page, "KET-1", "Kettle 1.7 l")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    field(page, "till-park-note").fill("x" * 100)
    park(page)
    scan(page, "KNI-1", "Chef's knife")
    page.get_by_role("button", name="Change price of Chef's knife").click()
    choose(page, "Paid by", "Several")
    page.get_by_role("button", name="New customer").click()
    expect(field(page, "till-new-name")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body.dark")).to_have_count(int(scheme == "dark"))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
