import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.ui.shell import TabSpec
from app.ui.tabs import purchases
from tests.browser import OpenPage, first_read_held
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, JOHN, KETTLE, KNIFE, LAMP, PATH_LIGHT, buy, on_hand
from tests.trade import TODAY
from tests.ui.conftest import ServeTabs


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = '<b>${1+1}</b> {{7*7}}' WHERE customer_id = 3")
        owner.execute(
            "UPDATE crpm.products SET name = '<script>alert(1)</script> light' WHERE product_id = 4"
        )
    url = serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("purchases", "Purchases", partial(purchases.build, workspace))],
    )
    return f"{url}/?tab=purchases"


@pytest.fixture
def database(shop_of_module: OwnDatabase) -> Iterator[psycopg.Connection]:
    with shop_of_module.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def page_of_module(address: str, open_page_of_module: OpenPage) -> Page:
    return open_page_of_module(address)


@pytest.fixture
def page(page_of_module: Page) -> Page:
    """The till at Boston, with nothing in its basket and nothing said."""
    page = page_of_module
    page.bring_to_front()
    page.evaluate("document.querySelectorAll('.toast-close').forEach((button) => button.click())")
    if "key=" in page.url:
        page.evaluate("crpm.open('purchases')")
    page.get_by_role("tab", name="New purchase").click()
    for label, option in (("Store", "Boston"), ("Currency", "The store's")):
        if at_till(page, label).input_value() != option:
            choose(page, label, option)
    start_over(page)
    return page


def at_till(page: Page, label: str) -> Locator:
    """A list to choose from, once it is filled."""
    field = page.get_by_label(label, exact=True).first
    expect(field).not_to_have_value("")
    return field


