import re
from collections.abc import Iterator
from inspect import isfunction

import pytest
from playwright.sync_api import Page, expect

from app.documents.routes import router
from app.server import create_app
from app.start import Loads
from app.ui import shell
from app.ui.page import tabs
from tests.browser import OpenPage, serving, within_event_loop
from tests.conftest import OwnDatabase
from tests.lending import LentWorkspace
from tests.rules.purchasing import HAMBURG, KNIFE
from tests.trade import trade
from tests.ui.hostile import NAME, SHORT, hostile_trade
from tests.ui.test_accessibility import RECORDS, SCREENS

TABS = {
    "Dashboard": "#dashboard-month .kpi-value",
    "Customers": "#customers tr[data-key]",
    "Products": "#products tr[data-key]",
    "Purchases": "#till-product input",
    "Analytics": "#analytics .kpi-value",
    "SQL": "#console-schema summary",
    "Data": "#data-heading h2",
    "Settings": "#stores-grid td",
    "Audit": "#audit-grid td",
}


def whole_app(workspace: LentWorkspace) -> list[shell.TabSpec]:
    return tabs(workspace, Loads("no files are loaded here"), workspace.console)


@pytest.fixture(scope="module")
def workspace() -> LentWorkspace:
    return LentWorkspace()


@pytest.fixture(scope="module")
def address(workspace: LentWorkspace) -> Iterator[str]:
    documents = router(workspace)
    with serving(lambda: create_app(shell.build(whole_app(workspace)), documents=documents)) as served:
        yield served


@pytest.fixture(scope="module")
def traded(shop_of_module: OwnDatabase) -> OwnDatabase:
    trade(shop_of_module)
    with shop_of_module.connect() as owner:
        owner.execute("SELECT crpm.adjust_stock(%s, %s, 3, 'counted')", [HAMBURG, KNIFE])
    return shop_of_module


@pytest.fixture
def address_of_traded(workspace: LentWorkspace, traded: OwnDatabase, address: str) -> Iterator[str]:
    with workspace.over(traded):
        yield address


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


def test_page_is_described_by_plain_data() -> None:
    """Gradio copies the description for every visitor, with all that hangs on an object it finds there."""
    page = within_event_loop(lambda: shell.build(whole_app(LentWorkspace())))
    assert list(live_objects(page.config)) == []


def test_no_component_is_told_of_every_answer() -> None:
    """Gradio tells of each answer all components that show loading, wherever they are, which took a second in the end."""
    page = within_event_loop(lambda: shell.build(whole_app(LentWorkspace())))
    told = [
        answer.outputs if answer.show_progress_on is None else answer.show_progress_on
        for answer in page.fns.values()
    ]
    assert len(told) > 100
    assert {type(component).__name__ for components in told for component in components} <= {"State"}


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.locator(TABS[name]).first).to_be_visible()


def record_purchase(page: Page) -> str:
    """A garden lamp for Zoë Müller; the number of the order."""
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
    return number[0]


def test_every_tab_fits_a_phone_and_a_desk_and_a_purchase_is_in_the_next_read_of_every_figure(
    address_of_traded: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address_of_traded}/?tab=audit", width=390, is_dark=True)
    expect(page.get_by_role("tab", name="Audit")).to_be_in_viewport(ratio=1)
    moved = (
        "[...document.querySelectorAll('*')].filter((node) => node.scrollLeft).map((node) => node.className)"
    )
    assert all("tab-container" in name for name in page.evaluate(moved))
    for name in TABS:
        open_tab(page, name)
        for width in (390, 1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
    page.set_viewport_size({"width": 1440, "height": 900})
    revenue = page.locator("#dashboard-month .kpi-value").first
    before = revenue.text_content() or ""
    sold = page.locator("#analytics .kpi-value").first
    sold_before = sold.text_content() or ""
    open_tab(page, "Purchases")
    number = record_purchase(page)
    open_tab(page, "Dashboard")
    expect(revenue).not_to_have_text(before)
    page.locator("#dashboard-stock header").get_by_role("link", name="1 product").click()
    expect(page.locator("#products-grid tr[data-key]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?tab=products&stock=low$"))
    open_tab(page, "Customers")
    page.locator("#customers tr[data-key]", has_text="Zoë Müller").click()
    expect(page.get_by_text(number, exact=True)).to_be_visible()

    open_tab(page, "Audit")
    page.locator("#audit-who input").fill("local")
    page.keyboard.press("Enter")
    expect(page.locator("#audit-grid tbody tr").first).to_contain_text(f"Order {number}")
    page.locator("#audit-grid").get_by_role("link", name=number).click()
    expect(page.locator("#order-page")).to_contain_text(number)

    open_tab(page, "Analytics")
    expect(sold).not_to_have_text(sold_before)
    panel = page.locator("#analytics-sales_over_time")
    panel.get_by_label("SQL of Revenue over time").click()
    panel.get_by_role("link", name="Open in console").click()
    expect(page.locator("#console-editor .cm-content")).to_contain_text("analytics.sales_of_days")
    page.locator("#console-run").click()
    expect(page.locator("#console-result th").first).to_have_text("starts_on")


# What is on the page to read: words, and what its fields hold.
READ = """[document.querySelector('#modules').innerText, ...[...document.querySelectorAll(':is(input, textarea)')]
    .filter((field) => field.checkVisibility()).map((field) => field.value)].join(' ')"""
WITHOUT_NAMES = {"SQL", "Receive and transfer", "Count", "Exchange rates", "Users"}


def test_names_are_text_and_keep_every_screen_in_its_width(
    workspace: LentWorkspace, address: str, shop: OwnDatabase, open_page: OpenPage
) -> None:
    orders = hostile_trade(shop)
    with workspace.over(shop):
        page = open_page(address, width=390)

        def look(screen: str, sign: str) -> None:
            expect(page.locator(sign).filter(visible=True).first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == 390, screen
            assert page.locator("img[src=x]").count() == 0, screen
            assert SHORT in page.evaluate(READ) or screen in WITHOUT_NAMES, screen

        for names, sign in (SCREENS | {("SQL", "Saved"): "#console-saved td"}).items():
            for name in names:
                page.get_by_role("tab", name=name, exact=True).locator("visible=true").last.click()
            look(names[-1], sign)
        for record, sign in (
            RECORDS | {f"purchases&key={key}": f"#order-page h2:has-text('S{key}')" for key in orders}
        ).items():
            page.evaluate("([tab, key]) => crpm.open(tab, key)", record.split("&key="))
            look(record, sign)
        for key in orders:
            page.goto(f"{address}/receipts/{key}")
            assert NAME in page.inner_text("body")
        assert page.evaluate("window.pwned") is None


def test_first_page_of_an_empty_database_is_its_setup(
    workspace: LentWorkspace, address: str, empty: OwnDatabase, open_page: OpenPage
) -> None:
    with workspace.over(empty):
        page = open_page(address)
        expect(page.get_by_role("heading", name="Set up your company")).to_be_visible()
