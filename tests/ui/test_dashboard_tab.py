from datetime import date, timedelta
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from app.repositories.analytics import Horizon
from app.ui.shell import TabSpec
from app.ui.tabs import dashboard
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.trade import TODAY, trade
from tests.ui.conftest import ServeTabs


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
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    trade(shop_of_module)
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.customers SET name = '<img src=x onerror=alert(1)>' WHERE customer_id = 3")
        owner.execute("SELECT crpm.adjust_stock(1, 2, 3, 'counted')")
    return serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace))],
    )


@pytest.fixture
def page(address: str, open_page: OpenPage) -> Page:
    page = open_page(address)
    expect(page.locator("#dashboard-month .kpi-value").first).to_be_visible()
    return page


def test_figures_of_yesterday_and_the_month_are_shown(page: Page) -> None:
    day = page.locator("#dashboard-day")
    expect(day.get_by_role("heading")).to_have_text("Yesterday")
    expect(day).to_contain_text((TODAY - timedelta(days=1)).isoformat())
    expect(day.locator(".kpi-value")).to_have_text(["24.50 USD", "1", "24.50 USD", "1"])
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


def test_a_phone_shows_the_figures_in_two_columns(address: str, open_page: OpenPage) -> None:
    page = open_page(address, width=390, height=844)
    cards = page.locator("#dashboard-day .kpi")
    expect(cards.first).to_be_visible()
    places = [card.bounding_box() for card in cards.all()]
    assert len({round(place["x"]) for place in places if place}) == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_purchase_is_in_the_figures_when_the_tab_is_next_shown(
    shop: OwnDatabase, serve_tabs: ServeTabs, open_page: OpenPage
) -> None:
    tabs = serve_tabs(
        shop, lambda workspace: [TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace))]
    )
    page = open_page(tabs)
    expect(page.get_by_text("No sales yet")).to_be_visible()
    with shop.connect() as owner:
        owner.execute(
            "SELECT crpm.record_purchase(2, ARRAY[1]::bigint[], ARRAY[2]::numeric[], gen_random_uuid())"
        )
    page.reload()
    expect(page.locator("#dashboard-month .kpi-value").first).to_have_text("99.80 USD")


def test_before_the_company_is_set_up_the_dashboard_says_where_to_begin(
    empty: OwnDatabase, serve_tabs: ServeTabs, open_page: OpenPage
) -> None:
    tabs = serve_tabs(
        empty, lambda workspace: [TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace))]
    )
    expect(open_page(tabs).get_by_text("Nothing is set up yet")).to_be_visible()
