"""What people who see, hear or point otherwise need of every screen, by the rules of axe-core."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.documents.routes import router
from app.server import create_app
from app.start import Loads
from app.ui import shell
from app.ui.page import tabs
from tests.browser import OpenPage, serving
from tests.conftest import OwnDatabase
from tests.lending import LentWorkspace
from tests.trade import trade

# Where each screen is, by the tabs to press, and what is on it once it is drawn.
SCREENS = {
    ("Dashboard",): "#dashboard-month .kpi-value",
    ("Customers",): "#customers tr[data-key]",
    ("Products",): "#products tr[data-key]",
    ("Products", "Stock", "Reorder list"): "#stock-reorder-grid",
    ("Products", "Stock", "Stock on a day"): "#stock-onday-grid td",
    ("Products", "Stock", "Value"): "#stock-value-grid td",
    ("Products", "Stock", "Receive and transfer"): "#booking-store input",
    ("Products", "Stock", "Count"): "#counts-grid",
    ("Purchases", "New purchase"): "#till-product input",
    ("Purchases", "Orders"): "#orders-grid tr[data-key]",
    ("Purchases", "Daily close"): "#close-table td",
    ("SQL",): "#console-schema summary",
    ("Data",): "#data-heading h2",
    ("Settings", "Stores"): "#stores-grid td",
    ("Settings", "Exchange rates"): "#currencies-grid td",
    ("Settings", "Company"): "#company-form input",
    ("Settings", "Users"): "#users-add",
    ("Audit",): "#audit-grid td",
    # Last: a check looks through all that has come on the page, and this is most.
    ("Analytics", "Sales"): "#analytics-sales_by_category td",
    ("Analytics", "Products"): "#analytics-best_selling_products td",
    ("Analytics", "Customers"): "#analytics-top_customers td",
}
RECORDS = {
    "customers&key=1": "#customer-purchases tr[data-key]",
    "customers&key=1-edit": "#customer-form input",
    "products&key=1": "#product-levels td",
    "products&key=1-edit": "#product-form input",
}
# Colours of SQL are darkened by a filter, which axe does not take into account.
LOOKED_AT = {"exclude": [["#console-editor .cm-content"]]}


@pytest.fixture
def address(shop_of_module: OwnDatabase) -> Iterator[str]:
    trade(shop_of_module)
    workspace = LentWorkspace()
    documents = router(workspace)
    page = lambda: shell.build(tabs(workspace, Loads("no files are loaded here"), workspace.console))  # noqa: E731
    with serving(lambda: create_app(page(), documents=documents)) as served, workspace.over(shop_of_module):
        yield served


def serious_faults(page: Page, rules: list[str] | None = None) -> set[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = Axe().run(page, LOOKED_AT, options).response["violations"]
    return {
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    }


def test_no_screen_has_a_serious_fault_of_accessibility_in_light_or_dark(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    faults = set()

    def look(sign: str, *, also_in_dark: bool = False) -> None:
        expect(page.locator(sign).first).to_be_visible()
        # What is about to change is pale.
        expect(page.locator(".insight.waiting").filter(visible=True)).to_have_count(0)
        faults.update(serious_faults(page))
        if also_in_dark:
            # A colour on its way to another one is neither.
            page.add_style_tag(content="* { transition: none !important; }")
            page.evaluate("document.body.classList.add('dark')")
            faults.update(f"dark {fault}" for fault in serious_faults(page, ["color-contrast"]))
            page.evaluate("document.body.classList.remove('dark')")

    for names, sign in SCREENS.items():
        for name in names:
            page.get_by_role("tab", name=name, exact=True).locator("visible=true").last.click()
        # The colours of most screens are those of a few.
        look(sign, also_in_dark=names in (("Dashboard",), ("SQL",)))
    for record, sign in RECORDS.items():
        page.goto(f"{address}/?tab={record}")
        look(sign, also_in_dark=True)
    assert faults == set()
