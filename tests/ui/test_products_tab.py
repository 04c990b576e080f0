import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import gradio as gr
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.errors import InputError
from app.ui.shell import TabSpec
from app.ui.tabs import products, products_input
from app.ui.tabs.products_input import Opened
from app.workspace import Workspace
from db.pool import Actor
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    KETTLE,
    KNIFE,
    LAMP,
    PATH_LIGHT,
    ledger_differences,
    on_hand,
)
from tests.ui.conftest import ServeTabs

HOSTILE = "<script>alert(1)</script> ${1+1} {{7*7}} O'Brien; DROP TABLE"


class ClerksWorkspace(Workspace):
    """Where everybody is a clerk."""

    def actor(self, request: gr.Request | None) -> Actor:
        return Actor("test-clerk", "crpm_clerk")


TYPED = dict.fromkeys(products_input.LABELS, "") | {
    "name": "  Tea \n pot ",
    "category": "Tea",
    "subcategory": "Pots",
    "tax_class": "Standard",
    "unit_price": "1,299.00",
}
NEW = Opened(None, None, "USD")


def test_typed_product_is_read_strictly() -> None:
    read = products_input.product(TYPED | {"reorder_point": "1,000", "barcodes": "1\n2, 1;3"}, NEW)
    assert (read.name, read.sku, read.new_price, read.new_cost) == ("Tea pot", None, Decimal("1299.00"), None)
    assert (read.reorder_point, read.barcodes) == (1000, ["1", "2", "3"])


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("unit_price", "12,50", "Price must be an amount such as 1,299.00, not 12,50."),
        ("unit_price", "-1", "Price must be an amount such as 1,299.00, not -1."),
        ("unit_price", "NaN", "Price must be an amount such as 1,299.00, not NaN."),
        ("unit_price", "1.005", "Price has at most 2 decimals in USD."),
        ("unit_price", "", "A product needs a price."),
        ("unit_cost", "1e3", "Cost must be an amount such as 1,299.00, not 1e3."),
        ("reorder_point", "1.5", "Reorder point must be a whole number such as 12, not 1.5."),
        ("reorder_point", "9999999999", "Reorder point is at most 1,000,000,000."),
        ("name", "\u200b", "A product needs a name."),
        ("name", "x" * 10_000, "Name has at most 300 characters; these are 10,000."),
        ("name", "a\x00b", "Name contains a character that cannot be shown."),
        ("subcategory", "", "A product needs a subcategory."),
        ("barcodes", "9" * 101, "A barcode has 1 to 100 characters."),
    ],
)
def test_what_cannot_be_a_product_is_refused_with_its_reason(name: str, text: str, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        products_input.product(TYPED | {name: text}, NEW)
    assert str(refused.value) == problem


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.products SET name = %s WHERE product_id = %s", [HOSTILE, PATH_LIGHT])
        owner.execute(
            """
            INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
            SELECT 'PAN-' || n, 'Pan ' || n, 2, 1 FROM generate_series(101, 130) AS n
            """
        )
    url = serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("products", "Products", partial(products.build, workspace))],
    )
    return f"{url}/?tab=products"


@pytest.fixture
def database(shop_of_module: OwnDatabase) -> Iterator[psycopg.Connection]:
    with shop_of_module.connect() as connection:
        yield connection


@pytest.fixture
def page(address: str, open_page: OpenPage) -> Page:
    page = open_page(address)
    # The first page of a cold browser takes its time.
    expect(rows(page).first).to_be_visible(timeout=20_000)
    return page


def rows(page: Page) -> Locator:
    return page.locator("#products-grid tbody tr")


def open_card(page: Page, product_id: int) -> None:
    page.evaluate("(key) => window.crpm.open('products', key)", str(product_id))
    expect(page.locator("#product-head h2")).to_be_visible()
    expect(page.locator("#product-ledger tbody, #product-ledger .empty").first).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    field = page.get_by_label(label, exact=True).filter(visible=True).first
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(field).to_have_value(option)
    expect(page.get_by_role("option")).to_have_count(0)


def value(database: psycopg.Connection, statement: str, *parameters: Any) -> Any:
    row = database.execute(statement.encode(), parameters).fetchone()
    return row[0] if row else None


