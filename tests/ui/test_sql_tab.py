from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.console import SqlConsole
from app.ui.shell import TabSpec
from app.ui.tabs import sql_console
from db.console import Console
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.ui.conftest import ServeTabs

NAUGHTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> Iterator[str]:
    console = Console(shop_of_module.console_url)
    yield serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("sql", "SQL", partial(sql_console.build, workspace, SqlConsole(console)))],
    )
    console.close()


def type_query(page: Page, text: str) -> None:
    page.locator("#console-editor .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def test_a_query_is_typed_run_drawn_saved_and_cancelled(address: str, open_page: OpenPage) -> None:
    page = open_page(address, width=1280)
    result = page.locator("#console-result")
    expect(page.locator("#console-schema summary").first).to_be_visible()
    type_query(page, f"SELECT generate_series(1, 3) AS n, 2.50 AS price, '{NAUGHTY}' AS text, NULL AS none")
    page.keyboard.press("Control+Enter")
    expect(result.locator("tbody tr")).to_have_count(3)
    expect(result.get_by_text(NAUGHTY).first).to_be_visible()
    expect(page.locator("#console-note")).to_contain_text("3 rows in")

    download = page.locator("#console-note a")
    written = httpx.get(f"{address}/{download.get_attribute('href')}").text
    assert written.splitlines()[0].endswith("n,price,text,none")
    assert written.splitlines()[-1] == f"3,2.50,{NAUGHTY},"

    page.get_by_label("Bars").check()
    expect(page.locator("#console-bars canvas, #console-bars svg").first).to_be_visible()

    page.locator("#console-explain").click()
    expect(result.locator("pre")).to_contain_text("rows=3")
    expect(page.locator("#console-bars")).to_be_hidden()

    type_query(page, "SELECT *\nFROM crpm.customer")
    page.keyboard.press("Control+Enter")
    expect(result.get_by_role("alert")).to_contain_text("Line 2, column 6")

    # Names from the schema go where the cursor is.
    type_query(page, "SELECT count(*) FROM ")
    page.locator("#console-schema summary", has_text="crpm.order_lines").click()
    page.get_by_role("button", name="Write crpm.order_lines").click()
    page.locator("#console-run").click()
    expect(result.locator("tbody td")).to_have_text("0")

    page.get_by_role("tab", name="Saved").click()
    page.get_by_label("Name", exact=True).fill("Lines")
    page.locator("#console-save").click()
    expect(page.locator("#console-saved tbody tr")).to_contain_text("Lines")

    page.get_by_role("tab", name="History").click()
    expect(page.locator("#console-runs tbody tr").first).to_contain_text("1 rows")
    page.locator("#console-runs tbody tr", has_text="generate_series").click()
    expect(page.locator("#console-editor .cm-content")).to_contain_text("generate_series")
    page.get_by_role("tab", name="Saved").click()
    page.locator("#console-saved tbody tr").click()
    expect(page.locator("#console-editor .cm-content")).to_contain_text("crpm.order_lines")

    type_query(page, "SELECT count(*) FROM generate_series(1, 1000000000000)")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#console-note")).to_contain_text("Running")
    # The first click may come before the statement is on its way.
    while not result.get_by_role("alert").is_visible():
        page.locator("#console-cancel").click()
    expect(result.get_by_role("alert")).to_contain_text("Cancelled")

    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_link_brings_its_statement_and_runs_nothing(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/?tab=sql&key=SELECT%2042%0AAS%20answer")
    expect(page.locator("#console-editor .cm-content")).to_contain_text("AS answer")
    expect(page.locator("#console-result")).to_contain_text("No result yet")
