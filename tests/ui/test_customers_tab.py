import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.errors import InputError
from app.repositories.customers import CustomerDetails
from app.ui import contacts
from app.ui.shell import TabSpec
from app.ui.tabs import customers, customers_input
from app.ui.tabs.customers_filters import ADDRESS
from db.pool import Actor
from tests.browser import OpenPage, first_read_held
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, JOHN, KETTLE, ZOE, buy
from tests.trade import trade
from tests.ui.conftest import ServeTabs

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'>",
    "${window.pwned=3}",
    "{{7*7}}`${window.pwned=4}`",
    "O'Brien; DROP TABLE crpm.customers",
    "\u202eمحمد الفاتح",
    "Zoë \U0001f600",
)
EMPTY: dict[str, Any] = dict.fromkeys(customers_input.LABELS, "") | {"has_marketing_consent": False}


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    trade(shop_of_module)

    def tabs(workspace: Any) -> list[TabSpec]:
        others = [TabSpec(key, key.title(), lambda context: None) for key in ("products", "purchases")]
        return [TabSpec("customers", "Customers", partial(customers.build, workspace)), *others]

    return serve_tabs(shop_of_module, tabs)


@pytest.mark.parametrize(
    ("key", "screen"),
    [
        ("", ("list", 0)),
        ("?search=x&key=12", ("list", 0)),
        ("new", ("form", 0)),
        ("12", ("card", 12)),
        ("12-edit", ("form", 12)),
        ("999999999999999999", ("card", 999_999_999_999_999_999)),
        # Nobody has the id 0: the card says that there is no such customer.
        ("0", ("card", 0)),
        ("<b>x", ("card", 0)),
        ("12-other", ("card", 0)),
    ],
)
def test_any_key_of_an_address_stands_for_a_screen(key: str, screen: tuple[str, int]) -> None:
    assert customers.on_screen(key) == screen


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("", ""),
        ("?", ""),
        ("12", ""),
        (
            "?search=a%26b&country=DE&sort=-city&at=3&after=7",
            "?search=a%26b&country=DE&sort=-city&at=3&after=7",
        ),
        ("?at=4&before=end", "?at=4&before=end"),
        ("?at=-2&before=9", "?at=-2&before=9"),
        ("?status=active&sort=name", ""),
        ("?sort=name;DROP&at=x&after=-1&other=1", ""),
        ("?at=99999999999999999999&country=" + "x" * 9_999, "?country=" + "x" * 300),
    ],
)
def test_any_address_of_a_list_is_read_and_what_it_means_is_written_again(key: str, written: str) -> None:
    assert ADDRESS.key(ADDRESS.read(key)) == written


@pytest.fixture(scope="module")
def page_of_module(address: str, open_page_of_module: OpenPage) -> Page:
    page = open_page_of_module(address)
    expect(rows(page)).not_to_have_count(0)
    return page


@pytest.fixture
def page(page_of_module: Page) -> Iterator[Page]:
    """One page for all that stay on this tab; a test begins by opening what it is about."""
    page_of_module.bring_to_front()
    yield page_of_module
    assert page_of_module.evaluate("window.pwned") is None


def add(shop: OwnDatabase, name: str, **more: Any) -> int:
    """A customer of a test's own."""
    columns = {"name": name, **more}
    values = ", ".join(f"%({column})s" for column in columns)
    with shop.connect() as owner:
        row = owner.execute(
            f"INSERT INTO crpm.customers ({', '.join(columns)}) VALUES ({values}) RETURNING customer_id",
            columns,
        ).fetchone()
    assert row is not None
    return int(row[0])


def change(shop: OwnDatabase, customer_id: int, column: str, value: object) -> None:
    """What somebody else does meanwhile."""
    with shop.connect() as owner:
        owner.execute(f"UPDATE crpm.customers SET {column} = %s WHERE customer_id = %s", [value, customer_id])


def read(shop: OwnDatabase, customer_id: int, columns: str) -> Any:
    with shop.connect() as owner:
        return owner.execute(
            f"SELECT {columns} FROM crpm.customers WHERE customer_id = %s", [customer_id]
        ).fetchone()


