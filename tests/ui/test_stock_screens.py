import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.errors import InputError
from app.ui.shell import TabSpec
from app.ui.tabs import products, stock_booking
from app.ui.tabs.stock_booking import BookingLine
from db.pool import Actor, Database
from tests.browser import OpenPage
from tests.conftest import OwnDatabase, clone
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    KETTLE,
    KNIFE,
    LAMP,
    ONLINE,
    PATH_LIGHT,
    buy,
    ledger_differences,
    on_hand,
)
from tests.ui.conftest import ServeTabs

HOSTILE = "<script>alert(1)</script> ${1+1} {{7*7}} light"
TODAY = datetime.now(UTC).date()


def test_lines_are_read_with_tab_comma_semicolon_or_space() -> None:
    lines, problems = stock_booking.read_lines("KET-1, 1,000\n\n4006381333931;3\nKNI 1\t2\n LAM-1  7 \n")
    assert lines == [
        BookingLine(1, "KET-1", 1000),
        BookingLine(3, "4006381333931", 3),
        BookingLine(4, "KNI 1", 2),
        BookingLine(5, "LAM-1", 7),
    ]
    assert problems == []


def test_every_line_that_cannot_be_read_is_named() -> None:
    lines, problems = stock_booking.read_lines("KET-1\nKNI-1, 0\nLAM-1, some\n, 3\nLAM-2, 4")
    assert [line.code for line in lines] == ["LAM-2"]
    assert [text for _, text in problems] == [
        "Line 1: a SKU or barcode and a quantity are needed, such as KET-1, 12; not KET-1.",
        "Line 2: the quantity is at least 1, not 0.",
        "Line 3: the quantity must be a whole number such as 12, not some.",
        "Line 4: a SKU or barcode and a quantity are needed, such as KET-1, 12; not , 3.",
    ]
    with pytest.raises(InputError, match="at least one line"):
        stock_booking.read_lines(" \n ")


def sell(shop: OwnDatabase, *lines: tuple[int, int], **more: Any) -> None:
    database = Database(shop.app_url, max_size=1)
    with database.transaction(Actor("test-clerk", "crpm_clerk")) as connection:
        buy(connection, *lines, **more)
    database.close()


