import logging

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import OpenPage, first_read_held
from tests.ui_kit.prototype import HOSTILE, SEARCH_GATE


@pytest.fixture
def till(open_page: OpenPage, prototype_url: str) -> Page:
    page = open_page(f"{prototype_url}/?tab=till")
    expect(page.get_by_text("No lines yet")).to_be_visible()
    return page


def product(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Product")


def customer(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Customer")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def lines(page: Page) -> Locator:
    return page.locator("#lines tbody tr")


def test_lines_are_picked_by_keyboard_mouse_and_scanner_and_a_save_returns_to_an_empty_form(
    till: Page,
) -> None:
    record = till.get_by_role("button", name="Record purchase")
    record.click()
    expect(till.get_by_text("A purchase needs at least one line.")).to_be_visible()
    customer(till).press_sequentially("kovacs")
    options(till).first.click()
    expect(customer(till)).to_have_value("Ana Kovacs")
    # The keyboard.
    product(till).press_sequentially("black cam")
    expect(options(till).first).to_have_attribute("aria-selected", "true")
    till.keyboard.press("ArrowDown")
    second = options(till).nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(product(till)).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "none")
    name = second.locator("bdi").inner_text()
    till.keyboard.press("Enter")
    expect(lines(till)).to_contain_text([name])
    # The mouse.
    product(till).press_sequentially("black cam")
    options(till).filter(has_text="Black Camera 105").click()
    expect(lines(till)).to_contain_text([name, "Black Camera 105"])
    expect(product(till)).to_have_value("")
    expect(product(till)).to_be_focused()
    expect(product(till)).to_have_attribute("aria-expanded", "false")
    # A scanner presses Enter right after the last character.
    for sku in ("SKU-012", "SKU-013"):
        till.keyboard.insert_text(sku)
        till.keyboard.press("Enter")
        expect(lines(till).last).to_contain_text(sku)
        expect(product(till)).to_have_value("")
    expect(lines(till)).to_have_count(4)
    record.click()
    expect(till.get_by_text("Recorded 4 lines for 2.")).to_be_visible()
    expect(customer(till)).to_have_value("")
    expect(product(till)).to_be_focused()


def test_what_was_typed_but_not_picked_is_no_choice_and_a_failing_search_is_said(
    till: Page, caplog: pytest.LogCaptureFixture
) -> None:
    customer(till).fill("no such person")
    expect(till.get_by_text("Nothing found.")).to_be_visible()
    with caplog.at_level(logging.ERROR):
        customer(till).fill("fail")
        expect(till.get_by_text("Search failed. Try again.")).to_be_visible()
    assert "Search of the picker 'Customer' failed" in caplog.text
    customer(till).fill("kovacs")
    expect(options(till).first).to_contain_text("Kovacs")
    options(till).first.click()
    customer(till).fill("somebody else")
    customer(till).press("Tab")
    expect(customer(till)).to_have_value("Ana Kovacs")
    customer(till).fill("nova")
    expect(options(till).first).to_be_visible()
    till.keyboard.press("Escape")
    expect(customer(till)).to_have_value("Ana Kovacs")
    expect(till.get_by_role("listbox")).to_be_hidden()
    till.locator("#customer").get_by_role("button", name="Clear").click()
    expect(customer(till)).to_have_value("")
    expect(customer(till)).to_be_focused()


def test_a_late_answer_replaces_neither_a_newer_one_nor_what_is_typed_and_hostile_labels_are_text(
    till: Page,
) -> None:
    SEARCH_GATE.clear()
    try:
        with till.expect_response(lambda answer: "slow" in (answer.request.post_data or "")) as late:
            product(till).fill("slow")
            with till.expect_response(lambda answer: "camera" in (answer.request.post_data or "")):
                with till.expect_request(lambda request: "slow" in (request.post_data or "")):
                    pass
                product(till).fill("camera")
            expect(options(till).first).to_contain_text("Camera")
            SEARCH_GATE.set()
        late.value.finished()
    finally:
        SEARCH_GATE.set()
    expect(options(till).first).to_contain_text("Camera")
    product(till).fill("SKU-X")
    expect(options(till)).to_have_count(len(HOSTILE))
    for place, text in enumerate(HOSTILE):
        expect(options(till).nth(place).locator("bdi")).to_have_text(text)
    options(till).first.click()
    expect(lines(till).first).to_contain_text("<script>")
    assert till.evaluate("window.pwned") is None
    # The answer to a pick empties the field, but for what has been typed since.
    with first_read_held(till) as release:
        product(till).fill("SKU-012")
        till.keyboard.press("Enter")
        expect(product(till)).not_to_have_value("SKU-012")
        till.keyboard.type("black cam")
        release()
    expect(lines(till)).to_have_count(2)
    expect(product(till)).to_have_value("black cam")
    expect(options(till).first).to_contain_text("Black Camera")


def test_a_grid_and_a_picker_can_be_hidden_shown_filled_and_limited_by_a_handler(
    open_page: OpenPage, prototype_url: str
) -> None:
    page = open_page(f"{prototype_url}/?tab=updates")
    zone, said = page.get_by_role("combobox", name="Zone"), page.get_by_label("Said")
    numbers = page.locator("#numbers tr[data-key]")

    def press(label: str) -> None:
        page.get_by_role("button", name=label, exact=True).click()

    numbers.nth(1).click()
    expect(said).to_have_value("opened 2")
    press("Set")
    expect(zone).to_have_value("Nine")
    press("Hide")
    expect(numbers).to_have_count(0)
    expect(zone).to_be_hidden()
    press("Show")
    expect(zone).to_have_value("Nine")
    numbers.click()
    expect(said).to_have_value("opened 5")
    # A search within what the tab has set; emptying the field is said too.
    press("Limit")
    expect(zone).to_have_value("")
    zone.click()
    page.get_by_role("option", name="One north").click()
    expect(said).to_have_value("picked 1")
    zone.fill("")
    zone.press("Tab")
    expect(said).to_have_value("cleared None")