def test_list_is_searched_as_one_types(page: Page) -> None:
    search = page.get_by_label("Search")
    search.press_sequentially("chef")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Chef's knife")
    expect(rows(page)).to_contain_text("89.00")
    search.fill("4006381333931")
    expect(rows(page)).to_contain_text("Kettle 1.7 l")
    search.fill("%")
    expect(page.get_by_text("No product matches")).to_be_visible()


def test_list_is_sorted_and_turned_by_the_server(page: Page) -> None:
    expect(rows(page)).to_have_count(25)
    page.get_by_role("button", name="Price").click()
    expect(rows(page).first).to_contain_text("Chef's knife")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("#products-grid .pager")).to_contain_text("26-34 of 34")
    page.get_by_role("button", name="SKU").click()
    expect(rows(page).first).to_contain_text("KET-1")


def test_list_is_filtered_by_category_stock_and_store(page: Page) -> None:
    choose(page, "Category", "Garden")
    expect(rows(page)).to_have_count(2)
    choose(page, "Stock", "Available")
    choose(page, "Store", "Boston")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Garden lamp")
    choose(page, "Stock", "Out of stock")
    expect(rows(page)).to_contain_text("LAM-2")
    expect(rows(page)).to_contain_text("out of stock")
    choose(page, "Category", "Kitchen")
    choose(page, "Stock", "Any")
    choose(page, "Subcategory", "Kettles")
    expect(rows(page)).to_have_count(1)


def test_hostile_name_is_shown_as_text_everywhere(page: Page) -> None:
    page.get_by_label("Search").fill("script")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text(HOSTILE)
    rows(page).first.press("Enter")
    expect(page.locator("#product-head h2")).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Name")).to_have_value(HOSTILE)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#product-head h2")).to_contain_text(HOSTILE)
    page.get_by_text("Back to the list").click()
    expect(rows(page)).to_have_count(1)


def test_problems_are_said_beside_their_fields(address: str, open_page: OpenPage) -> None:
    # The browser notes the refusal in its console.
    page = open_page(f"{address}&key=new", may_fail=True)
    page.get_by_label("Price (USD)").fill("12,50")
    page.get_by_label("Reorder point").fill("-1")
    page.get_by_role("button", name="Add product").click()
    for field, problem in (
        ("name", "A product needs a name."),
        ("category", "A product needs a category."),
        ("unit-price", "Price must be an amount such as 1,299.00, not 12,50."),
        ("reorder-point", "Reorder point must be a whole number such as 12, not -1."),
    ):
        expect(page.locator(f"#product-{field}")).to_contain_text(problem)
    expect(page.get_by_label("Price (USD)")).to_have_value("12,50")


def test_product_is_added_with_category_price_and_opening_stock(
    page: Page, database: psycopg.Connection
) -> None:
    page.get_by_role("button", name="New product").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Tea pot")
    for label, text in (("Category", "Tea"), ("Subcategory", "Pots")):
        page.get_by_label(label, exact=True).locator("visible=true").fill(text)
        page.keyboard.press("Tab")
    page.get_by_label("Barcodes").fill("111\n222, 111")
    page.get_by_label("Price (USD)").fill("12.505")
    page.get_by_role("button", name="Add product").click()
    expect(page.locator("#product-note")).to_contain_text("Price has at most 2 decimals in USD.")
    page.get_by_label("Price (USD)").fill("12.50")
    page.get_by_label("Cost (USD)").fill("1,013.00")
    page.get_by_label("Boston").fill("7")
    page.get_by_label("Online").fill("3")
    page.get_by_role("button", name="Add product").click()
    expect(page.locator("#product-note")).to_contain_text("The price is below the cost")
    assert value(database, "SELECT count(*) FROM crpm.products WHERE name = 'Tea pot'") == 0
    page.get_by_role("button", name="Save anyway").click()
    expect(page.locator("#product-head h2")).to_contain_text("Tea pot")
    expect(page.locator("#product-head")).to_contain_text(re.compile(r"P-000\d\d \u00b7 Tea / Pots"))
    expect(page.locator("#product-facts")).to_contain_text("111, 222")
    expect(page.locator("#product-figures")).to_contain_text("at 2 stores")
    expect(page.locator("#product-ledger tbody tr")).to_have_count(2)
    number = value(database, "SELECT product_id FROM crpm.products WHERE name = 'Tea pot'")
    assert (on_hand(database, BOSTON, number), on_hand(database, 3, number)) == (7, 3)