def serve(shop: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.products SET name = %s WHERE product_id = %s", [HOSTILE, PATH_LIGHT])
    url = serve_tabs(
        shop, lambda workspace: [TabSpec("products", "Products", partial(products.build, workspace))]
    )
    return f"{url}/?tab=products"


@pytest.fixture(scope="module")
def reported(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    """Where stock was opened nine days ago, all but the last has been sold of two products today, and a cost is unknown."""
    address = serve(shop_of_module, serve_tabs)
    with shop_of_module.connect() as owner:
        owner.execute("ALTER TABLE crpm.stock_movements DISABLE TRIGGER tg_stock_movements__refuse")
        owner.execute("UPDATE crpm.stock_movements SET occurred_on = current_date - 9")
        owner.execute("DELETE FROM crpm.product_costs WHERE product_id = %s", [PATH_LIGHT])
    sell(shop_of_module, (KETTLE, 19))
    sell(shop_of_module, (LAMP, 18), store=HAMBURG)
    return address


@pytest.fixture(scope="module")
def worked(server: str, shop_template: str) -> Iterator[OwnDatabase]:
    """The shop where goods are booked and counted: each test has a store or a product of its own."""
    with clone(server, shop_template) as own:
        yield own


@pytest.fixture
def database(worked: OwnDatabase) -> Iterator[psycopg.Connection]:
    with worked.connect() as connection:
        yield connection


def open_stock(open_page: OpenPage, address: str) -> Page:
    page = open_page(address)
    expect(page.locator("#products-grid tbody tr").first).to_be_visible()
    page.get_by_role("tab", name="Stock", exact=True).click()
    expect(page.locator("#stock-reorder-note .notice")).to_be_visible()
    return page


@pytest.fixture(scope="module")
def reports_of_module(reported: str, open_page_of_module: OpenPage) -> Page:
    return open_stock(open_page_of_module, reported)


@pytest.fixture
def reports(reports_of_module: Page) -> Page:
    """One page for all tests that only look; each has a report of its own."""
    reports_of_module.bring_to_front()
    reports_of_module.set_viewport_size({"width": 1440, "height": 900})
    return reports_of_module


@pytest.fixture(scope="module")
def work_of_module(worked: OwnDatabase, serve_tabs: ServeTabs, open_page_of_module: OpenPage) -> Page:
    return open_stock(open_page_of_module, serve(worked, serve_tabs))


@pytest.fixture
def work(work_of_module: Page) -> Page:
    """One page for all tests that book, put back to the screen that begins empty."""
    work_of_module.bring_to_front()
    show(work_of_module, "Receive and transfer")
    return work_of_module


def show(page: Page, screen: str) -> None:
    page.get_by_role("tab", name=screen, exact=True).click()


def rows(page: Page, grid: str) -> Locator:
    return page.locator(f"#{grid} tbody tr")


def choose(page: Page, field: str, option: str) -> None:
    box = page.locator(f"#{field} input")
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(box).to_have_value(option)
    expect(page.get_by_role("option")).to_have_count(0)


def test_reorder_list_says_how_long_stock_lasts_and_what_to_order_and_fits_a_phone(reports: Page) -> None:
    show(reports, "Reorder list")
    grid = rows(reports, "stock-reorder-grid")
    expect(grid).to_have_count(2)
    expect(grid.first).to_contain_text(re.compile(r"KET-1\s*Kettle 1.7 l\s*Boston\s*1\s*5\s*19\s*4\.7\s*11"))
    expect(reports.locator("#stock-reorder-grid tfoot")).to_contain_text(
        re.compile(r"Total\s*2 places\s*3.*17")
    )
    reports.set_viewport_size({"width": 390, "height": 844})
    expect(grid.first).to_be_visible()
    for scheme in ("dark", "light"):
        reports.emulate_media(color_scheme=scheme)
        assert reports.evaluate("document.documentElement.scrollWidth") == 390
    # Every section is there to be scrolled to.
    expect(reports.get_by_role("tab", name="Count").filter(visible=True)).to_have_count(1)
    choose(reports, "stock-reorder-category", "Garden")
    expect(grid).to_have_count(1)
    expect(grid).to_contain_text("Garden lamp")
    choose(reports, "stock-reorder-store", "Boston")
    expect(reports.get_by_text("Nothing to reorder")).to_be_visible()


def test_stock_is_shown_as_it_was_on_a_day(reports: Page) -> None:
    show(reports, "Stock on a day")
    reports.locator("#stock-onday-search input, #stock-onday-search textarea").fill("kettle")
    choose(reports, "stock-onday-store", "Boston")
    grid = rows(reports, "stock-onday-grid")
    expect(grid).to_have_count(1)
    expect(grid).to_contain_text(re.compile(r"Boston\s*1$"))
    day = reports.locator("#stock-onday-day input, #stock-onday-day textarea")
    for typed, pieces in ((TODAY - timedelta(days=1), 20), (TODAY, 1)):
        day.fill(typed.isoformat())
        day.press("Enter")
        expect(reports.locator("#stock-onday-note")).to_contain_text(f"at the end of {typed}")
        expect(grid).to_contain_text(re.compile(rf"Boston\s*{pieces}$"))
    day.fill((TODAY - timedelta(days=10)).isoformat())
    day.press("Enter")
    expect(reports.get_by_text("No stock", exact=True)).to_be_visible()
    day.fill("2199-01-01")
    day.press("Enter")
    expect(reports.get_by_text("2199-01-01 has not come yet")).to_be_visible()


def test_value_names_what_has_no_cost(reports: Page) -> None:
    show(reports, "Value")
    grid = rows(reports, "stock-value-grid")
    expect(grid).to_have_count(6)
    expect(grid.first).to_contain_text(re.compile(r"Boston\s*Garden\s*20\s*0\s*196\.00"))
    expect(grid.nth(2)).to_contain_text(re.compile(r"Hamburg\s*Garden\s*22\s*20\s*19\.60"))
    # 41 kettles at 21.00, 60 knives at 35.50, and 42 lamps at 9.80.
    expect(reports.locator("#stock-value-grid tfoot")).to_contain_text(re.compile(r"183\s*40\s*3,402\.60"))
    expect(reports.locator("#stock-value-note")).to_contain_text(
        f"not in the value: 1. {HOSTILE} (LAM-2): 40."
    )


def test_clerk_sees_what_to_reorder_and_nothing_to_value_or_book(
    reported: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", Actor("test-clerk", "crpm_clerk"))
    page = open_stock(open_page, reported)
    show(page, "Stock on a day")
    expect(rows(page, "stock-onday-grid").first).to_be_visible()
    for hidden in ("Value", "Receive and transfer", "Count"):
        expect(page.get_by_role("tab", name=hidden, exact=True)).to_be_hidden()


def test_goods_of_several_lines_are_booked_whole_or_not_at_all(
    database: psycopg.Connection, work: Page
) -> None:
    choose(work, "booking-store", "Boston")
    lines = work.locator("#booking-lines textarea")
    note = work.locator("#booking-note")
    book = work.get_by_role("button", name="Book all lines")
    lines.fill("KET-1, 12\nNOPE, 1\n4006381333931, 3\nKNI-1, x")
    book.click()
    expect(note).to_contain_text("Nothing was booked.")
    expect(note.locator("li")).to_have_text(
        [
            "Line 2: no product has the SKU or barcode NOPE.",
            "Line 3: Kettle 1.7 l (KET-1) is on line 1 already: put its pieces on one line.",
            "Line 4: the quantity must be a whole number such as 12, not x.",
        ]
    )
    assert on_hand(database, BOSTON, KETTLE) == 20
    work.get_by_label("Document").fill("DN 4711")
    lines.fill("4006381333931, 12\nKNI-1\t3")
    book.click()
    expect(note).to_have_text("Received: 15 pieces of 2 products.")
    expect(lines).to_have_value("")
    assert (on_hand(database, BOSTON, KETTLE), on_hand(database, BOSTON, KNIFE)) == (32, 23)

    choose(work, "booking-action", "Transfer")
    choose(work, "booking-to", "Hamburg")
    lines.fill("KET-1, 33\nKNI-1, 24\nLAM-1, 1")
    book.click()
    expect(note.locator("li")).to_have_text(
        [
            "Line 1: Kettle 1.7 l (KET-1): 32 on hand, 33 asked.",
            "Line 2: Chef's knife (KNI-1): 23 on hand, 24 asked.",
        ]
    )
    lines.fill("KET-1, 2\nLAM-1, 1")
    book.click()
    expect(note).to_have_text("Transferred: 3 pieces of 2 products.")
    assert (on_hand(database, HAMBURG, KETTLE), on_hand(database, HAMBURG, LAMP)) == (22, 21)
    documents = database.execute(
        "SELECT movement_type, count(*) FROM crpm.stock_movements WHERE document = 'DN 4711' GROUP BY movement_type"
    ).fetchall()
    assert documents == [("receipt", 2)]
    assert ledger_differences(database) == []


def test_sheet_is_made_printed_and_typed_back_while_the_store_sells(
    worked: OwnDatabase, database: psycopg.Connection, work: Page
) -> None:
    show(work, "Count")
    choose(work, "counts-store", "Online")
    work.get_by_role("button", name="Make a count sheet").click()
    head, lines = work.locator("#count-head"), work.locator("#count-table tbody tr")
    expect(head).to_contain_text("Online")
    expect(head).to_contain_text(re.compile(r"Count sheet \d+"))
    expect(lines).to_have_count(4)
    expect(lines.first).to_contain_text(HOSTILE)
    expect(work.locator("#count-table th")).to_have_text(["Line", "SKU", "Product", "Counted"])
    assert on_hand(database, ONLINE, KETTLE) == 20
    print_sheet(work)

    sell(worked, (KETTLE, 4), store=ONLINE)
    work.get_by_label("Counted: Kettle 1.7 l").fill("19")
    work.get_by_label("Counted: Chef's knife").fill("some")
    work.get_by_label("Show what the ledger expects").check()
    expect(work.locator("#count-table th")).to_have_text(["Line", "SKU", "Product", "Expected", "Counted"])
    expect(lines.nth(2)).to_contain_text("20")
    expect(work.get_by_label("Counted: Kettle 1.7 l")).to_have_value("19")
    work.get_by_role("button", name="Book the count").click()
    expect(
        work.get_by_text("Line 4: Chef's knife (KNI-1) must be a whole number such as 12, not some.")
    ).to_be_visible()
    work.get_by_label("Counted: Chef's knife").fill("20")
    work.get_by_role("button", name="Book the count").click()
    expect(work.get_by_text("2 counted, 1 differed (-1 pieces), 2 left blank.")).to_be_visible()
    expect(rows(work, "count-result").nth(2)).to_contain_text(re.compile(r"Kettle 1.7 l\s*20\s*19\s*-1"))
    expect(work.get_by_role("button", name="Book the count")).to_be_hidden()
    # One was missing when the sheet was made, and four were sold since.
    assert on_hand(database, ONLINE, KETTLE) == 15
    assert ledger_differences(database) == []


def print_sheet(page: Page) -> None:
    page.evaluate("window.print = () => { window.printedAs = document.body.className; }")
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("window.printedAs?.includes('printing-sheet')")
    page.emulate_media(media="print")
    expect(page.locator("#count-table tbody tr").first).to_be_visible()
    expect(page.locator("#counts-make")).to_be_hidden()
    expect(page.get_by_role("tab", name="Reorder list")).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_second_person_typing_the_same_sheet_is_told(database: psycopg.Connection, work: Page) -> None:
    # Of the kitchen at Hamburg: kettles are on its first line, knives on the second.
    made = database.execute("SELECT crpm.make_count_sheet(%s, 1)", [HAMBURG]).fetchone()
    assert made
    show(work, "Count")
    rows(work, "counts-grid").filter(has_text="Hamburg").first.click()
    work.get_by_label("Counted: Chef's knife").fill("19")
    database.execute("SELECT crpm.record_count(%s, ARRAY[2], ARRAY[18]::numeric[])", [made[0]])
    work.get_by_role("button", name="Book the count").click()
    expect(
        work.get_by_text(re.compile(f"Count sheet {made[0]} was typed back by .* already"))
    ).to_be_visible()
    assert on_hand(database, HAMBURG, KNIFE) == 18
