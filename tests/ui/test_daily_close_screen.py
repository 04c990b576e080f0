import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import gradio as gr
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.ui.shell import TabSpec
from app.ui.tabs import purchases
from app.workspace import Workspace
from db.pool import Actor, Database
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, KETTLE, LAMP, buy
from tests.ui.conftest import ServeTabs

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


class ViewersWorkspace(Workspace):
    """Where everybody is a viewer."""

    def actor(self, request: gr.Request | None) -> Actor:
        return Actor("test-viewer", "crpm_viewer")


@pytest.fixture
def address(shop: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    url = serve_tabs(
        shop, lambda workspace: [TabSpec("purchases", "Purchases", partial(purchases.build, workspace))]
    )
    return f"{url}/?tab=purchases"


@pytest.fixture
def database(shop: OwnDatabase) -> Iterator[psycopg.Connection]:
    with shop.connect() as connection:
        yield connection


def sell(shop: OwnDatabase, *lines: tuple[int, int], method: str = "cash", **more: Any) -> Any:
    database = Database(shop.app_url, max_size=1)
    with database.transaction(Actor("test-clerk", "crpm_clerk")) as connection:
        order = buy(connection, *lines, p_payment_methods=[method], **more)
    database.close()
    return order


def open_close(open_page: OpenPage, address: str, **more: Any) -> Page:
    page = open_page(address, **more)
    expect(page.locator("#till-product input")).to_be_visible()
    page.get_by_role("tab", name="Daily close").click()
    expect(page.locator("#close-head h2")).to_be_visible()
    field = page.locator("#close-store input")
    if field.input_value() != "Boston":
        field.click()
        page.get_by_role("option", name="Boston", exact=True).click()
    expect(page.locator("#close-head h2")).to_contain_text("Boston")
    return page


def line(page: Page, method: str) -> Locator:
    return page.locator("#close-table tbody tr").filter(has_text=method)


def test_day_is_counted_closed_and_corrected(
    shop: OwnDatabase, database: psycopg.Connection, address: str, open_page: OpenPage
) -> None:
    sell(shop, (KETTLE, 2))
    sell(shop, (LAMP, 1), method="card")
    cancelled = sell(shop, (LAMP, 3))
    database.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
    page = open_close(open_page, address)
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
    closes = page.locator("#closes-grid tbody tr")
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
        "SELECT version, difference FROM analytics.daily_closes ORDER BY version"
    ).fetchall()
    assert [(version, str(difference)) for version, difference in rows] == [(1, "0.20"), (2, "0.00")]


def test_sale_that_comes_to_a_closed_day_shows_as_arisen(
    shop: OwnDatabase, database: psycopg.Connection, address: str, open_page: OpenPage
) -> None:
    sell(shop, (LAMP, 2), p_order_date=YESTERDAY)
    database.execute(
        "SELECT crpm.close_day(%s, %s, ARRAY['USD'], ARRAY['cash'], ARRAY[49.00], ARRAY[49.00])",
        [BOSTON, YESTERDAY],
    )
    sell(shop, (KETTLE, 1), p_order_date=YESTERDAY)
    page = open_close(open_page, address)
    expect(page.locator("#closes-grid tbody tr")).to_contain_text(re.compile(r"0\.00.USD\s*49\.90.USD"))
    day = page.locator("#close-day input, #close-day textarea")
    day.fill(YESTERDAY.isoformat())
    day.press("Enter")
    expect(page.locator("#close-head")).to_contain_text(
        re.compile(r"Arisen since the day was closed: 49\.90.USD by cash\.")
    )
    expect(line(page, "Cash")).to_contain_text(re.compile(r"98\.90\s*49\.90\s*-49\.90"))


def test_figures_that_changed_meanwhile_are_not_closed_over(
    shop: OwnDatabase, database: psycopg.Connection, address: str, open_page: OpenPage
) -> None:
    page = open_close(open_page, address)
    expect(line(page, "Cash")).to_contain_text("0.00")
    sell(shop, (LAMP, 2))
    page.get_by_label("Counted: cash in USD").fill("0")
    page.get_by_role("button", name="Close the day").click()
    expect(page.get_by_text(re.compile(r"49\.00 is now expected in USD by cash"))).to_be_visible()
    assert database.execute("SELECT count(*) FROM crpm.daily_closes").fetchone() == (0,)
    page.get_by_role("button", name="Look again").click()
    expect(line(page, "Cash")).to_contain_text("49.00")
    expect(page.get_by_label("Counted: cash in USD")).to_have_value("0")


def test_viewer_reads_the_day_and_closes_nothing(
    shop: OwnDatabase, serve_tabs: ServeTabs, open_page: OpenPage
) -> None:
    sell(shop, (LAMP, 2))

    def tabs(workspace: Workspace) -> list[TabSpec]:
        viewers = ViewersWorkspace(workspace._database)
        return [TabSpec("purchases", "Purchases", partial(purchases.build, viewers))]

    page = open_close(open_page, f"{serve_tabs(shop, tabs)}/?tab=purchases")
    expect(page.locator("#close-head")).to_contain_text(re.compile(r"Sales\s*49\.00.USD in 1"))
    expect(page.get_by_role("button", name="Close the day")).to_be_hidden()


@pytest.mark.parametrize("is_dark", [False, True])
def test_daily_close_fits_a_phone(
    shop: OwnDatabase, address: str, open_page: OpenPage, is_dark: bool
) -> None:
    sell(shop, (KETTLE, 2))
    page = open_close(open_page, address, width=390, height=844, is_dark=is_dark)
    expect(line(page, "Cash")).to_contain_text("99.80")
    box = page.get_by_label("Counted: cash in USD").bounding_box()
    assert box
    assert box["x"] + box["width"] < 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
