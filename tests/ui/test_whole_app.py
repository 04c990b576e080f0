import re
from collections.abc import Iterator
from inspect import isfunction

import pytest
from playwright.sync_api import Page, expect

from app.start import Loads
from app.ui import shell
from app.ui.page import tabs
from app.workspace import Workspace
from db.pool import Database
from tests.browser import OpenPage, within_event_loop
from tests.conftest import OwnDatabase
from tests.trade import trade
from tests.ui.conftest import ServeTabs

TABS = {
    "Dashboard": "#dashboard-month .kpi-value",
    "Customers": "#customers tr[data-key]",
    "Products": "#products tr[data-key]",
    "Purchases": "#till-product input",
    "Analytics": "#analytics .kpi-value",
    "Data": "#data-heading h2",
}


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    trade(shop_of_module)
    loads = Loads(shop_of_module.owner_url)
    return serve_tabs(shop_of_module, lambda workspace: tabs(workspace, loads))


def live_objects(value: object, path: str = "") -> Iterator[str]:
    """Where in a description of a page there is anything that is no plain data."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from live_objects(part, f"{path}.{name}")
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from live_objects(part, path)
    elif value is not None and not isinstance(value, str | int | float) and not isfunction(value):
        yield f"{path}: {type(value).__name__}"


def test_page_is_described_by_plain_data(shop_of_module: OwnDatabase) -> None:
    """Gradio copies the description for every visitor, with all that hangs on an object it finds there."""
    database = Database(shop_of_module.app_url, max_size=1)
    try:
        whole = tabs(Workspace(database), Loads(shop_of_module.owner_url))
        page = within_event_loop(lambda: shell.build(whole))
    finally:
        database.close()
    assert list(live_objects(page.config)) == []


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.locator(TABS[name]).first).to_be_visible()


@pytest.mark.parametrize(("width", "is_dark"), [(1440, False), (390, True)])
def test_every_tab_opens_without_an_error_and_fits(
    address: str, open_page: OpenPage, width: int, is_dark: bool
) -> None:
    page = open_page(address, width=width, is_dark=is_dark)
    for name in TABS:
        open_tab(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(page.get_by_text("Something went wrong")).to_have_count(0)


def test_a_purchase_is_in_the_next_read_of_every_figure(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    revenue = page.locator("#dashboard-month .kpi-value").first
    expect(revenue).to_be_visible()
    before = revenue.inner_text()
    open_tab(page, "Purchases")
    page.locator("#till-customer input").fill("muller")
    page.get_by_role("option", name=re.compile("Zoë Müller")).click()
    page.locator("#till-product input").focus()
    page.keyboard.type("LAM-1")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Quantity of Garden lamp")).to_have_value("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#till-note")).to_contain_text("Recorded")
    number = re.search(r"S\d+-\d+", page.locator("#till-note").inner_text())
    assert number
    open_tab(page, "Dashboard")
    expect(revenue).not_to_have_text(before)
    open_tab(page, "Customers")
    page.locator("#customers tr[data-key]", has_text="Zoë Müller").click()
    expect(page.get_by_text(number[0], exact=True)).to_be_visible()


def test_first_page_of_an_empty_database_is_its_setup(
    empty: OwnDatabase, serve_tabs: ServeTabs, open_page: OpenPage
) -> None:
    loads = Loads(empty.owner_url)
    page = open_page(serve_tabs(empty, lambda workspace: tabs(workspace, loads)))
    expect(page.get_by_role("heading", name="Set up your company")).to_be_visible()
