import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.ui.shell import TabSpec
from app.ui.tabs import purchases
from db.pool import Actor, Database
from tests.browser import OpenPage, first_read_held
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, KETTLE, LAMP, ONLINE, buy
from tests.ui.conftest import ServeTabs

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
VIEWER = Actor("test-viewer", "crpm_viewer")


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    url = serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("purchases", "Purchases", partial(purchases.build, workspace))],
    )
    return f"{url}/?tab=purchases"


@pytest.fixture
def database(shop_of_module: OwnDatabase) -> Iterator[psycopg.Connection]:
    with shop_of_module.connect() as connection:
        yield connection


def sell(shop: OwnDatabase, *lines: tuple[int, int], method: str = "cash", **more: Any) -> Any:
    database = Database(shop.app_url, max_size=1)
    with database.transaction(Actor("test-clerk", "crpm_clerk")) as connection:
        order = buy(connection, *lines, p_payment_methods=[method], **more)
    database.close()
    return order


def show_close(page: Page, store: str = "Boston") -> Page:
    """Bring today's close of a store on screen, on a page just opened."""
    expect(page.locator("#till-product input")).to_be_visible()
    page.get_by_role("tab", name="Daily close").click()
    expect(page.locator("#close-head h2")).to_be_visible()
    field = page.locator("#close-store input")
    if field.input_value() != store:
        field.click()
        page.get_by_role("option", name=store, exact=True).click()
    expect(page.locator("#close-head h2")).to_contain_text(store)
    return page


def line(page: Page, method: str) -> Locator:
    return page.locator("#close-table tbody tr").filter(has_text=method)


def closes_at(page: Page, store: str) -> Locator:
    return page.locator("#closes-grid tbody tr").filter(has_text=store)


def assert_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body.dark")).to_have_count(int(scheme == "dark"))
        counted = page.get_by_label("Counted: cash in USD")
        assert 0 < counted.evaluate("(field) => field.getBoundingClientRect().right") < 390
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_day_is_counted_closed_and_corrected(
    shop_of_module: OwnDatabase, database: psycopg.Connection, address: str, open_page: OpenPage
) -> None:
    sell(shop_of_module, (KETTLE, 2))
    sell(shop_of_module, (LAMP, 1), method="card")
    cancelled = sell(shop_of_module, (LAMP, 3))
    database.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
    page = show_close(open_page(address))
    expect(page.locator("#close-head")).to_contain_text("Not closed yet")
    expect(page.locator("#close-head")).to_contain_text(re.compile(r"Sales\s*124\.30.USD in 2"))
    expect(page.locator("#close-head")).to_contain_text(re.compile(r"Cancelled\s*73\.50.USD in 1"))
    expect(line(page, "Cash")).to_contain_text("99.80")

    page.get_by_label("Counted: cash in USD").fill("1,00")
    expect(line(page, "Cash")).to_contain_text("?")
    page.get_by_label("Counted: cash in USD").fill("100")
    expect(line(page, "Cash")).to_contain_text("+0.20")
    close = page.get_by_role("button", name="Close the day")
    close.click()
    expect(page.get_by_text("Type what was counted in USD by card; 0 for nothing.")).to_be_visible()
    page.get_by_label("Counted: card in USD").fill("24.50")
    expect(line(page, "Card")).to_contain_text("0.00")
    close.click()
    expect(page.locator("#close-head")).to_contain_text(re.compile(r"Closed 20.* by local"))
    closes = closes_at(page, "Boston")
    expect(closes).to_have_count(1)
    expect(closes).to_contain_text(
        re.compile(rf"{TODAY}\s*Boston\s*1\s*124\.30.USD\s*124\.50.USD\s*0\.20.USD\s*none")
    )

    expect(page.get_by_label("Counted: cash in USD")).to_have_value("100.00")
    page.get_by_label("Counted: cash in USD").fill("99.80")
    correct = page.get_by_role("button", name="Correct the close")
    correct.click()
    expect(page.get_by_text("Say why the close is corrected.")).to_be_visible()
    page.get_by_label("Why is the close corrected?").fill("counted again")
    correct.click()
    expect(closes).to_have_count(2)
    expect(page.locator("#close-head")).to_contain_text("version 2: counted again")
    rows = database.execute(
        "SELECT version, difference FROM analytics.daily_closes WHERE store_id = %s ORDER BY version",
        [BOSTON],
    ).fetchall()
    assert [(version, str(difference)) for version, difference in rows] == [(1, "0.20"), (2, "0.00")]


def test_sale_that_comes_meanwhile_is_not_closed_over_and_one_that_comes_later_arises_on_a_phone_too(
    shop_of_module: OwnDatabase, database: psycopg.Connection, address: str, open_page: OpenPage
) -> None:
    page = show_close(open_page(address), "Online")
    expect(line(page, "Cash")).to_contain_text("0.00")
    assert_fits_a_phone(page)
    sell(shop_of_module, (LAMP, 2), store=ONLINE)
    page.get_by_label("Counted: cash in USD").fill("0")
    close, look = (page.get_by_role("button", name=name) for name in ("Close the day", "Look again"))
    close.click()
    expect(page.get_by_text(re.compile(r"49\.00 is now expected in USD by cash"))).to_be_visible()
    assert database.execute(
        "SELECT count(*) FROM crpm.daily_closes WHERE store_id = %s", [ONLINE]
    ).fetchone() == (0,)
    look.click()
    expect(line(page, "Cash")).to_contain_text("49.00")
    expect(page.get_by_label("Counted: cash in USD")).to_have_value("0")

    # An answer that comes while a count is typed takes nothing away, the place of the cursor neither.
    with first_read_held(page) as release:
        look.click()
        page.get_by_label("Counted: cash in USD").fill("4")
        before = page.get_by_label("Counted: cash in USD").element_handle()
        release()
        page.wait_for_function("(field) => !field.isConnected", arg=before)
        page.keyboard.type("9")
    close.click()
    expect(page.locator("#close-head")).to_contain_text("Closed 20")
    sell(shop_of_module, (KETTLE, 1), store=ONLINE)
    look.click()
    expect(page.locator("#close-head")).to_contain_text(
        re.compile(r"Arisen since the day was closed: 49\.90.USD by cash\.")
    )
    expect(line(page, "Cash")).to_contain_text(re.compile(r"98\.90\s*49\.90\s*-49\.90"))
    assert_fits_a_phone(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    # The list is read anew whenever it comes on screen.
    page.get_by_role("tab", name="Orders").click()
    page.get_by_role("tab", name="Daily close").click()
    expect(closes_at(page, "Online")).to_contain_text(re.compile(r"0\.00.USD\s*49\.90.USD"))


def test_viewer_reads_the_day_and_closes_nothing(
    shop_of_module: OwnDatabase, address: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop_of_module, (LAMP, 2), p_order_date=YESTERDAY)
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", VIEWER)
    page = show_close(open_page(address))
    day = page.locator("#close-day input, #close-day textarea")
    day.fill(YESTERDAY.isoformat())
    day.press("Enter")
    expect(page.locator("#close-head h2")).to_contain_text(str(YESTERDAY))
    expect(page.locator("#close-head")).to_contain_text(re.compile(r"Sales\s*49\.00.USD in 1"))
    expect(page.get_by_role("button", name="Close the day")).to_be_hidden()
