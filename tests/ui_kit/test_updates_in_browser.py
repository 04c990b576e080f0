from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import Page, expect

from app.server import create_app
from app.ui import shell
from app.ui.grid import Column, Grid
from app.ui.picker import Picker, PickerOption
from tests.browser import OpenPage, serving


def build(context: shell.TabContext) -> None:
    grid = Grid([Column("number", "Number", "integer")], label="Numbers", row_key="number")
    picker = Picker(label="Zone", search=lambda query: [PickerOption("1", f"One {query.scope}")])
    said = gr.Textbox("", label="Said")

    def wire(label: str, handler: Any, outputs: Any) -> None:
        gr.Button(label).click(handler, outputs=outputs, **shell.READ)

    def show() -> tuple[Any, Any]:
        return gr.update(visible=True, value=grid.table([{"number": 5}])), gr.update(visible=True)

    def opened(event: gr.EventData) -> str:
        return f"opened {event.key}"

    wire("Hide", lambda: (gr.update(visible=False), gr.update(visible=False)), [grid, picker])
    wire("Show", show, [grid, picker])
    wire("Set", lambda: PickerOption("9", "Nine"), picker)
    wire("Limit", lambda: picker.show(scope="north"), picker)
    picker.picked(lambda value: f"picked {value}", picker, said, **shell.READ)
    picker.cleared(lambda value: f"cleared {value}", picker, said, **shell.READ)
    grid.opened(opened, None, said, **shell.READ)
    context.on_select(lambda: grid.table([{"number": 1}, {"number": 2}]), outputs=grid)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(lambda: create_app(shell.build([shell.TabSpec("zones", "Zones", build)]))) as address:
        yield address


@pytest.fixture
def page(open_page: OpenPage, url: str) -> Page:
    page = open_page(url)
    expect(page.locator("tr[data-key]")).to_have_count(2)
    return page


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def test_a_grid_and_a_picker_can_be_hidden_shown_and_filled_by_a_handler(page: Page) -> None:
    zone, said = page.get_by_role("combobox", name="Zone"), page.get_by_label("Said")
    page.locator("tr[data-key]").nth(1).click()
    expect(said).to_have_value("opened 2")
    press(page, "Set")
    expect(zone).to_have_value("Nine")
    press(page, "Hide")
    expect(page.locator("tr[data-key]")).to_have_count(0)
    expect(zone).to_be_hidden()
    press(page, "Show")
    expect(zone).to_have_value("Nine")
    page.locator("tr[data-key]").click()
    expect(said).to_have_value("opened 5")


def test_a_picker_searches_within_what_its_tab_has_set_and_says_when_it_is_cleared(page: Page) -> None:
    zone, said = page.get_by_role("combobox", name="Zone"), page.get_by_label("Said")
    press(page, "Limit")
    zone.click()
    page.get_by_role("option", name="One north").click()
    expect(said).to_have_value("picked 1")
    zone.fill("")
    zone.press("Tab")
    expect(said).to_have_value("cleared None")


def test_the_page_is_asked_for_again_when_the_session_has_ended(open_page: OpenPage, url: str) -> None:
    page = open_page(url, may_fail=True)
    expect(page.locator("tr[data-key]")).to_have_count(2)
    page.route("**/gradio_api/run/**", lambda route: route.fulfill(status=401))
    with page.expect_navigation():
        press(page, "Set")
