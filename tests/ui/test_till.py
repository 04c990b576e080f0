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


@pytest.fixture
def page(address: str, open_page: OpenPage, database: psycopg.Connection) -> Page:
    return at_boston(open_page(address, may_fail=True))


def at_boston(page: Page) -> Page:
    choose(page, "Store", "Boston")
    page.locator("#till-product input").focus()
    return page


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


def test_payment_is_split_by_keyboard_and_enter_fills_in_the_rest(
    page: Page, database: psycopg.Connection
) -> None:
    scan(page, "KET-1", "Kettle 1.7 l")
    # As Tab does, which selects what is there.
    page.get_by_label("Paid by").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Several")
    page.keyboard.press("Enter")
    expect(field(page, "till-pay-cash")).to_be_visible()
    page.keyboard.press("Tab")
    expect(field(page, "till-pay-cash")).to_be_focused()
    page.keyboard.type("20")
    expect(page.locator("#till-due")).to_contain_text(re.compile(r"Left to pay: 29\.90.USD"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(field(page, "till-pay-card")).to_have_value("29.90")
    expect(page.locator("#till-due")).to_contain_text("The payments add up.")
    page.keyboard.press("Control+Enter")
    expect(recorded(page)).to_be_visible()
    assert last_payments(database) == [("cash", "20"), ("card", "29.90")]
    expect(page.get_by_label("Paid by")).to_have_value("Cash")
    expect(field(page, "till-pay-cash")).to_be_hidden()


def test_split_that_does_not_add_up_is_said_before_and_refused_by_the_database(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    scan(page, "KET-1", "Kettle 1.7 l")
    choose(page, "Paid by", "Several")
    expect(page.locator("#till-due")).to_contain_text(re.compile(r"Left to pay: 49\.90.USD"))
    field(page, "till-pay-cash").fill("20")
    field(page, "till-pay-voucher").fill("40")
    expect(page.locator("#till-due")).to_contain_text(re.compile(r"Too much: 10\.10.USD"))
    page.get_by_role("button", name="Record purchase").click()
    expect(page.get_by_text("must add up to the total of 49.90 USD; 10.10 is too much.")).to_be_visible()
    expect(field(page, "till-pay-cash")).to_have_value("20")
    field(page, "till-pay-voucher").fill("a lot")
    expect(page.locator("#till-due")).to_contain_text(
        "Voucher must be an amount such as 1,299.00, not a lot."
    )
    assert orders(database) == before


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


def test_manager_sets_another_price_by_keyboard_and_the_list_price_stays_in_sight(
    page: Page, database: psycopg.Connection
) -> None:
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
    page.keyboard.press("Control+Enter")
    expect(recorded(page)).to_contain_text(re.compile(r"70\.50.USD"))
    assert rows_of(
        database,
        "SELECT unit_price::text, price_override_reason FROM crpm.order_lines ORDER BY order_id DESC LIMIT 1",
    ) == [("70.50", "scratched")]


def test_clerk_finds_no_field_for_another_price_and_is_refused_one_that_a_manager_has_parked(
    page: Page, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(page, "KNI-1", "Chef's knife")
    page.get_by_role("button", name="Change price of Chef's knife").click()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.keyboard.type("friend")
    page.keyboard.press("Enter")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"1\.00.USD"))
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".parked li")).to_have_count(1)
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", CLERK)
    scan(page, "KET-1", "Kettle 1.7 l")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"49\.90.USD"))
    expect(page.get_by_role("button", name=re.compile("^Change price of"))).to_be_hidden()
    expect(page.get_by_label("Price of Kettle 1.7 l", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Take up Without a note").click()
    expect(page.locator(".basket-message")).to_contain_text("Only a manager may set another price.")
    before = orders(database)
    page.get_by_role("button", name="Record purchase").click()
    expect(page.locator(".toast-body")).to_contain_text("Only a manager may set another price.")
    assert orders(database) == before


def test_customer_is_added_at_the_till_and_picked_and_the_basket_stays(
    page: Page, database: psycopg.Connection
) -> None:
    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="New customer").press("Enter")
    expect(field(page, "till-new-name")).to_be_focused()
    field(page, "till-new-email").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A customer needs a name.")).to_be_visible()
    expect(page.get_by_text("An e-mail address looks like name@example.com.")).to_be_visible()
    field(page, "till-new-name").fill("Ida ${1+1} <b>Berg</b>")
    field(page, "till-new-email").fill("ida@example.com")
    before = orders(database)
    # Not before the form is done with.
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
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
    ) == [("Ida ${1+1} <b>Berg</b>", "ida@example.com", None)]


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
    expect(other.get_by_text("Nothing is parked at this store.")).to_be_visible()
    assert rows_of(database, "SELECT * FROM crpm.parked_purchases") == []
    assert rows_of(
        database, "SELECT customer_id, recorded_by FROM crpm.orders ORDER BY order_id DESC LIMIT 1"
    ) == [(1, "anna")]


