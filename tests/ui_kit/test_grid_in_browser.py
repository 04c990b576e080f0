import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import OpenPage
from tests.ui_kit.prototype import HOSTILE


@pytest.fixture
def customers(open_page: OpenPage, prototype_url: str) -> Page:
    page = open_page(f"{prototype_url}/?tab=customers")
    expect(rows(page).first).to_contain_text("Max Petrov")
    return page


def rows(page: Page) -> Locator:
    return page.locator("#customers-grid tbody tr")


def header(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name)


def test_figures_sort_both_ways_pages_turn_and_a_search_begins_at_the_first(customers: Page) -> None:
    figure = rows(customers).first.locator("td").nth(6)
    expect(figure).to_have_css("text-align", "right")
    expect(figure).to_have_css("font-variant-numeric", "tabular-nums")
    expect(header(customers, "ID")).to_have_attribute("aria-sort", "ascending")
    header(customers, "Revenue").get_by_role("button").click()
    expect(header(customers, "Revenue")).to_have_attribute("aria-sort", "descending")
    expect(header(customers, "ID")).to_have_attribute("aria-sort", "none")
    expect(rows(customers).first).to_contain_text("9,9")
    header(customers, "Revenue").get_by_role("button").press("Enter")
    expect(header(customers, "Revenue")).to_have_attribute("aria-sort", "ascending")
    # Pages turn, and a search begins at the first one or says what to do.
    pager = customers.get_by_role("navigation", name="Pages")
    expect(pager).to_contain_text("1-25 of 4,012")
    expect(pager.get_by_role("button", name="Previous page")).to_be_disabled()
    pager.get_by_role("button", name="Next page").click()
    expect(pager).to_contain_text("26-50 of 4,012")
    pager.get_by_role("button", name="Last page").click()
    expect(pager).to_contain_text("4,001-4,012 of 4,012")
    expect(rows(customers)).to_have_count(12)
    customers.get_by_placeholder("Search name").fill("customer400")
    expect(pager).to_contain_text("1-11 of 11")
    customers.get_by_placeholder("Search name").fill("nobody at all")
    expect(customers.get_by_text("Change the search, or add a customer.")).to_be_visible()


def test_a_late_answer_does_not_undo_what_a_later_question_has_shown(customers: Page) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    customers.route("**/gradio_api/run/**", hold_the_first)
    search = customers.get_by_placeholder("Search name")
    with customers.expect_request("**/gradio_api/run/**"):
        header(customers, "Revenue").get_by_role("button").click()
    search.fill("customer400")
    expect(rows(customers)).to_have_count(11)
    customers.evaluate(
        """() => {
            const grid = document.querySelector('#customers-grid');
            const count = () => window.counts.push(grid.querySelectorAll('tbody tr').length);
            window.counts = [];
            new MutationObserver(count).observe(grid, { childList: true, subtree: true });
        }"""
    )
    with customers.expect_response("**/gradio_api/run/**"):
        held[0].continue_()
    # The next question is answered after it: what was shown until then includes it.
    search.fill("customer4000")
    expect(rows(customers)).to_have_count(1)
    assert 25 not in customers.evaluate("window.counts")


def test_the_keyboard_walks_the_rows_turns_pages_opens_and_is_not_lost(customers: Page) -> None:
    rows(customers).first.focus()
    for key, place in (
        ("ArrowDown", 1),
        ("ArrowDown", 2),
        ("ArrowUp", 1),
        ("End", 24),
        ("ArrowDown", 24),
        ("Home", 0),
    ):
        customers.keyboard.press(key)
        expect(rows(customers).nth(place)).to_be_focused()
    customers.keyboard.press("End")
    customers.keyboard.press("PageDown")
    expect(rows(customers).first).to_contain_text("customer26@")
    expect(rows(customers).nth(24)).to_be_focused()
    customers.keyboard.press("Enter")
    expect(customers.get_by_text("Customer 50", exact=True)).to_be_visible()
    # Where a page is shorter it stays in the last row.
    customers.get_by_role("link", name="Back to the list").click()
    customers.get_by_role("button", name="Last page").click()
    expect(rows(customers)).to_have_count(12)
    customers.get_by_role("button", name="Previous page").click()
    expect(rows(customers)).to_have_count(25)
    rows(customers).last.focus()
    customers.keyboard.press("PageDown")
    expect(rows(customers)).to_have_count(12)
    expect(rows(customers).last).to_be_focused()


def test_a_row_opens_its_record_a_link_in_it_the_other_tab_and_hostile_values_are_text(
    customers: Page,
) -> None:
    rows(customers).first.get_by_role("link").click()
    expect(customers.get_by_text("Store 2", exact=True)).to_be_visible()
    expect(customers.get_by_role("tab", name="Purchases")).to_have_attribute("aria-selected", "true")
    customers.get_by_role("tab", name="Customers").click()
    rows(customers).nth(6).click()
    expect(customers.get_by_role("heading", name="Max Meyer")).to_be_visible()
    expect(customers).to_have_url(re.compile(r"tab=customers&key=7$"))
    customers.go_back()
    expect(rows(customers).first).to_be_visible()
    customers.go_forward()
    customers.get_by_role("link", name="Back to the list").click()
    expect(rows(customers).first).to_be_visible()
    expect(customers).to_have_url(re.compile(r"tab=customers$"))
    # Hostile values are shown as text, in the list and on the record.
    customers.get_by_role("button", name="Next page").click()
    for place, text in enumerate(HOSTILE):
        name = rows(customers).nth(15 + place).locator("td").nth(1)
        expect(name).to_contain_text(text[:60])
        expect(name.locator("script, img")).to_have_count(0)
    rows(customers).nth(15).click()
    expect(customers.get_by_role("heading", name="<script>")).to_be_visible()
    assert customers.evaluate("window.pwned") is None