def rows(page: Page) -> Locator:
    return page.locator("#customers-grid tr[data-key]")


def names(page: Page) -> Locator:
    return page.locator("#customers-grid tr[data-key] td:first-child")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, label: str, option: str) -> None:
    field = page.get_by_label(label, exact=True).filter(visible=True)
    field.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(field).to_have_value(option)
    expect(page.get_by_role("option")).to_have_count(0)


def name_field(page: Page) -> Locator:
    return page.locator("#customer-name").get_by_role("textbox")


def go(page: Page, key: object) -> None:
    """What a link to a customer does."""
    page.evaluate("key => crpm.open('customers', key)", str(key))


def heading(page: Page, text: str) -> Locator:
    return page.locator("h2", has_text=text)


def back_to_the_list(page: Page) -> None:
    page.get_by_role("link", name="Back to the list").filter(visible=True).click()
    expect(rows(page).first).to_be_visible()


def test_the_list_is_searched_as_one_types_filtered_sorted_and_paged(
    shop_of_module: OwnDatabase, address: str, open_page: OpenPage
) -> None:
    add(shop_of_module, "Sleeping Partner", is_active=False, country_code="FR")
    add(shop_of_module, "Waking Partner", country_code="DE")
    for number in range(30):
        add(shop_of_module, f"Paged {number:02}", city=f"Town {30 - number:02}")
    page = open_page(address)
    search, pager = page.get_by_label("Search"), page.locator("#customers-grid .pager")
    search.press_sequentially("muller")
    expect(names(page)).to_have_text(["Zoë Müller"])
    search.fill("john")
    expect(rows(page).first.locator("td")).to_contain_text(
        ["John Carter", "john@example.com", "Boston", "United States", "2", "323.00\u00a0USD"]
    )
    search.fill("paged")
    expect(pager).to_contain_text("1-25 of 30")
    press(page, "Next page")
    expect(names(page)).to_have_text([f"Paged {number}" for number in range(25, 30)])
    expect(page).to_have_url(re.compile(r"\?tab=customers&search=paged&at=2&after=\d+$"))
    press(page, "Previous page")
    expect(names(page).first).to_have_text("Paged 00")
    press(page, "Last page")
    expect(names(page)).to_have_text([f"Paged {number}" for number in range(25, 30)])
    press(page, "City")
    expect(names(page).first).to_have_text("Paged 29")
    expect(pager).to_contain_text("1-25 of 30")
    press(page, "Next page")
    expect(names(page).last).to_have_text("Paged 00")
    # Whoever gets the address sees the same list.
    shared = open_page(page.url)
    expect(names(shared)).to_have_text([f"Paged 0{number}" for number in range(4, -1, -1)])
    expect(shared.get_by_label("Search")).to_have_value("paged")
    expect(shared.locator("#customers-grid .pager")).to_contain_text("26-30 of 30")
    expect(shared.locator("#customers-grid th[aria-sort=ascending]")).to_have_text("City")
    page.bring_to_front()
    page.go_back()
    expect(pager).to_contain_text("1-25 of 30")
    page.go_back()
    expect(page).to_have_url(re.compile(r"at=2&before=end$"))
    expect(names(page).last).to_have_text("Paged 29")
    page.go_forward()
    expect(names(page).first).to_have_text("Paged 29")

    search.fill("sleeping")
    expect(page.get_by_text("No customer matches")).to_be_visible()
    choose(page, "Status", "Inactive")
    expect(names(page)).to_have_text(["Sleeping Partner"])
    choose(page, "Status", "All customers")
    search.fill("partner")
    expect(rows(page)).to_have_count(2)
    choose(page, "Country", "Germany")
    expect(names(page)).to_have_text(["Waking Partner"])
    narrow_down_and_reset(page)