def test_taking_up_replaces_no_purchase_on_screen_and_an_answer_that_got_lost_is_given_again(
    page: Page, database: psycopg.Connection
) -> None:
    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".parked li")).to_have_count(1)
    scan(page, "KNI-1", "Chef's knife")
    take_up = page.get_by_role("button", name="Take up Without a note")
    take_up.click()
    expect(page.get_by_text("Record or park the purchase on the screen first")).to_be_visible()
    expect(page.get_by_label("Quantity of Chef's knife")).to_have_value("1")
    page.get_by_role("button", name="Start over").click()
    # The till is given it, and the answer never arrives.
    till = page.evaluate("sessionStorage.getItem('crpm-till')")
    database.execute(
        "SELECT crpm.take_up_purchase(store_id, request_id, %s) FROM crpm.parked_purchases", [till]
    )
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".parked li")).to_contain_text("Taken up here")
    take_up.click()
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"49\.90.USD"))


def test_purchase_of_a_till_that_broke_down_is_taken_over(page: Page, database: psycopg.Connection) -> None:
    before = orders(database)
    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".parked li")).to_have_count(1)
    database.execute(
        "SELECT crpm.take_up_purchase(store_id, request_id, gen_random_uuid()) FROM crpm.parked_purchases"
    )
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".parked li")).to_contain_text("Taken up at another till by postgres")
    expect(page.get_by_role("button", name="Discard Without a note")).to_be_hidden()
    page.get_by_role("button", name="Take over Without a note").click()
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"49\.90.USD"))
    page.get_by_role("button", name="Record purchase").click()
    expect(recorded(page)).to_be_visible()
    assert orders(database) == before + 1


def test_till_of_a_store_without_a_purchase_says_so_and_parks_nothing(
    page: Page, database: psycopg.Connection
) -> None:
    page.get_by_role("button", name="Park purchase").click()
    expect(page.get_by_text("There is nothing to park yet.")).to_be_visible()
    choose(page, "Store", "Hamburg")
    expect(page.get_by_text("Nothing is parked at this store.")).to_be_visible()
    assert rows_of(database, "SELECT count(*) FROM crpm.parked_purchases") == [(0,)]


def test_parked_purchase_is_discarded_by_a_second_click(page: Page, database: psycopg.Connection) -> None:
    scan(page, "KET-1", "Kettle 1.7 l")
    page.get_by_role("button", name="Park purchase").dblclick()
    expect(page.locator(".parked li")).to_have_count(1)
    page.get_by_role("button", name="Discard Without a note").click()
    assert rows_of(database, "SELECT count(*) FROM crpm.parked_purchases") == [(1,)]
    page.get_by_role("button", name="Discard for good").click()
    expect(page.get_by_text("Nothing is parked at this store.")).to_be_visible()
    assert rows_of(database, "SELECT count(*) FROM crpm.parked_purchases") == [(0,)]


@pytest.mark.parametrize("is_dark", [False, True])
def test_payments_prices_and_parked_purchases_fit_a_phone(
    address: str, open_page: OpenPage, database: psycopg.Connection, is_dark: bool
) -> None:
    page = at_boston(open_page(address, width=390, height=844, is_dark=is_dark))
    scan(page, "KET-1", "Kettle 1.7 l")
    field(page, "till-park-note").fill("x" * 100)
    page.get_by_role("button", name="Park purchase").click()
    expect(page.locator(".parked li")).to_have_count(1)
    scan(page, "KNI-1", "Chef's knife")
    page.get_by_role("button", name="Change price of Chef's knife").click()
    choose(page, "Paid by", "Several")
    page.get_by_role("button", name="New customer").click()
    expect(field(page, "till-new-name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