def test_opening_stock_that_is_no_number_is_refused_whole(page: Page, database: psycopg.Connection) -> None:
    page.get_by_role("button", name="New product").click()
    page.get_by_label("Name").fill("Whisk")
    choose(page, "Category", "Kitchen")
    page.get_by_label("Subcategory", exact=True).last.fill("Knives")
    page.keyboard.press("Tab")
    page.get_by_label("Price (USD)").fill("3")
    page.get_by_label("Boston").fill("some")
    page.get_by_role("button", name="Add product").click()
    expect(page.locator("#product-note")).to_contain_text(
        "Opening stock must be a whole number such as 12, not some."
    )
    assert value(database, "SELECT count(*) FROM crpm.products WHERE name = 'Whisk'") == 0


def test_price_change_is_kept_as_history(page: Page, database: psycopg.Connection) -> None:
    open_card(page, KNIFE)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Price (USD)")).to_have_value("89.00")
    page.get_by_label("Price (USD)").fill("95")
    page.get_by_label("SKU").fill("KET-1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#product-note")).to_have_text("A product with this SKU exists already.")
    page.get_by_label("SKU").fill("KNI-1")
    page.get_by_label("Price (USD)").press("Enter")
    expect(page.locator("#product-prices")).to_contain_text(
        re.compile(r"95\.00.USD\s*was 89\.00.USD, by local")
    )
    expect(page.locator("#product-figures .kpi").first).to_contain_text(re.compile(r"95\.00.USD"))
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Color").fill("White")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#product-changes")).to_contain_text("Color: Black \u2192 White")
    prices = value(database, "SELECT count(*) FROM crpm.product_prices WHERE product_id = %s", KNIFE)
    assert prices == 2


def test_second_person_saving_the_same_product_is_told(page: Page, database: psycopg.Connection) -> None:
    open_card(page, LAMP)
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Color")).to_have_value("Green")
    database.execute("UPDATE crpm.products SET color = 'Blue' WHERE product_id = %s", [LAMP])
    page.get_by_label("Color").fill("Red")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#product-note")).to_contain_text("Not saved: ")
    expect(page.locator("#product-note")).to_contain_text("Color: Green \u2192 Blue")
    assert value(database, "SELECT color FROM crpm.products WHERE product_id = %s", LAMP) == "Blue"
    page.get_by_text("begin again").click()
    expect(page.get_by_label("Color")).to_have_value("Blue")


def test_stock_is_counted_received_and_transferred_on_the_card(
    page: Page, database: psycopg.Connection
) -> None:
    open_card(page, KETTLE)
    book = page.get_by_role("button", name="Book")
    page.get_by_label("Pieces counted").fill("17")
    book.click()
    expect(page.get_by_text("Choose the store.")).to_be_visible()
    choose(page, "Store", "Boston")
    book.click()
    expect(page.get_by_text("Say why the stock is adjusted.")).to_be_visible()
    page.get_by_label("Reason").fill("found broken")
    book.click()
    ledger = page.locator("#product-ledger tbody tr")
    expect(ledger.first).to_contain_text(re.compile(r"Boston\s*adjustment\s*-3\s*17\s*\u2014\s*found broken"))
    assert on_hand(database, BOSTON, KETTLE) == 17

    choose(page, "What", "Receive goods")
    choose(page, "Store", "Boston")
    page.get_by_label("Pieces received").fill("1,000")
    page.get_by_label("Document").fill("DN 4711")
    page.get_by_label("Document").press("Enter")
    expect(ledger.first).to_contain_text(re.compile(r"receipt\s*\+1,000\s*1,017\s*DN 4711"))

    choose(page, "What", "Transfer")
    choose(page, "Store", "Boston")
    choose(page, "To store", "Hamburg")
    page.get_by_label("Pieces to move").fill("5000")
    book.click()
    expect(
        page.get_by_text("Not enough stock of Kettle 1.7 l (KET-1): 1,017 on hand, 5,000 asked.").or_(
            page.get_by_text("Not enough stock of Kettle 1.7 l (KET-1): 1017 on hand, 5000 asked.")
        )
    ).to_be_visible()
    page.get_by_label("Pieces to move").fill("7")
    book.click()
    expect(page.locator("#product-levels")).to_contain_text(re.compile(r"Hamburg\s*27"))
    assert (on_hand(database, BOSTON, KETTLE), on_hand(database, HAMBURG, KETTLE)) == (1010, 27)
    assert ledger_differences(database) == []

    page.get_by_label("Stock ledger of").click()
    page.get_by_role("option", name="Hamburg", exact=True).click()
    expect(ledger).to_have_count(2)


