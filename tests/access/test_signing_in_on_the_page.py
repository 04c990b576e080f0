import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from app.access.door import Door
from app.documents.routes import router
from app.server import create_app
from app.start import Loads
from app.ui import shell
from app.ui.page import identity, tabs
from app.workspace import Workspace
from db.pool import Database
from tests.access.conftest import PASSWORD, AddUser
from tests.browser import OpenPage, serving
from tests.conftest import OwnDatabase
from tests.rules.purchasing import KETTLE


@pytest.fixture(scope="module")
def whole_app(database: Database, door: Door) -> Iterator[str]:
    workspace = Workspace(database, needs_sign_in=True)

    def make() -> object:
        page = shell.build(tabs(workspace, Loads("nothing is loaded here")), identity=identity(workspace))
        return create_app(page, documents=router(workspace), door=door, allowed_hosts=["*"])

    with serving(make) as address:
        yield address


def test_who_is_signed_out_meanwhile_signs_in_again_and_is_where_they_were(
    open_page: OpenPage, whole_app: str, add_user: AddUser, own: OwnDatabase
) -> None:
    add_user("olga", "crpm_clerk")
    page = open_page(f"{whole_app}/?tab=customers", may_fail=True)

    def sign_in(password: str, name: str = "olga") -> None:
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")

    expect(page).to_have_title("Sign in \u00b7 CRPM")
    sign_in("something else")
    expect(page.get_by_role("alert")).to_have_text("User name and password do not fit.")
    sign_in(PASSWORD)
    expect(page.get_by_role("link", name="olga \u00b7 clerk")).to_be_visible()
    expect(page.locator("#customers tr[data-key]").first).to_be_visible()
    expect(page.get_by_role("button", name="New customer").filter(visible=True)).to_have_count(1)
    with own.connect() as connection:
        connection.execute("UPDATE crpm.sessions SET revoked_at = now()")
    page.goto(f"{whole_app}/?tab=products")
    expect(page).to_have_title("Sign in \u00b7 CRPM")
    sign_in(PASSWORD)
    expect(page).to_have_url(re.compile(r"\?tab=products$"))
    expect(page.locator("#products tr[data-key]").first).to_be_visible()
    page.get_by_role("link", name="olga \u00b7 clerk").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in \u00b7 CRPM")
    # An analyst finds no tab about people.
    add_user("ann", "crpm_analyst")
    sign_in(PASSWORD, "ann")
    expect(page.get_by_role("link", name="ann \u00b7 analyst")).to_be_visible()
    expect(page.get_by_role("tab", name="Customers")).to_be_hidden()
    # What would lead to a hidden one is text, also for the keyboard.
    told = page.locator("#dashboard .empty p").first
    expect(told).to_contain_text("load your files in Data")
    expect(told.locator("a[href], a[data-tab]")).to_have_count(0)
    # The card of a product has no names of those who set its prices or moved it.
    page.evaluate(f"crpm.open('products', '{KETTLE}')")
    expect(page.locator("#product-levels td").first).to_be_visible()
    expect(page.locator("#product-figures")).to_contain_text("49.90")
    expect(page.locator("#product-prices .timeline, #product-ledger .grid")).to_have_count(0)
    page.goto(f"{whole_app}/?tab=customers")
    expect(page.get_by_text("The customers cannot be shown")).to_be_visible()
    expect(page.get_by_text("Your role may not do this.")).to_be_visible()
    page.get_by_role("tab", name="Analytics").click()
    expect(page.locator("#analytics").get_by_text("No sales yet")).to_be_visible()
    # A viewer is offered nothing that only others may do.
    with own.connect() as connection:
        connection.execute("UPDATE crpm.users SET role_name = 'crpm_viewer' WHERE user_name = 'ann'")
    page.goto(f"{whole_app}/?tab=customers")
    expect(page.get_by_role("link", name="ann \u00b7 viewer")).to_be_visible()
    expect(page.locator("#customers tr[data-key]").first).to_be_visible()
    expect(page.get_by_role("button", name="New customer").filter(visible=True)).to_have_count(0)
    page.get_by_role("tab", name="Purchases").click()
    expect(page.get_by_text("Your role sees what a purchase would cost and records none")).to_be_visible()
    expect(page.get_by_role("button", name="Start over")).to_be_visible()
    expect(page.locator("#till-record, #till-park, #till-new-customer").filter(visible=True)).to_have_count(0)
    page.get_by_role("tab", name="Data").click()
    expect(page.locator("#data-heading h2")).to_be_visible()
    expect(page.locator("#data-upload")).to_be_hidden()