def narrow_down_and_reset(page: Page) -> None:
    page.get_by_label("Search").fill("")
    choose(page, "State", "Hamburg")
    expect(names(page)).to_have_text(["Zoë Müller"])
    choose(page, "Country", "United States")
    expect(names(page)).to_have_text(["John Carter"])
    expect(page.get_by_label("State")).to_have_value("All states")
    choose(page, "Gender", "Male")
    choose(page, "Age", "20-29")
    expect(page.get_by_text("No customer matches")).to_be_visible()
    choose(page, "Age", "Any age")
    page.get_by_label("City").fill("bost")
    expect(names(page)).to_have_text(["John Carter"])
    expect(page).to_have_url(
        re.compile(r"\?tab=customers&status=all&country=US&city=bost&gender=male&sort=city$")
    )
    # On a phone all that is chosen is on screen, as is the list.
    page.set_viewport_size({"width": 390, "height": 844})
    for label in ("Status", "Country", "State", "City", "Gender", "Age", "Segment"):
        expect(page.get_by_label(label, exact=True).filter(visible=True)).to_be_in_viewport(ratio=1)
    expect(rows(page).first).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 900})
    whole = "exports/customers.csv?status=all&country=US&city=bost&gender=male&sort=city"
    expect(page.get_by_role("link", name="as CSV").filter(visible=True)).to_have_attribute("href", whole)
    # The card leads back to the list as it was.
    rows(page).first.click()
    expect(heading(page, "John Carter")).to_be_visible()
    back_to_the_list(page)
    expect(page.get_by_label("City")).to_have_value("bost")
    press(page, "Reset")
    expect(rows(page)).to_have_count(25)
    expect(page.get_by_label("Country")).to_have_value("All countries")
    expect(page).to_have_url(re.compile(r"\?tab=customers$"))
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()
    # Ages on a day, as Analytics leads to them.
    go(page, "?age=30-40@2018-04-12")
    expect(names(page)).to_have_text(["Zoë Müller"])
    expect(page.get_by_label("Age", exact=True)).to_have_value("30-39 on 2018-04-12")
    go(page, "?age=30-40@2018-04-11")
    expect(page.get_by_text("No customer matches")).to_be_visible()
    choose(page, "Age", "Any age")
    expect(rows(page)).to_have_count(25)


def test_a_row_opens_the_card_by_click_and_by_keyboard_and_back_returns(page: Page) -> None:
    go(page, "")
    page.get_by_label("Search").fill("carter")
    rows(page).filter(has_text="John Carter").click()
    expect(heading(page, "John Carter")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"tab=customers&key={JOHN}$"))
    expect(page.get_by_label("Search")).to_be_hidden()
    page.go_back()
    expect(rows(page).first).to_be_visible()
    page.get_by_label("Search").fill("muler")
    expect(page.locator("#customers-grid")).to_contain_text("These are nearly alike")
    expect(names(page)).to_have_text(["Zoë Müller"])
    rows(page).first.focus()
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    expect(page.get_by_label("Search")).to_have_value("a/b")
    page.get_by_label("Search").fill("muller")
    expect(page.locator("#customers-grid .notice")).to_have_count(0)
    expect(names(page)).to_have_text(["Zoë Müller"])
    rows(page).first.focus()
    page.keyboard.press("Enter")
    expect(heading(page, "Zoë Müller")).to_be_visible()
    press(page, "Delete")
    expect(page.locator("#customer-question")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#customer-question")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(names(page)).to_have_text(["Zoë Müller"])
    go(page, f"{ZOE}-edit")
    expect(page.locator("#customer-form")).to_be_visible()
    page.locator("#customer-form h2").click()
    page.keyboard.press("Escape")
    expect(page.locator("#customer-form")).to_be_visible()


def test_a_link_from_another_tab_shows_its_customer_whichever_answer_comes_first(page: Page) -> None:
    go(page, ZOE)
    expect(heading(page, "Zoë Müller")).to_be_visible()
    page.get_by_role("tab", name="Purchases").click()
    # The link opens its customer, and the tab that comes on screen reads what it shows.
    with first_read_held(page) as release:
        with page.expect_response("**/gradio_api/run/**"):
            go(page, JOHN)
        release()
    expect(heading(page, "John Carter")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"tab=customers&key={JOHN}$"))


