import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage

DARK = "rgb(18, 26, 44)"
WHITE = "rgb(255, 255, 255)"
TABS = ("overview", "customers", "till", "states")


def tab(page: Page, name: str) -> None:
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_the_first_tab_is_shown_with_its_data_and_the_head_line(
    open_page: OpenPage, prototype_url: str
) -> None:
    page = open_page(prototype_url)
    tab(page, "Overview")
    expect(page.get_by_text("local \u00b7 admin")).to_be_visible()
    expect(page.get_by_role("link", name="CRPM")).to_be_visible()
    expect(page.locator(".chart svg")).to_have_count(2)
    expect(page.locator("footer")).to_be_hidden()
    expect(page).to_have_title("Overview \u00b7 CRPM")
    expect(page.locator(".kpi").first).to_have_css("background-color", WHITE)
    expect(page.locator(".kpi").first).to_have_css("font-family", re.compile("IBM Plex Sans"))
    assert page.evaluate("document.fonts.check('14px \"IBM Plex Sans\"')")


def test_an_address_names_a_tab_and_a_record_and_switches_and_handlers_write_it(
    open_page: OpenPage, prototype_url: str
) -> None:
    page = open_page(f"{prototype_url}/?tab=customers&key=7")
    customer = page.get_by_role("heading", name="Max Meyer")
    expect(customer).to_be_visible()
    page.get_by_role("tab", name="Purchases").click()
    expect(page).to_have_url(re.compile(r"\?tab=till$"))
    expect(page).to_have_title("Purchases \u00b7 CRPM")
    page.go_back()
    tab(page, "Customers")
    page.get_by_role("tab", name="Purchases").click()
    page.get_by_role("tab", name="Customers").click()
    expect(page).to_have_url(re.compile(r"key=7$"))
    expect(customer).to_be_visible()
    # A handler opens a record of another tab, as often as asked.
    for _ in range(2):
        page.get_by_role("link", name="Back to the list").click()
        expect(page.locator("#customers-grid tbody tr").first).to_be_visible()
        page.get_by_role("tab", name="States").click()
        page.get_by_role("button", name="Open customer 7").click()
        expect(customer).to_be_visible()


@pytest.mark.parametrize("address", ["?tab=__proto__&__theme=dark", "?tab=customers&key=%3Cscript%3E"])
def test_a_made_up_address_shows_a_tab_all_the_same_and_dark_can_be_asked_for(
    open_page: OpenPage, prototype_url: str, address: str
) -> None:
    page = open_page(f"{prototype_url}/{address}")
    expect(page.locator("#modules [role=tab][aria-selected=true]")).to_have_text(
        re.compile("Overview|Customers")
    )
    page.get_by_role("tab", name="Purchases").click()
    is_dark = "dark" in address
    expect(page.locator(".grid").first).to_have_css("background-color", DARK if is_dark else WHITE)
    page.get_by_role("tab", name="States").click()
    expect(page.get_by_text("No loads yet")).to_be_visible()


def test_on_a_phone_no_tab_is_wider_and_the_scheme_is_that_of_the_system(
    open_page: OpenPage, prototype_url: str
) -> None:
    page = open_page(prototype_url, width=390, height=844, is_dark=True)
    expect(page.locator(".kpi").first).to_have_css("background-color", DARK)
    for name in TABS:
        page.locator(f"#{name}-button").click()
        expect(page.locator(f"#{name} :is(.kpi, .grid, .empty)").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#customers-grid th", has_text="E-mail")).to_be_hidden()


def test_the_page_is_asked_for_again_when_the_session_has_ended(
    open_page: OpenPage, prototype_url: str
) -> None:
    page = open_page(f"{prototype_url}/?tab=updates", may_fail=True)
    expect(page.locator("#numbers tr[data-key]")).to_have_count(2)
    page.route("**/gradio_api/run/**", lambda route: route.fulfill(status=401))
    with page.expect_navigation():
        page.get_by_role("button", name="Set", exact=True).click()
