from functools import partial

import pytest
from playwright.sync_api import Page, expect

from app.ui.shell import TabSpec
from app.ui.tabs import settings
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.ui.conftest import ServeTabs


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    return serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("settings", "Settings", partial(settings.build, workspace))],
    )


def choose(page: Page, label: str, wanted: str) -> None:
    field = page.get_by_label(label, exact=True).locator("visible=true").first
    field.fill("")
    # Keys, since the list of choices gets shorter with them alone.
    field.press_sequentially(wanted[:12])
    page.get_by_role("option", name=wanted).first.click()


def section(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).locator("visible=true").last.click()


def test_a_business_is_set_up_and_changed_without_a_line_of_sql(
    shop_of_module: OwnDatabase, address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    _stores(page, shop_of_module)
    _rates(page)
    _taxes(page)
    _company(page, shop_of_module)
    _users(page)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("Stores", "Exchange rates", "Tax", "Company", "Users"):
            section(page, name)
            assert page.evaluate("document.documentElement.scrollWidth") == width


def _stores(page: Page, own: OwnDatabase) -> None:
    form, rows = page.locator("#store-form"), page.locator("#stores-grid tbody tr")
    page.locator("#stores-add").click()
    form.get_by_label("Name").fill("Lyon <b>Centre</b>")
    form.get_by_label("Square metres").fill("many")
    page.locator("#store-save").click()
    expect(page.get_by_text("The area must be an amount")).to_be_visible()
    form.get_by_label("Square metres").fill("120.5")
    page.locator("#store-save").click()
    expect(page.get_by_text("A shop needs a country")).to_be_visible()
    choose(page, "Country", "France")
    choose(page, "Sells in", "EUR, Euro")
    choose(page, "Time zone", "Europe/Paris")
    form.get_by_label("Prices on the shelf contain the tax").check()
    form.get_by_label("Opened on").fill("02.05.2019")
    page.locator("#store-save").click()
    expect(page.get_by_text("The day of opening must be a day such as 2026-03-24")).to_be_visible()
    form.get_by_label("Opened on").fill("2019-05-02")
    page.locator("#store-save").click()
    added = rows.filter(has_text="Lyon <b>Centre</b>")
    for text in ("France", "EUR", "Europe/Paris", "with tax", "2019-05-02"):
        expect(added).to_contain_text(text)
    added.click()
    expect(form.get_by_label("Square metres")).to_have_value("120.5")
    with own.connect() as owner:
        owner.execute("UPDATE crpm.stores SET state = 'Rhone' WHERE name LIKE 'Lyon%'")
    form.get_by_label("Active: sells and receives").uncheck()
    page.locator("#store-save").click()
    expect(page.locator("#store-note")).to_contain_text("state: — → Rhone")
    added.click()
    expect(form.get_by_label("State")).to_have_value("Rhone")
    form.get_by_label("Active: sells and receives").uncheck()
    page.locator("#store-save").click()
    expect(added).to_contain_text("inactive")


def _rates(page: Page) -> None:
    section(page, "Exchange rates")
    euro = page.locator("#currencies-grid tbody tr", has_text="EUR")
    euro.click()
    page.locator("#rate-day input").fill("2199-01-01")
    page.locator("#rate-units input").fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("An exchange rate is more than zero")).to_be_visible()
    page.locator("#rate-units input").fill("0.987")
    page.keyboard.press("Enter")
    expect(page.locator("#rates-grid tbody tr").first).to_contain_text("0.987")
    expect(page.locator("#rates-grid tbody tr").first).to_contain_text("entered by hand")
    expect(euro).to_contain_text("0.987")
    expect(euro).to_contain_text("usable")
    # The day typed is far from the one before.
    expect(euro.locator("td").nth(5)).to_have_text("1")
    expect(page.locator("#rates-line svg").first).to_be_visible()
    expect(page.locator("#rates-hint").get_by_role("link", name="Data tab")).to_be_visible()


def _taxes(page: Page) -> None:
    section(page, "Tax")
    page.locator("#tax-new-class input").fill("Books")
    page.keyboard.press("Enter")
    expect(page.locator("#tax-new-class input")).to_have_value("")
    choose(page, "Class", "Books")
    choose(page, "Country", "France")
    page.locator("#tax-from input").fill("0020-01-01")
    page.locator("#tax-percent input").fill("5.5%")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The first day is not before 1900.")).to_be_visible()
    page.locator("#tax-from input").fill("2020-01-01")
    page.locator("#tax-percent input").press("Enter")
    row = page.locator("#tax-grid tbody tr", has_text="Books")
    expect(row).to_contain_text("France")
    expect(row).to_contain_text("5.5")
    expect(row).to_contain_text("now")


def _company(page: Page, own: OwnDatabase) -> None:
    section(page, "Company")
    form = page.locator("#company-form")
    form.get_by_label("Address").fill("1 Harbour Road\nBoston <b>MA</b>")
    form.get_by_label("Reorder point of products from files").fill("2147483648")
    page.locator("#company-save").click()
    expect(page.get_by_text("The reorder point is at most 1,000,000,000")).to_be_visible()
    form.get_by_label("Reorder point of products from files").fill("4")
    form.get_by_label("Tax number").fill("1" * 101)
    form.get_by_label("Months to keep the audit log").fill("24")
    page.locator("#company-save").click()
    expect(page.get_by_text("A tax number has at most 100 characters")).to_be_visible()
    form.get_by_label("Tax number").fill("DE 123")
    form.get_by_label("Line at the foot").fill("Merci \U0001f600")
    choose(page, "Time zone", "Europe/Paris")
    page.locator("#company-save").click()
    expect(page.locator(".toast-body", has_text="Receipts say so")).to_be_visible()
    with own.connect() as owner:
        kept = owner.execute(
            """
            SELECT company_name, time_zone, address, tax_number, receipt_footer, default_reorder_point, records_kept_months
            FROM crpm.settings
            """
        ).fetchone()
    assert kept == (
        *(
            "Harbour & Hill",
            "Europe/Paris",
            "1 Harbour Road\nBoston <b>MA</b>",
            "DE 123",
            "Merci \U0001f600",
            4,
        ),
        24,
    )


def _users(page: Page) -> None:
    section(page, "Users")
    expect(page.get_by_text("Nobody signs in here")).to_be_visible()
    page.locator("#users-add").click()
    page.locator("#user-name input").fill("Mia")
    page.locator("#user-password input").fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A password has at least 10 characters")).to_be_visible()
    page.locator("#user-password input").fill("long enough to keep")
    page.keyboard.press("Enter")
    row = page.locator("#users-grid tbody tr", has_text="mia")
    expect(row).to_contain_text("clerk")
    row.click()
    expect(page.locator("#user-name input")).to_be_disabled()
    page.locator("#user-active input").uncheck()
    page.locator("#user-save").click()
    expect(row).to_contain_text("inactive")