def test_a_card_shows_details_figures_changes_and_purchases_which_are_downloaded_whole(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/?tab=customers&key={JOHN}")
    expect(heading(page, "John Carter")).to_be_visible()
    facts = page.locator("#customer-facts")
    for text in (
        "323.00\u00a0USD",
        "161.50\u00a0USD",
        "Kitchen",
        "02108 Boston",
        "john@example.com",
        "1975-11-30",
    ):
        expect(facts).to_contain_text(text)
    orders = page.locator("#customer-purchases tr[data-key]")
    expect(orders).to_have_count(3)
    returned = orders.filter(has_text="partly returned")
    expect(returned).to_contain_text("2 × Kettle 1.7 l 1 returned")
    expect(returned).to_contain_text("99.80\u00a0USD73.50\u00a0USD")
    expect(returned).to_contain_text("173.30\u00a0USD")
    expect(orders.filter(has_text="cancelled")).to_contain_text("7 × Chef's knife")
    expect(page.locator("#customer-changes")).to_contain_text("Added by")

    titles, *lines = downloaded(page, "as CSV", "csv").decode("utf-8-sig").splitlines()
    assert titles.startswith("Order,Date,Store,Status,Currency,Line,SKU,Product,Quantity,Returned,")
    assert len(lines) == 4
    assert downloaded(page, "All purchases as Excel", "xlsx").startswith(b"PK")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Everything held on this person").click()
    assert b"john@example.com" in fetched.value.path().read_bytes()

    returned.get_by_role("link", name="Kettle 1.7 l").click()
    expect(page).to_have_url(re.compile(rf"tab=products&key={KETTLE}$"))
    page.go_back()
    returned.locator("td").first.click()
    expect(page).to_have_url(re.compile(rf"tab=purchases&key={BOSTON}-\d+$"))
    page.go_back()
    segment = facts.locator(".kpi", has_text="Segment").get_by_role("link")
    name = segment.inner_text()
    segment.click()
    expect(names(page).filter(has_text="John Carter")).to_be_visible()
    expect(page.get_by_label("Segment")).to_have_value(name)


def downloaded(page: Page, link: str, ending: str) -> bytes:
    with page.expect_download() as fetched:
        page.locator("#customer-purchases").get_by_role("link", name=link).click()
    assert fetched.value.suggested_filename == f"purchases-of-customer-{JOHN}.{ending}"
    return fetched.value.path().read_bytes()


def test_a_customer_is_added_with_every_problem_said_beside_its_field(
    shop_of_module: OwnDatabase, address: str, open_page: OpenPage
) -> None:
    # The browser notes the refusal in its console.
    page = open_page(address, may_fail=True)
    press(page, "New customer")
    expect(name_field(page)).to_be_focused()
    expect(page.get_by_text("region")).to_be_hidden()
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_label("Birth date").fill("2199-01-01")
    page.locator("#customer-form").get_by_label("City").fill("Oslo")
    press(page, "Add customer")
    form = page.locator("#customer-form")
    expect(form.locator("#customer-name")).to_contain_text("A customer needs a name.")
    expect(form.locator("#customer-email")).to_contain_text("An e-mail address must have an @-sign.")
    expect(form.locator("#customer-birth-date")).to_contain_text("Birth date is not in the future.")
    expect(page.get_by_label("E-mail")).to_have_value("nobody")
    page.get_by_label("E-mail").fill("kari@example.com")
    page.get_by_label("Birth date").fill("1991-05-17")
    form.get_by_role("combobox", name="Country").fill("Norw")
    page.get_by_role("option", name="Norway").click()
    page.get_by_label("Agrees to receive marketing").check()
    page.get_by_label("Since").fill("2024-05-06")
    page.get_by_label("Notes").fill("First line\nSecond line")
    name_field(page).fill("Kari Nordmann")
    name_field(page).press("Enter")
    expect(heading(page, "Kari Nordmann")).to_be_visible()
    expect(page.locator("#customer-facts")).to_contain_text("Oslo, Norway")
    expect(page.locator("#customer-facts")).to_contain_text("yes, since 2024-05-06")
    customer_id = int(page.url.rsplit("=", 1)[1])
    kept = read(
        shop_of_module,
        customer_id,
        "email, birth_date::text, city, country_code, has_marketing_consent, notes",
    )
    assert kept == ("kari@example.com", "1991-05-17", "Oslo", "NO", True, "First line\nSecond line")


def test_a_person_who_seems_to_be_there_already_is_named_and_added_only_when_meant(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    there = add(shop_of_module, "<b>Per</b> Hansen", email="per@example.no", city="Bergen")
    go(page, "new")
    note, anyway = page.locator("#customer-note"), page.get_by_role("button", name="Save anyway", exact=True)
    expect(page.get_by_role("button", name="Add customer")).to_be_visible()
    name_field(page).fill("P. Hansen")
    page.get_by_label("E-mail").fill("Per@Example.no")
    press(page, "Add customer")
    expect(note).to_contain_text("Is this the same person as <b>Per</b> Hansen (same e-mail, Bergen)?")
    note.get_by_role("link", name="<b>Per</b> Hansen").click()
    expect(page).to_have_url(re.compile(rf"key={there}$"))
    go(page, "new")
    expect(anyway).to_be_hidden()
    name_field(page).fill("P. Hansen")
    page.get_by_label("E-mail").fill("per@example.no")
    press(page, "Add customer")
    anyway.click()
    expect(heading(page, "P. Hansen")).to_be_visible()
    # Nobody is asked again about what stays as it is.
    press(page, "Edit")
    page.locator("#customer-form").get_by_label("City").fill("Bergen")
    press(page, "Save")
    expect(page.locator("#customer-facts")).to_contain_text("Bergen")


def test_two_records_of_one_person_are_merged_side_by_side_and_parted_again(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    kept = add(shop_of_module, "Mia ${window.pwned=5}", city="Oslo")
    goes = add(shop_of_module, "Mia <b>Twin</b>", email="mia@example.no", phone="+4722123456", city="Bergen")
    go(page, goes)
    expect(heading(page, "Mia <b>Twin</b>")).to_be_visible()
    press(page, "Merge")
    panel = page.locator("#customer-merging")
    other = panel.get_by_role("combobox", name="The other customer")
    expect(other).to_be_focused()
    other.fill("mia")
    expect(page.get_by_role("option")).to_have_text([re.compile("Mia \\$")])
    page.get_by_role("option").click()
    expect(panel).to_contain_text(f"Kept: customer {goes}")
    panel.get_by_label("Keep the other one").check()
    expect(panel).to_contain_text(f"Kept: customer {kept}")
    expect(panel.locator("tbody tr", has_text="E-mail").locator("td")).to_have_text(
        ["—", "mia@example.no", "mia@example.no"]
    )
    expect(panel.locator("tbody tr", has_text="Address").locator("td")).to_have_text(
        ["Oslo", "Bergen", "Oslo"]
    )
    press(page, "Merge these two")
    expect(heading(page, "Mia ${window.pwned=5}")).to_be_visible()
    expect(page.locator("#customer-facts")).to_contain_text("+47 22 12 34 56")
    expect(panel).to_be_hidden()
    go(page, "")
    page.get_by_label("Search").fill("twin")
    expect(names(page)).to_have_text(["Mia ${window.pwned=5}"])
    rows(page).first.click()
    page.locator("#customer-changes").get_by_role("link", name="Mia <b>Twin</b>").click()
    expect(page.locator("#customer-facts")).to_contain_text(
        "This record is merged into Mia ${window.pwned=5}"
    )
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_hidden()
    press(page, "Take back the merge")
    expect(page.get_by_role("button", name="Merge", exact=True)).to_be_visible()
    expect(page.locator("#customer-changes")).to_contain_text(
        "Merge with Mia ${window.pwned=5} taken back by local"
    )
    assert read(shop_of_module, kept, "email, merged_into_customer_id") == (None, None)
    assert read(shop_of_module, goes, "email, merged_into_customer_id") == ("mia@example.no", None)


def test_a_person_is_taken_out_once_its_name_is_typed_and_the_purchases_stay(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    customer_id = add(
        shop_of_module, "Nora <b>Gone</b>", email="nora@example.no", city="Oslo", country_code="NO"
    )
    with shop_of_module.connect() as owner:
        buy(owner, (KETTLE, 1), p_customer_id=customer_id)
    go(page, customer_id)
    expect(heading(page, "Nora <b>Gone</b>")).to_be_visible()
    press(page, "Anonymise")
    asked, field = page.locator("#customer-anonymising"), page.get_by_label("Type the customer's name")
    expect(field).to_be_focused()
    expect(asked).to_contain_text("Take the person out of Nora <b>Gone</b>?")
    field.fill("Nora")
    press(page, "Anonymise for good")
    expect(page.get_by_text("Type the name as it stands in the record: Nora <b>Gone</b>.")).to_be_visible()
    field.fill("Nora <b>Gone</b>")
    press(page, "Anonymise for good")
    expect(heading(page, f"Anonymised customer {customer_id}")).to_contain_text("anonymised")
    expect(asked).to_be_hidden()
    for name in ("Edit", "Activate", "Merge", "Anonymise"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(page.locator("#customer-purchases")).to_contain_text("Kettle 1.7 l")
    expect(page.locator("#customer-changes")).to_contain_text("Anonymised by local")
    expect(page.locator("#customer-card")).not_to_contain_text("Nora")
    kept = read(shop_of_module, customer_id, "name, email, city, country_code")
    assert kept == (f"Anonymised customer {customer_id}", None, None, "NO")


def test_the_second_save_of_the_same_record_is_told_what_changed_and_overwrites_nothing_until_begun_again(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    customer_id = add(shop_of_module, "Two Editors", city="Bonn", country_code="DE", gender="female")
    go(page, customer_id)
    expect(heading(page, "Two Editors")).to_be_visible()
    press(page, "Edit")
    expect(page.locator("#customer-form").get_by_role("combobox", name="Country")).to_have_value("Germany")
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.customers SET city = 'Kiel' WHERE customer_id = %s", [customer_id])
    page.get_by_label("Phone").fill("0228 123456")
    press(page, "Save")
    note = page.locator("#customer-note")
    expect(note).to_contain_text("Not saved: postgres changed this record")
    expect(note).to_contain_text("City: Bonn → Kiel")
    expect(page.get_by_label("Phone")).to_have_value("0228 123456")
    press(page, "Save")
    expect(note).to_contain_text("Not saved")
    assert read(shop_of_module, customer_id, "city, phone") == ("Kiel", None)
    note.get_by_role("link", name="begin again").click()
    expect(page.locator("#customer-form").get_by_label("City")).to_have_value("Kiel")
    expect(note).to_be_empty()
    page.locator("#customer-form").get_by_label("City").fill("Berlin")
    page.get_by_label("Phone").fill("0228 123456")
    press(page, "Save")
    expect(page.locator("#customer-changes")).to_contain_text("City: Kiel → Berlin")
    expect(page.locator("#customer-facts")).to_contain_text("+49 228 123456")
    expect(page.locator("#customer-form")).to_be_hidden()
    assert read(shop_of_module, customer_id, "city, phone, row_version") == ("Berlin", "+49228123456", 3)


def test_another_field_is_edited_beside_an_old_phone(shop_of_module: OwnDatabase, page: Page) -> None:
    customer_id = add(shop_of_module, "Old Phone", phone="12", country_code="DE")
    go(page, f"{customer_id}-edit")
    expect(name_field(page)).to_have_value("Old Phone")
    page.locator("#customer-form").get_by_label("City").fill("Bonn")
    press(page, "Save")
    expect(page.locator("#customer-facts")).to_contain_text("Bonn")
    assert read(shop_of_module, customer_id, "city, phone") == ("Bonn", "12")


def test_a_customer_without_purchases_is_deactivated_activated_and_deleted_when_that_is_meant(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    customer_id = add(shop_of_module, "Added By Mistake")
    go(page, customer_id)
    expect(heading(page, "Added By Mistake")).to_be_visible()
    expect(page.get_by_text("No purchases yet")).to_be_visible()
    expect(page.get_by_role("link", name="as CSV")).to_have_count(0)
    press(page, "Deactivate")
    expect(heading(page, "Added By Mistake")).to_contain_text("inactive")
    assert read(shop_of_module, customer_id, "is_active") == (False,)
    press(page, "Activate")
    expect(page.get_by_role("button", name="Deactivate", exact=True)).to_be_visible()
    expect(heading(page, "Added By Mistake")).not_to_contain_text("inactive")
    assert read(shop_of_module, customer_id, "is_active") == (True,)
    press(page, "Delete")
    press(page, "Keep as it is")
    expect(page.locator("#customer-question")).to_be_hidden()
    press(page, "Delete")
    press(page, "Delete for good")
    expect(rows(page).first).to_be_visible()
    expect(names(page).filter(has_text="Added By Mistake")).to_have_count(0)
    assert read(shop_of_module, customer_id, "1") is None


def test_a_customer_with_purchases_is_deactivated_instead_and_the_reason_said(
    shop_of_module: OwnDatabase, page: Page
) -> None:
    go(page, ZOE)
    expect(heading(page, "Zoë Müller")).to_be_visible()
    press(page, "Delete")
    expect(page.locator("#customer-question")).to_contain_text("This customer has 3 purchases")
    expect(page.get_by_role("button", name="Delete for good")).to_be_hidden()
    press(page, "Deactivate instead")
    expect(heading(page, "Zoë Müller")).to_contain_text("inactive")
    expect(page.locator("#customer-question")).to_be_hidden()
    # Others look for her among the active.
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.customers SET is_active = TRUE WHERE customer_id = %s", [ZOE])


def test_hostile_names_are_text_on_every_screen(shop_of_module: OwnDatabase, page: Page) -> None:
    for name in HOSTILE:
        add(shop_of_module, name, city="Hostile")
    together = " ".join(HOSTILE)
    customer_id = add(shop_of_module, together, notes=together)
    go(page, "")
    page.get_by_label("Search").fill("hostile")
    expect(rows(page)).to_have_count(len(HOSTILE))
    assert set(names(page).all_text_contents()) == set(HOSTILE)
    go(page, customer_id)
    expect(heading(page, "active")).to_contain_text(together)
    press(page, "Edit")
    expect(name_field(page)).to_have_value(together)
    typed = dict(
        zip(
            ("How consent was given", "Street", "City", "State", "State code", "Postal code"),
            HOSTILE,
            strict=True,
        )
    )
    for label, text in typed.items():
        page.locator("#customer-form").get_by_label(label, exact=True).fill(text)
    press(page, "Save")
    for label, text in typed.items():
        expect(page.locator("#customer-changes")).to_contain_text(f"{label}: — → {text}")
        expect(page.locator("#customer-facts dl")).to_contain_text(text)
    expect(page.locator("#customer-facts .notes")).to_contain_text(together)


def test_a_customer_who_is_not_there_is_said_to_be_missing(page: Page) -> None:
    go(page, "99999999")
    expect(page.get_by_text("The customer cannot be shown")).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_be_hidden()
    back_to_the_list(page)
    go(page, "99999999-edit")
    expect(page.get_by_text("The customer cannot be edited")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()


def test_a_viewer_sees_customers_and_changes_none(
    address: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workspace.LOCAL_ACTOR", Actor("vera", "crpm_viewer"))
    page = open_page(f"{address}/?tab=customers&key={JOHN}")
    expect(heading(page, "John Carter")).to_be_visible()
    for name in ("Edit", "Deactivate", "Delete"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(page.get_by_text("Changes of this record")).to_be_hidden()
    go(page, "new")
    expect(page.get_by_role("button", name="Add customer")).to_be_visible()
    name_field(page).fill("Vera's friend")
    press(page, "Add customer")
    expect(page.get_by_text("Your role may not do this.")).to_be_visible()
    expect(name_field(page)).to_have_value("Vera's friend")


def test_a_phone_shows_list_card_and_form_without_scrolling_sideways(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address, width=390, height=844)
    for key, place in (
        (None, "#customers-grid tr"),
        (JOHN, "#customer-facts dl"),
        (f"{JOHN}-edit", "#customer-name"),
    ):
        if key:
            go(page, key)
        expect(page.locator(place).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " \u200b "}, "A customer needs a name."),
        ({"name": "A" * 10_000}, "Name has at most 200 characters; these are 10,000."),
        (
            {"email": "a@b"},
            "An e-mail address looks like name@example.com. The part after the @-sign is not valid. "
            "It should have a period.",
        ),
        (
            {"phone": "040 123456"},
            "Begin the phone with + and the code of its country, or choose the country: "
            "a phone looks like +49 40 123456.",
        ),
        (
            {"phone": "12", "country_code": "DE"},
            "12 is no phone: the area code is missing; a phone looks like +49 40 123456.",
        ),
        ({"phone": "ask her", "country_code": "DE"}, "This is no phone; a phone looks like +49 40 123456."),
        (
            {"phone": "+999 40 123456"},
            "No country has the code that this phone begins with; a phone looks like +49 40 123456.",
        ),
        ({"birth_date": "12/04/1988"}, "Birth date must be a day such as 2026-03-24, not 12/04/1988."),
        ({"birth_date": "1899-12-31"}, "Birth date is not before 1900."),
        ({"consent_changed_on": "2199-01-01"}, "The day of consent is not in the future."),
        ({"city": "A" * 321}, "City has at most 320 characters; these are 321."),
        ({"notes": "A" * 10_001}, "Notes has at most 10,000 characters; these are 10,001."),
        ({"phone": "1\x002"}, "Phone contains a character that cannot be shown."),
        ({"street": "\ud800"}, "Street contains a character that cannot be shown."),
    ],
)
def test_what_cannot_be_saved_is_refused_with_its_reason(wrong: dict[str, str], message: str) -> None:
    values = {**EMPTY, "name": "Ana", **wrong}
    assert list(customers_input.problems(values, None).values()) == [message]
    with pytest.raises(InputError, match=re.escape(message)):
        customers_input.details(values, None)


def test_what_is_typed_is_trimmed_and_nothing_becomes_none() -> None:
    values = {
        **EMPTY,
        "name": "  Ana \t Costa ",
        "birth_date": "1988-04-12",
        "notes": " a\nb ",
        "has_marketing_consent": True,
    }
    details = customers_input.details(values, None)
    assert details == replace(
        CustomerDetails(name="Ana Costa"),
        birth_date=details.birth_date,
        notes="a\nb",
        has_marketing_consent=True,
    )
    assert str(details.birth_date) == "1988-04-12"


@pytest.mark.parametrize(
    ("typed", "region", "kept", "shown"),
    [
        ("040/123456", "DE", "+4940123456", "+49 40 123456"),
        ("0049 40 123456", "DE", "+4940123456", "+49 40 123456"),
        ("+44 20 7946 0018", "DE", "+442079460018", "+44 20 7946 0018"),
        ("(617) 555-0123 ext. 12", "US", "+16175550123 ext. 12", "+1 617-555-0123 ext. 12"),
        ("+1 617 555 0123", "AQ", "+16175550123", "+1 617-555-0123"),
    ],
)
def test_a_phone_is_kept_in_one_form_and_shown_in_groups(
    typed: str, region: str, kept: str, shown: str
) -> None:
    values = {**EMPTY, "name": "Ana", "phone": typed}
    assert customers_input.details(values, {"region": region}).phone == kept
    assert customers_input.details({**values, "country_code": region}, None).phone == kept
    assert contacts.shown_phone(kept) == shown
    # What the form shows of it, sent back, is the same phone.
    assert customers_input.details({**values, "phone": shown}, None).phone == kept


@pytest.mark.parametrize("kept", ["040  123456", "not known", "+49 40 12", "+999123456789"])
def test_a_phone_and_an_email_of_a_file_stay_as_they_came_until_they_are_edited(kept: str) -> None:
    opened = {"email": "zoe@intranet", "phone": kept, "region": "DE"}
    values = {**EMPTY, "name": "Ana", "email": "zoe@intranet", "phone": contacts.shown_phone(kept)}
    details = customers_input.details(values, opened)
    assert (details.email, details.phone) == ("zoe@intranet", kept)
    emptied = customers_input.details({**values, "email": "", "phone": ""}, opened)
    assert (emptied.email, emptied.phone) == (None, None)
    assert customers_input.details({**values, "email": "Zoe@EXAMPLE.com"}, opened).email == "Zoe@example.com"
    with pytest.raises(InputError, match="An e-mail address looks like"):
        customers_input.details({**values, "email": "joe@intranet"}, opened)
