import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.errors import CrpmError, InputError
from app.ui.shell import TabSpec
from app.ui.tabs import products, products_input, products_stock
from app.ui.tabs.products_input import Opened
from app.workspace import Workspace
from db.pool import Actor, Database
from tests.browser import OpenPage, Pages
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


TYPED = dict.fromkeys(products_input.LABELS, "") | {
    "name": "  Tea \n pot ",
    "category": "Tea/Pots",
    "tax_class": "Standard",
    "unit_price": "1,299.00",
}
NEW = Opened(None, None, "USD", {"TV / Video / Cables": ("TV / Video", "Cables")})


def test_typed_product_is_read_strictly() -> None:
    read = products_input.product(TYPED | {"reorder_point": "1,000", "barcodes": "1\n2, 1;3"}, NEW)
    assert (read.name, read.sku, read.new_price, read.new_cost) == ("Tea pot", None, Decimal("1299.00"), None)
    assert (read.reorder_point, read.barcodes) == (1000, ["1", "2", "3"])
    assert (read.category, read.subcategory) == ("Tea", "Pots")
    assert products_input.is_new_category(read, NEW)
    known = products_input.product(TYPED | {"category": "TV / Video / Cables"}, NEW)
    assert (known.category, known.subcategory) == ("TV / Video", "Cables")
    assert not products_input.is_new_category(known, NEW)


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
        ("category", "", "A product needs a category."),
        (
            "category",
            "Tea",
            "Choose a category of the list, or type a new one with its subcategory, such as Kitchen / Knives.",
        ),
        (
            "category",
            "Tea / " + "x" * 101,
            "The names of a category and a subcategory have at most 100 characters each.",
        ),
        ("barcodes", "9" * 101, "A barcode has 1 to 100 characters."),
    ],
)
def test_what_cannot_be_a_product_is_refused_with_its_reason(name: str, text: str, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        products_input.product(TYPED | {name: text}, NEW)
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("key", "screen"),
    [
        ("", ("list", 0)),
        ("?store=2", ("list", 0)),
        ("new", ("form", 0)),
        ("12", ("card", 12)),
        ("12-edit", ("form", 12)),
        # Nobody has the id 0: the card says that there is no such product.
        ("0", ("card", 0)),
        ("x'y", ("card", 0)),
        ("12-", ("card", 0)),
        ("9" * 30, ("card", 0)),
    ],
)
def test_any_key_of_an_address_stands_for_a_screen(key: str, screen: tuple[str, int]) -> None:
    assert products.on_screen(key) == screen


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        (("count", None, None, "17", "found broken"), "Choose the store."),
        (("transfer", BOSTON, None, "1", ""), "Choose the store to transfer to."),
        (("count", BOSTON, None, "17", " "), "Say why the stock is adjusted."),
        (
            ("receive", BOSTON, None, "many", ""),
            "Pieces received must be a whole number such as 12, not many.",
        ),
        (("receive", BOSTON, None, "1", "x" * 201), "Document has at most 200 characters."),
    ],
)
def test_what_cannot_be_booked_is_refused_with_its_reason(
    shop_of_module: OwnDatabase, form: tuple[Any, ...], problem: str
) -> None:
    database = Database(shop_of_module.app_url, max_size=1)
    with pytest.raises(CrpmError) as refused:
        products_stock.book(Workspace(database), None, KETTLE, *form)
    database.close()
    assert str(refused.value) == problem


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.products SET name = %s WHERE product_id = %s", [HOSTILE, PATH_LIGHT])
        # The last by name is the first by SKU.
        owner.execute(
            """
            INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
            SELECT 'PAN-' || 231 - n, 'Pan ' || n, 2, 1 FROM generate_series(101, 130) AS n
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


@pytest.fixture(scope="module")
def page_of_module(address: str, open_page_of_module: OpenPage) -> Page:
    page = open_page_of_module(address)
    expect(rows(page).first).to_be_visible()
    return page


@pytest.fixture
def page(page_of_module: Page) -> Page:
    """One page for all; a test begins by opening what it is about."""
    page_of_module.bring_to_front()
    return page_of_module


def rows(page: Page) -> Locator:
    return page.locator("#products-grid tbody tr")


def go(page: Page, key: object) -> None:
    """What a link to a product does."""
    page.evaluate("(key) => window.crpm.open('products', key)", str(key))


def open_card(page: Page, product_id: int, name: str) -> None:
    go(page, product_id)
    expect(page.locator("#product-head h2")).to_contain_text(name)
    expect(page.locator("#product-ledger tbody, #product-ledger .empty").first).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, label: str, option: str) -> None:
    field = page.get_by_label(label, exact=True).filter(visible=True).first
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(field).to_have_value(option)
    expect(page.get_by_role("option")).to_have_count(0)


def value(database: psycopg.Connection, statement: str, *parameters: Any) -> Any:
    row = database.execute(statement.encode(), parameters).fetchone()
    return row[0] if row else None


def test_list_is_searched_as_one_types_then_turned_and_sorted_by_the_server(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    search, pager = page.get_by_label("Search"), page.locator("#products-grid .pager")
    search.press_sequentially("lam-1")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Garden lamp")
    expect(rows(page)).to_contain_text("24.50")
    search.fill("%")
    expect(page.get_by_text("No product matches")).to_be_visible()
    search.fill("pan")
    expect(pager).to_contain_text("1-25 of 30")
    press(page, "Next page")
    expect(pager).to_contain_text("26-30 of 30")
    expect(rows(page).last).to_contain_text("Pan 130")
    press(page, "SKU")
    expect(pager).to_contain_text("1-25 of 30")
    expect(rows(page).first).to_contain_text("Pan 130")
    press(page, "Last page")
    expect(rows(page)).to_have_count(5)
    expect(rows(page).last).to_contain_text("Pan 101")
    press(page, "On hand")
    expect(page).to_have_url(re.compile(r"\?tab=products&search=pan&sort=-on_hand$"))
    press(page, "Next page")
    expect(pager).to_contain_text("26-30 of 30")
    page.go_back()
    expect(pager).to_contain_text("1-25 of 30")

    # These four, and none of the pans.
    search.fill("l")
    expect(rows(page)).to_have_count(4)
    choose(page, "Category", "Kitchen")
    expect(rows(page)).to_have_count(2)
    choose(page, "Subcategory", "Kettles")
    expect(rows(page)).to_have_count(1)
    # Another category has other subcategories: that of before is no filter any more.
    choose(page, "Category", "Garden")
    expect(rows(page)).to_have_count(2)
    choose(page, "Store", "Boston")
    choose(page, "Stock", "Available")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Garden lamp")
    choose(page, "Stock", "Out of stock")
    expect(rows(page)).to_contain_text("LAM-2")
    expect(rows(page)).to_contain_text("out of stock")
    choose(page, "Stock", "Any")
    choose(page, "Brand", "Lumo")
    choose(page, "Sales", "Never sold")
    expect(rows(page)).to_have_count(2)
    shared = open_page(page.url)
    expect(rows(shared)).to_have_count(2)
    for label, chosen in (("Brand", "Lumo"), ("Store", "Boston"), ("Category", "Garden"), ("Search", "l")):
        expect(shared.get_by_label(label, exact=True).filter(visible=True).first).to_have_value(chosen)
    press(shared, "Reset")
    expect(rows(shared)).to_have_count(25)
    expect(shared).to_have_url(re.compile(r"\?tab=products$"))
    page.bring_to_front()
    press(page, "New product")
    expect(page.get_by_label("Name")).to_be_focused()


def test_product_with_history_is_deactivated_instead_of_deleted_and_its_hostile_name_is_text_everywhere(
    page: Page, database: psycopg.Connection
) -> None:
    title, state = page.locator("#product-head h2"), page.locator("#product-head .pill")
    go(page, "")
    page.get_by_label("Search").fill("script")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text(HOSTILE)
    rows(page).first.press("Enter")
    expect(title).to_contain_text(HOSTILE)

    press(page, "Delete")
    expect(page.locator("#product-question")).to_contain_text("has been sold or has had stock")
    expect(page.get_by_role("button", name="Delete for good")).to_be_hidden()
    press(page, "Deactivate instead")
    expect(state).to_have_text("inactive")
    assert value(database, "SELECT is_active FROM crpm.products WHERE product_id = %s", PATH_LIGHT) is False
    press(page, "Activate")
    expect(state).to_have_text("active")
    expect(page.locator("#product-changes")).to_contain_text("Active: no \u2192 yes")
    press(page, "Deactivate")
    expect(state).to_have_text("inactive")

    press(page, "Edit")
    expect(page.get_by_label("Name")).to_have_value(HOSTILE)
    database.execute("UPDATE crpm.products SET is_active = TRUE WHERE product_id = %s", [PATH_LIGHT])
    press(page, "Cancel")
    expect(title).to_contain_text(HOSTILE)
    expect(state).to_have_text("active")
    page.get_by_text("Back to the list").filter(visible=True).click()
    expect(rows(page)).to_have_count(1)


def test_product_is_added_once_its_problems_are_solved_with_category_price_and_opening_stock(
    address: str, open_page: OpenPage, pages: Pages, database: psycopg.Connection
) -> None:
    # The browser notes the refusal in its console.
    page = open_page(f"{address}&key=new", may_fail=True)
    note = page.locator("#product-note")
    meet_problems_beside_their_fields(page)
    # From here on the console stays empty.
    pages.forgiven.discard(page)
    page.get_by_label("Reorder point").fill("")
    page.get_by_label("Name").fill("Tea pot")
    page.get_by_label("Category", exact=True).filter(visible=True).fill("Tea / Pots")
    page.keyboard.press("Tab")
    page.get_by_label("Barcodes").fill("111\n222, 111")
    page.get_by_label("Price (USD)").fill("12.50")
    page.get_by_label("Online").fill("3")
    page.get_by_label("Boston").fill("some")
    press(page, "Add product")
    expect(note).to_contain_text("Opening stock must be a whole number such as 12, not some.")
    page.get_by_label("Boston").fill("7")
    page.get_by_label("Cost (USD)").fill("1,013.00")
    press(page, "Add product")
    expect(note).to_contain_text(
        "There is no category Tea / Pots yet; saving adds it. The price is below the cost"
    )
    assert value(database, "SELECT count(*) FROM crpm.products WHERE name = 'Tea pot'") == 0
    press(page, "Save anyway")
    expect(page.locator("#product-head h2")).to_contain_text("Tea pot")
    expect(page.locator("#product-head")).to_contain_text(re.compile(r"P-000\d\d \u00b7 Tea / Pots"))
    expect(page.locator("#product-facts")).to_contain_text("111, 222")
    expect(page.locator("#product-figures")).to_contain_text("at 2 stores")
    expect(page.locator("#product-ledger tbody tr")).to_have_count(2)
    number = value(database, "SELECT product_id FROM crpm.products WHERE name = 'Tea pot'")
    assert (on_hand(database, BOSTON, number), on_hand(database, 3, number)) == (7, 3)


def meet_problems_beside_their_fields(page: Page) -> None:
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Price (USD)").fill("12,50")
    page.get_by_label("Reorder point").fill("-1")
    press(page, "Add product")
    for field, problem in (
        ("name", "A product needs a name."),
        ("category", "A product needs a category."),
        ("unit-price", "Price must be an amount such as 1,299.00, not 12,50."),
        ("reorder-point", "Reorder point must be a whole number such as 12, not -1."),
    ):
        expect(page.locator(f"#product-{field}")).to_contain_text(problem)
    expect(page.get_by_label("Price (USD)")).to_have_value("12,50")


def test_edited_product_keeps_its_price_history_and_the_second_of_two_who_save_is_told(
    page: Page, database: psycopg.Connection
) -> None:
    price, color = page.get_by_label("Price (USD)"), page.locator("#product-form").get_by_label("Color")
    category = page.locator("#product-category input")
    note = page.locator("#product-note")
    open_card(page, KNIFE, "Chef's knife")
    press(page, "Edit")
    expect(price).to_have_value("89.00")
    price.fill("95")
    page.get_by_label("SKU").fill("KET-1")
    press(page, "Save")
    expect(note).to_have_text("A product with this SKU exists already.")
    page.get_by_label("SKU").fill("KNI-1")
    price.press("Enter")
    expect(page.locator("#product-prices")).to_contain_text(
        re.compile(r"95\.00.USD\s*was 89\.00.USD, by local")
    )
    expect(page.locator("#product-figures .kpi").first).to_contain_text(re.compile(r"95\.00.USD"))
    expect(page.locator("#product-figures")).to_contain_text("Profit in 90 days")
    expect(page.locator("#product-months canvas, #product-months svg").first).to_be_visible()
    expect(page.locator("#product-price-chart canvas, #product-price-chart svg").first).to_be_visible()
    expect(page.locator("#product-together")).to_contain_text("No other product was in two orders")

    go(page, f"{KNIFE}-edit")
    expect(color).to_have_value("Black")
    database.execute("UPDATE crpm.products SET color = 'Blue' WHERE product_id = %s", [KNIFE])
    color.fill("White")
    choose(page, "Category", "Garden / Lamps")
    press(page, "Save")
    expect(note).to_contain_text("Not saved: ")
    expect(note).to_contain_text("Color: Black \u2192 Blue")
    assert value(database, "SELECT color FROM crpm.products WHERE product_id = %s", KNIFE) == "Blue"
    page.get_by_text("begin again").click()
    expect(color).to_have_value("Blue")
    expect(category).to_have_value("Kitchen / Knives")
    color.fill("White")
    press(page, "Save")
    expect(page.locator("#product-changes")).to_contain_text("Color: Blue \u2192 White")
    prices = value(database, "SELECT count(*) FROM crpm.product_prices WHERE product_id = %s", KNIFE)
    assert prices == 2


def test_stock_is_counted_received_and_transferred_on_the_card(
    page: Page, database: psycopg.Connection
) -> None:
    open_card(page, KETTLE, "Kettle 1.7 l")
    ledger = page.locator("#product-ledger tbody tr")
    choose(page, "Store", "Boston")
    page.get_by_label("Pieces counted").fill("17")
    page.get_by_label("Reason").fill("found broken")
    press(page, "Book")
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
    press(page, "Book")
    expect(
        page.get_by_text(
            re.compile(r"Not enough stock of Kettle 1\.7 l \(KET-1\): 1,?017 on hand, 5,?000 asked\.")
        )
    ).to_be_visible()
    page.get_by_label("Pieces to move").fill("7")
    press(page, "Book")
    expect(page.locator("#product-levels")).to_contain_text(re.compile(r"Hamburg\s*27"))
    assert (on_hand(database, BOSTON, KETTLE), on_hand(database, HAMBURG, KETTLE)) == (1010, 27)
    assert ledger_differences(database) == []

    choose(page, "Stock ledger of", "Hamburg")
    expect(ledger).to_have_count(2)


def test_whole_filtered_list_is_changed_after_a_preview_and_taken_back(
    page: Page, database: psycopg.Connection
) -> None:
    database.execute(
        "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) SELECT product_id, 'USD', 10 FROM crpm.products WHERE sku LIKE 'PAN-%'"
    )
    go(page, "?search=pan")
    expect(page.locator("#products-grid .pager")).to_contain_text("1-25 of 30")
    told, examples = page.locator("#products-bulk-told"), page.locator("#products-bulk-examples tbody tr")
    press(page, "Change all…")
    page.get_by_label("Percent").fill("12,5")
    page.get_by_label("Percent").press("Enter")
    expect(told).to_contain_text("Percent must be an amount such as 1,299.00, not 12,5.")
    page.get_by_label("Percent").fill("+5 %")
    press(page, "Preview")
    expect(told).to_contain_text("30 of 30 products of this list would change.")
    expect(examples).to_have_count(12)
    expect(examples.first).to_contain_text(re.compile(r"Pan 101\s*10\.00.USD\s*10\.99.USD"))
    press(page, "Change 30 products")
    expect(told).to_contain_text("30 products changed: price +5 %, to .99.")
    expect(rows(page).first).to_contain_text("10.99")
    of_one = "SELECT product_id FROM crpm.products WHERE name = 'Pan 102'"
    database.execute(
        f"INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (({of_one}), 'USD', 77)"
    )
    page.locator("#products-bulk-changes tbody tr").first.press("Enter")
    expect(told).to_contain_text("Take back: price +5 %, to .99, 30 products, by local?")
    press(page, "Take it back")
    expect(told).to_contain_text("As before: 29 products. Changed since, and left as they are: Pan 102.")
    expect(rows(page).first).to_contain_text("10.00")
    expect(page.locator("#products-bulk-changes")).to_contain_text("by local, 1 left")

    choose(page, "Change", "Category")
    press(page, "Preview")
    expect(told).to_contain_text("Choose the category that the products go to.")
    choose(page, "New category", "Kitchen / Kettles")
    press(page, "Preview")
    expect(examples.first).to_contain_text(re.compile(r"Knives\s*Kettles"))
    choose(page, "Change", "Status")
    press(page, "Preview")
    expect(examples.first).to_contain_text(re.compile(r"active\s*inactive"))
    press(page, "Change 30 products")
    expect(page.get_by_text("No product matches")).to_be_visible()
    page.locator("#products-bulk-changes tbody tr").first.press("Enter")
    press(page, "Take it back")
    expect(page.locator("#products-grid .pager")).to_contain_text("1-25 of 30")
    page.locator("#products-bulk").get_by_role("button", name="Close").click()
    expect(told).to_be_hidden()
    press(page, "Reset")
    expect(page.locator("#products-reset")).to_be_disabled()


def test_product_without_history_is_deleted_after_a_question(
    page: Page, database: psycopg.Connection
) -> None:
    added = """
        INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
        VALUES ('ERR-1', 'Added by mistake', 2, 1) RETURNING product_id
    """
    open_card(page, value(database, added), "Added by mistake")
    press(page, "Delete")
    press(page, "Delete for good")
    expect(rows(page).first).to_be_visible()
    assert value(database, "SELECT count(*) FROM crpm.products WHERE sku = 'ERR-1'") == 0


def test_address_of_a_product_that_is_not_there_says_so(page: Page) -> None:
    go(page, 999_999)
    expect(page.get_by_text("The product cannot be shown")).to_be_visible()
    page.get_by_text("Back to the list").filter(visible=True).click()
    expect(rows(page).first).to_be_visible()


def test_list_card_and_form_fit_a_phone(address: str, open_page: OpenPage) -> None:
    page = open_page(address, width=390, height=844)
    expect(rows(page).first).to_be_visible()
    for key, place in (("", "#products-grid tr"), ("1", "#product-levels tr"), ("new", "#product-name")):
        go(page, key)
        expect(page.locator(place).first).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_clerk_sees_no_cost_and_nothing_to_change(
    address: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", Actor("test-clerk", "crpm_clerk"))
    page = open_page(address)
    expect(rows(page).first).to_be_visible()
    headers = page.locator("#products-grid th").all_inner_texts()
    assert [header.strip() for header in headers] == [
        "SKU",
        "Name",
        "Category",
        "Price",
        "On hand",
        "Sold in 90 days",
        "Days of cover",
        "Status",
    ]
    expect(page.get_by_role("button", name="New product")).to_be_hidden()
    expect(page.get_by_role("button", name="Change all")).to_be_hidden()
    open_card(page, LAMP, "Garden lamp")
    expect(page.locator("#product-prices")).to_contain_text("24.50")
    expect(page.locator("#product-card")).not_to_contain_text("Cost")
    for button in ("Edit", "Deactivate", "Delete", "Book"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_hidden()
    go(page, "1-edit")
    expect(page.get_by_text("Only a manager may add and change products.")).to_be_visible()