def test_product_is_deactivated_and_activated_in_one_click(page: Page, database: psycopg.Connection) -> None:
    open_card(page, LAMP)
    page.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.locator("#product-head .pill")).to_have_text("inactive")
    assert value(database, "SELECT is_active FROM crpm.products WHERE product_id = %s", LAMP) is False
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.locator("#product-head .pill")).to_have_text("active")
    expect(page.locator("#product-changes")).to_contain_text("Active: no \u2192 yes")


def test_product_with_history_is_not_deleted_but_offered_to_deactivate(page: Page) -> None:
    open_card(page, PATH_LIGHT)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#product-question")).to_contain_text("has been sold or has had stock")
    expect(page.get_by_role("button", name="Delete for good")).to_be_hidden()
    page.get_by_role("button", name="Deactivate instead").click()
    expect(page.locator("#product-head .pill")).to_have_text("inactive")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.locator("#product-head .pill")).to_have_text("active")


def test_product_without_history_is_deleted_after_a_question(
    page: Page, database: psycopg.Connection
) -> None:
    number = value(database, "SELECT product_id FROM crpm.products WHERE sku = 'PAN-130'")
    open_card(page, number)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(rows(page).first).to_be_visible()
    assert value(database, "SELECT count(*) FROM crpm.products WHERE sku = 'PAN-130'") == 0
    # The other tests count on it.
    database.execute(
        "INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id) VALUES ('PAN-130', 'Pan 130', 2, 1)"
    )


def test_address_of_a_product_that_is_not_there_says_so(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}&key=999999")
    for key in ("0", "x'y", "12-", "9" * 30):
        expect(page.get_by_text("The product cannot be shown")).to_be_visible()
        page.get_by_text("Back to the list").click()
        expect(rows(page).first).to_be_visible()
        page.evaluate("(key) => window.crpm.open('products', key)", key)
    expect(page.get_by_text("The product cannot be shown")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True])
def test_list_card_and_form_fit_a_phone(address: str, open_page: OpenPage, is_dark: bool) -> None:
    page = open_page(address, width=390, height=844, is_dark=is_dark)
    expect(rows(page).first).to_be_visible()
    for key, place in (("", "#products-grid tr"), ("1", "#product-levels tr"), ("new", "#product-name")):
        page.evaluate("(key) => window.crpm.open('products', key)", key)
        expect(page.locator(place).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_clerk_sees_no_cost_and_nothing_to_change(
    shop_of_module: OwnDatabase, serve_tabs: ServeTabs, open_page: OpenPage
) -> None:
    def tabs(workspace: Workspace) -> list[TabSpec]:
        clerks = ClerksWorkspace(workspace._database)
        return [TabSpec("products", "Products", partial(products.build, clerks))]

    url = serve_tabs(shop_of_module, tabs)
    page = open_page(f"{url}/?tab=products")
    expect(rows(page).first).to_be_visible()
    headers = page.locator("#products-grid th").all_inner_texts()
    assert [header.strip() for header in headers] == ["SKU", "Name", "Category", "Price", "On hand", "Status"]
    expect(page.get_by_role("button", name="New product")).to_be_hidden()
    open_card(page, KETTLE)
    expect(page.locator("#product-prices")).to_contain_text("49.90")
    expect(page.locator("#product-card")).not_to_contain_text("Cost")
    for button in ("Edit", "Deactivate", "Delete", "Book"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_hidden()
    page = open_page(f"{url}/?tab=products&key=1-edit")
    expect(page.get_by_text("Only a manager may add and change products.")).to_be_visible()