def start_over(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    # The answer takes the focus from the button.
    expect(page.locator("#till-product input")).to_be_focused()
    expect(page.locator(".basket-empty")).to_be_visible()
    expect(page.locator("#till-note")).to_be_empty()


def choose(page: Page, label: str, option: str) -> None:
    field = at_till(page, label)
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(field).to_have_value(option)


def type_product(page: Page, text: str) -> None:
    product = page.locator("#till-product input")
    expect(product).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def scan_kettle(page: Page) -> None:
    type_product(page, "KET-1")
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")


def orders(database: psycopg.Connection) -> int:
    row = database.execute("SELECT count(*) FROM crpm.orders").fetchone()
    assert row
    return int(row[0])


def test_three_lines_are_recorded_without_touching_the_mouse(
    page: Page, database: psycopg.Connection
) -> None:
    lamps, knives, before = (
        on_hand(database, BOSTON, LAMP),
        on_hand(database, BOSTON, KNIFE),
        orders(database),
    )
    type_product(page, "garden")
    expect(page.get_by_label("Quantity of Garden lamp")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    type_product(page, "4006381333931")
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")
    type_product(page, "4006381333931")
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("2")
    type_product(page, "chef")
    expect(page.get_by_label("Quantity of Chef's knife")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"262\.30.USD"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#till-note")).to_contain_text(re.compile(r"Recorded S2-\d+: 262\.30.USD"))
    expect(page.locator("#till-product input")).to_be_focused()
    expect(page.locator(".basket tbody tr")).to_have_count(0)
    assert (on_hand(database, BOSTON, LAMP), on_hand(database, BOSTON, KNIFE)) == (lamps - 3, knives - 1)
    assert orders(database) == before + 1


def test_purchase_beyond_the_stock_is_warned_of_refused_and_kept_with_its_hostile_names_as_text(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    assert on_hand(database, BOSTON, PATH_LIGHT) == 0
    page.locator("#till-customer input").click()
    expect(page.get_by_role("option", name="<b>${1+1}</b> {{7*7}}")).to_be_visible()
    page.keyboard.press("Escape")

    page.locator("#till-product input").fill("lam-2")
    expect(page.locator("#till-product [role=option]")).to_contain_text(
        re.compile(r"LAM-2 · 12\.00.USD · 0 on hand")
    )
    page.keyboard.press("Enter")
    expect(page.locator(".basket bdi")).to_have_text("<script>alert(1)</script> light")
    expect(page.locator(".basket small.warning")).to_have_text("Only 0 on hand")

    page.get_by_role("button", name="Record purchase").click()
    expect(page.get_by_text("Not enough stock of <script>alert(1)</script> light (LAM-2)")).to_be_visible()
    page.get_by_role("button", name="Remove <script>alert(1)</script> light").click()

    type_product(page, "garden")
    expect(page.get_by_label("Quantity of Garden lamp")).to_be_focused()
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    expect(page.locator(".basket small.warning")).to_contain_text("on hand")
    page.get_by_role("button", name="Record purchase").click()
    expect(
        page.get_by_text(re.compile(r"Not enough stock of Garden lamp \(LAM-1\): \d+ on hand, 500 asked"))
    ).to_be_visible()
    expect(page.get_by_label("Quantity of Garden lamp")).to_have_value("500")
    assert orders(database) == before


def test_answer_that_comes_late_takes_nothing_from_what_is_priced_next(page: Page) -> None:
    scan_kettle(page)
    total = page.locator(".basket-total dd")
    expect(total).to_have_text(re.compile(r"49\.90.USD"))
    with first_read_held(page) as release:
        # Enter asks for the price, and so does the field when it is left.
        page.get_by_label("Quantity of Kettle 1.7 l").fill("2")
        page.get_by_label("Quantity of Kettle 1.7 l").press("Enter")
        expect(total).to_have_text(re.compile(r"99\.80.USD"))
        release()
    choose(page, "Currency", "EUR · Euro")
    expect(total).to_have_text(re.compile(r"89\.82.EUR"))


def test_basket_says_what_is_wrong_and_is_priced_anew_until_the_clerk_starts_over(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    type_product(page, "9999999999999")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    # The next code takes its place.
    scan_kettle(page)

    quantity, total = page.get_by_label("Quantity of Kettle 1.7 l"), page.locator(".basket-total dd")
    choose(page, "Currency", "EUR · Euro")
    expect(total).to_have_text(re.compile(r"44\.91.EUR"))
    choose(page, "Currency", "The store's")
    expect(total).to_have_text(re.compile(r"49\.90.USD"))
    quantity.fill("two")
    quantity.press("Enter")
    expect(page.locator(".basket-message")).to_contain_text(
        "A quantity must be a whole number such as 12, not two."
    )
    quantity.fill("2")
    quantity.press("Enter")
    expect(total).to_have_text(re.compile(r"99\.80.USD"))
    page.get_by_role("button", name="Remove Kettle 1.7 l").click()
    expect(page.locator(".basket-empty")).to_be_visible()

    scan_kettle(page)
    start_over(page)
    assert orders(database) == before


@contextmanager
def line(page: Page, *, latency: int = 0, offline: bool = False) -> Iterator[None]:
    """The page's own line to the server, as slow as this many milliseconds or cut; other pages keep theirs."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": offline, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    try:
        yield
    finally:
        session.detach()


def last_lines(database: psycopg.Connection) -> list[tuple[int, int]]:
    return database.execute(
        """
        SELECT product_id, quantity
        FROM crpm.order_lines
        WHERE order_id = (SELECT max(order_id) FROM crpm.orders)
        ORDER BY line_number
        """
    ).fetchall()


def test_nothing_is_lost_when_the_clerk_is_faster_than_the_line(
    page: Page, database: psycopg.Connection
) -> None:
    with line(page, latency=150):
        for keys in ("garden", "3", "4006381333931", "KNI-1", "4006381333931", "chef", "2"):
            page.keyboard.type(keys)
            page.keyboard.press("Enter")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#till-note")).to_contain_text(re.compile(r"Recorded S2-\d+: 351\.30.USD"))
    assert last_lines(database) == [(LAMP, 3), (KETTLE, 2), (KNIFE, 2)]


def test_next_purchase_can_be_scanned_while_one_is_being_recorded(
    page: Page, database: psycopg.Connection
) -> None:
    scan_kettle(page)
    with line(page, latency=300):
        page.keyboard.press("Control+Enter")
        expect(page.locator("#till-record")).to_have_attribute("aria-busy", "true")
        type_product(page, "KET-1")
        type_product(page, "KNI-1")
        expect(page.locator("#till-note")).to_contain_text("Recorded")
    expect(page.get_by_label("Quantity of Chef's knife")).to_have_value("1")
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("1")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"138\.90.USD"))
    expect(page.locator("#till-record")).not_to_have_attribute("aria-busy", "true")
    assert last_lines(database) == [(KETTLE, 1)]


def test_lost_connection_costs_no_line_records_none_twice_and_leaves_the_till_at_its_store(
    address: str, open_page: OpenPage, database: psycopg.Connection
) -> None:
    page = open_page(address, may_fail=True)
    choose(page, "Store", "Hamburg")
    before = orders(database)
    page.locator("#till-product input").focus()
    type_product(page, "KET-1")
    type_product(page, "KET-1")
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("2")
    with line(page, offline=True):
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
    expect(page.locator(".basket-message")).to_contain_text("still to be recorded", timeout=30_000)
    expect(page.get_by_label("Quantity of Kettle 1.7 l")).to_have_value("2")
    expect(page.locator(".basket-total dd")).to_have_text(re.compile(r"89\.82.EUR"))
    page.locator("#till-product input").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#till-note")).to_contain_text("Recorded")
    assert orders(database) == before + 1
    page.reload()
    expect(page.locator(".basket-empty")).to_be_visible()
    expect(page.get_by_label("Store", exact=True).first).to_have_value("Hamburg")


def test_order_page_takes_pieces_back_and_cancels(page: Page, database: psycopg.Connection) -> None:
    page.locator("#till-product input").focus()
    type_product(page, "garden")
    expect(page.get_by_label("Quantity of Garden lamp")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#till-note")).to_contain_text("Recorded")
    page.locator("#till-note a[data-tab]").click()
    expect(page.locator("#order-page h2")).to_contain_text("Order S2-")
    expect(page.locator("#return-refund input")).to_have_value("Cash")
    before = on_hand(database, BOSTON, LAMP)
    page.get_by_role("button", name="Record the return").click()
    expect(page.get_by_text("Say why the goods came back.")).to_be_visible()
    page.get_by_label("Why does it come back?").fill("too bright")
    page.get_by_role("button", name="Record the return").click()
    expect(page.locator("#order-page .timeline")).to_contain_text("Return: -24.50")
    assert on_hand(database, BOSTON, LAMP) == before + 1
    page.get_by_label("Why is the order cancelled?").fill("again")
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_text(re.compile("has returns and cannot be cancelled"))).to_be_visible()


def test_double_click_records_once_and_the_receipt_opens_prints_and_is_linked_from_the_order(
    page: Page, database: psycopg.Connection
) -> None:
    before = orders(database)
    scan_kettle(page)
    page.get_by_role("button", name="Record purchase").dblclick()
    expect(page.locator("#till-note")).to_contain_text("Recorded")
    expect(page.locator(".basket tbody tr")).to_have_count(0)
    assert orders(database) == before + 1

    with page.context.expect_page() as opened:
        page.locator("#till-note").get_by_role("link", name="Receipt").click()
    receipt = opened.value
    expect(receipt.get_by_role("heading", name=re.compile(r"Receipt S2-\d+"))).to_be_visible()
    expect(receipt.get_by_role("table", name="Lines")).to_contain_text("Kettle 1.7 l")
    with receipt.expect_download() as fetched:
        receipt.get_by_role("link", name="Download PDF").click()
    assert re.fullmatch(r"receipt-S2-\d+\.pdf", fetched.value.suggested_filename)
    assert fetched.value.path().read_bytes().startswith(b"%PDF-")
    expect(receipt.get_by_role("button", name="Print")).to_be_visible()
    receipt.emulate_media(media="print")
    expect(receipt.get_by_role("button", name="Print")).to_be_hidden()
    receipt.close()

    page.locator("#till-note a[data-tab]").click()
    order = page.locator("#order-page")
    expect(order.get_by_role("link", name="Receipt", exact=True)).to_have_attribute(
        "href", re.compile(r"^receipts/2-\d+$")
    )
    expect(order.locator(".timeline")).to_contain_text("Recorded")
    expect(order.locator(".timeline")).to_contain_text("by local (app)")


def test_orders_are_found_filtered_exported_and_opened_by_keyboard(
    page: Page, database: psycopg.Connection
) -> None:
    number = buy(database, (KETTLE, 1), p_customer_id=JOHN)[1]
    page.get_by_role("tab", name="Orders").click()
    rows = page.locator("#orders-grid tbody tr")
    expect(rows.first).to_be_visible()
    page.locator("#orders-customer input").fill("john")
    page.get_by_role("option", name="John Carter").click()
    expect(rows).to_have_count(1)
    page.locator("#orders-product input").fill("knife")
    page.get_by_role("option", name="Chef's knife").click()
    expect(page.get_by_text("No order matches")).to_be_visible()
    page.locator("#orders-product").get_by_label("Clear").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("John Carter")
    with page.expect_download() as fetched:
        page.locator("#orders-grid").get_by_role("link", name="as CSV").click()
    assert fetched.value.suggested_filename == "orders.csv"
    lines = fetched.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "John Carter" in lines[1]

    buy(database, (KETTLE, 1))
    page.locator("#orders-customer").get_by_label("Clear").click()
    expect(rows.nth(1)).to_be_visible()
    page.get_by_label("Search").fill(number.lower())
    expect(rows).to_have_count(1)
    rows.press("Enter")
    expect(page.locator("#order-page h2")).to_contain_text(number)
    page.go_back()
    expect(page.locator("#orders-grid")).to_be_visible()
    expect(rows).to_have_count(1)


def test_an_address_asks_for_a_list_of_orders_and_tells_what_is_shown(
    address: str, open_page: OpenPage, database: psycopg.Connection
) -> None:
    number = buy(database, (KETTLE, 1))[1]
    buy(database, (KETTLE, 1))
    page = open_page(f"{address}&from={TODAY}&to={TODAY}&store={BOSTON}&status=recorded&search={number}")
    rows = page.locator("#orders-grid tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(number)
    expect(page.get_by_label("From", exact=True).first).to_have_value(TODAY.isoformat())
    page.locator("#orders-search textarea, #orders-search input").fill("nobody")
    expect(page.get_by_text("No order matches")).to_be_visible()
    expect(page).to_have_url(re.compile("search=nobody"))
    page.reload()
    expect(page.get_by_text("No order matches")).to_be_visible()


def test_address_shows_an_order_in_its_currency_and_its_stores_time_or_says_that_it_is_not_there(
    address: str, open_page: OpenPage, database: psycopg.Connection
) -> None:
    database.execute(
        "INSERT INTO crpm.exchange_rates VALUES ('JPY', current_date, 150) ON CONFLICT DO NOTHING"
    )
    database.execute("UPDATE crpm.stores SET time_zone = 'Asia/Tokyo' WHERE store_id = %s", [BOSTON])
    order = buy(database, (KETTLE, 1), p_currency_code="JPY")
    row = database.execute("SELECT ordered_at FROM crpm.orders WHERE order_id = %s", [order[0]]).fetchone()
    assert row
    at_store = row[0].astimezone(ZoneInfo("Asia/Tokyo"))
    page = open_page(f"{address}&key={BOSTON}-{order[0]}")
    expect(page.locator("#order-page .facts")).to_contain_text(f"{at_store:%Y-%m-%d %H:%M} (Asia/Tokyo)")
    expect(page.locator("#order-page .timeline time").first).to_have_text(f"{at_store:%Y-%m-%d %H:%M}")
    lines = page.locator("#order-lines")
    expect(lines.locator("tbody")).to_contain_text("7,485")
    expect(lines).not_to_contain_text("7,485.00")
    expect(lines.locator("tfoot")).to_contain_text("7,485")
    database.execute("UPDATE crpm.stores SET time_zone = 'UTC' WHERE store_id = %s", [BOSTON])

    gone = open_page(f"{address}&key=2-999999")
    expect(gone.get_by_text("This is not there, or not there any more.")).to_be_visible()
