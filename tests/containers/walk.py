"""One path through the app at an address, in a browser: run by `make test-containers`, not collected by its name."""

import os
import re

from playwright.sync_api import expect

from tests.browser import OpenPage


def test_the_first_administrator_sees_figures_finds_a_customer_and_opens_the_data(
    open_page: OpenPage,
) -> None:
    page = open_page(os.environ["CRPM_WALK"])
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password, once more").fill("correct horse battery")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#dashboard-month .kpi-value").first).to_have_text(re.compile(r"\d"))
    page.get_by_role("tab", name="Customers", exact=True).click()
    expect(page.locator("#customers tr[data-key]").first).to_be_visible()
    page.get_by_role("tab", name="Data", exact=True).click()
    expect(page.locator("#data-heading h2")).to_be_visible()
