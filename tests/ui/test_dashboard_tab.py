from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from app.repositories.analytics import Horizon
from app.server import create_app
from app.ui import shell
from app.ui.shell import TabSpec
from app.ui.tabs import dashboard
from tests.browser import OpenPage, serving
from tests.conftest import OwnDatabase
from tests.lending import LentWorkspace
from tests.trade import TODAY, trade


def horizon(today: date, last_on: date | None) -> Horizon:
    return Horizon(
        "Harbour & Hill", "USD", is_demo=False, today=today, first_on=date(2020, 1, 1), last_on=last_on
    )


def test_the_day_shown_is_yesterday_where_there_were_sales() -> None:
    spans = dashboard.spans(horizon(date(2024, 3, 31), date(2024, 3, 31)))
    assert (spans["day"].title, spans["day"].period) == ("Yesterday", "2024-03-30")
    assert (spans["month"].title, spans["month"].period) == ("March to date", "2024-03-01 to 2024-03-31")


def test_the_last_day_with_sales_stands_in_for_yesterday_when_the_data_is_old() -> None:
    spans = dashboard.spans(horizon(date(2024, 3, 31), date(2021, 2, 20)))
    assert spans["day"].period == "2021-02-20"
    assert spans["day"].title == "Saturday, the last day with sales"
    assert spans["month"].period == "2021-02-01 to 2021-02-20"
    assert spans["monthly"].period == "2020-03-01 to 2021-02-20"
    assert spans["daily"].period == "2021-01-22 to 2021-02-20"


def test_the_first_of_a_month_without_sales_yet_shows_the_month_before() -> None:
    spans = dashboard.spans(horizon(date(2024, 3, 1), date(2024, 2, 29)))
    assert (spans["day"].title, spans["month"].period) == ("Yesterday", "2024-02-01 to 2024-02-29")


@pytest.fixture(scope="module")
def workspace() -> LentWorkspace:
    return LentWorkspace()


@pytest.fixture(scope="module")
def address(workspace: LentWorkspace) -> Iterator[str]:
    tab = TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace))
    with serving(lambda: create_app(shell.build([tab], identity="test"))) as served:
        yield served


@pytest.fixture(scope="module")
def page_after_trade(
    shop_of_module: OwnDatabase, workspace: LentWorkspace, address: str, open_page_of_module: OpenPage
) -> Page:
    trade(shop_of_module)
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = '<img src=x onerror=alert(1)>' WHERE customer_id = 3")
        owner.execute("SELECT crpm.adjust_stock(1, 2, 3, 'counted')")
    with workspace.over(shop_of_module):
        page = open_page_of_module(address)
        expect(page.locator("#dashboard-month .kpi-value").first).to_be_visible()
    return page


@pytest.fixture
def page(page_after_trade: Page) -> Page:
    """The dashboard after some trade, read once, on a desk."""
    page_after_trade.bring_to_front()
    page_after_trade.set_viewport_size({"width": 1440, "height": 900})
    return page_after_trade


def test_figures_of_yesterday_and_the_month_are_shown(page: Page) -> None:
    day = page.locator("#dashboard-day")
    expect(day.get_by_role("heading")).to_have_text("Yesterday")
    expect(day).to_contain_text((TODAY - timedelta(days=1)).isoformat())
    expect(day.locator(".kpi-value")).to_have_text(["24.50 USD", "1", "24.50 USD", "1", "0.00 USD"])
    expect(page.locator("#dashboard-month")).to_contain_text(f"{TODAY:%B} to date")


def test_rankings_and_low_stock_name_products_customers_and_stores(page: Page) -> None:
    expect(page.locator("#dashboard-best tbody tr").first).to_contain_text("Garden lamp")
    expect(page.locator("#dashboard-customers tbody")).to_contain_text("Zoë Müller")
    expect(page.locator("#dashboard-stock tbody tr")).to_have_count(1)
    expect(page.locator("#dashboard-stock tbody tr")).to_contain_text("Hamburg")


def test_names_are_shown_as_text(page: Page) -> None:
    expect(page.locator("#dashboard-customers tbody")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#dashboard-customers img")).to_have_count(0)


def test_each_panel_shows_the_sql_behind_it(page: Page) -> None:
    panels = page.locator(".insight")
    expect(panels).to_have_count(7)
    for panel in panels.all():
        panel.locator("summary", has_text="SQL").click()
        expect(panel.locator("pre")).to_contain_text("SELECT")
        expect(panel.locator("p").first).not_to_be_empty()


def test_a_phone_shows_the_figures_in_two_columns(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    places = [card.bounding_box() for card in page.locator("#dashboard-day .kpi").all()]
    assert len({round(place["x"]) for place in places if place}) == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_dashboard_says_where_to_begin_until_it_is_next_read_after_a_first_purchase(
    workspace: LentWorkspace, empty: OwnDatabase, shop: OwnDatabase, address: str, open_page: OpenPage
) -> None:
    with workspace.over(empty):
        page = open_page(address)
        expect(page.get_by_text("Nothing is set up yet")).to_be_visible()
    with workspace.over(shop):
        page.reload()
        expect(page.get_by_text("No sales yet")).to_be_visible()
        with shop.connect() as owner:
            owner.execute(
                "SELECT crpm.record_purchase(2, ARRAY[1]::bigint[], ARRAY[2]::numeric[], gen_random_uuid())"
            )
        page.reload()
        expect(page.locator("#dashboard-month .kpi-value").first).to_have_text("99.80 USD")
