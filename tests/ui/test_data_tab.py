import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import psycopg
import pytest
from playwright.sync_api import Page, expect

from app.errors import InputError
from app.repositories.loads import LoadsRepository
from app.server import create_app
from app.ui import shell, uploads
from app.ui.grid import GridState
from app.ui.insights import is_at_least
from app.ui.loads_view import LoadsView
from app.ui.progress import steps_then_result
from app.ui.shell import TabSpec
from app.ui.tabs import data
from db.pool import Actor, Database
from loader.account import Report
from loader.cells import DateOrder
from loader.loading import load
from loader.progress import Progress
from loader.undoing import undo
from tests.browser import OpenPage, serving
from tests.conftest import OwnDatabase
from tests.lending import LentWorkspace
from tests.loader.adventure import write_adventure

STORES = (
    "StoreKey,Country,State,Square Meters,Open Date\n1,Germany,Hamburg,420,13/2/2015\n0,Online,,,1/1/2014\n"
)
CUSTOMERS = (
    "CustomerKey,Gender,Name,City,State Code,State,Zip Code,Country,Continent,Birthday\n"
    "301,Female,Ana <b>Costa</b>,Hamburg,HH,Hamburg,20095,Germany,Europe,{first}\n"
    "302,Male,Ben Ivanov,Hamburg,HH,Hamburg,20095,Germany,Europe,{second}\n"
)


class LentLoads:
    """What the app's start hands to the tab, over the database that the workspace is lent to."""

    def __init__(self, workspace: LentWorkspace, demo: Path) -> None:
        self._workspace = workspace
        self._demo = demo

    def load_files(
        self,
        folder: Path,
        date_order: DateOrder | None,
        actor: Actor,
        progress: Progress,
        **options: Any,
    ) -> Report:
        url = self._workspace.own.owner_url
        return load(url, folder, actor=actor, date_order=date_order, progress=progress, **options)

    def undo(self, load_id: int, actor: Actor, progress: Progress) -> None:
        undo(self._workspace.own.owner_url, load_id, actor=actor, progress=progress)

    def load_demo(self, actor: Actor, progress: Progress) -> Report:
        return load(
            self._workspace.own.owner_url,
            self._demo,
            actor=actor,
            is_demo=True,
            company_name="Fjord & Field",
            progress=progress,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "Stores.csv").write_text(STORES)
    (folder / "Customers.csv").write_text(CUSTOMERS.format(first="2/30/1988", second="11/30/1975"))
    return folder


@pytest.fixture(scope="module")
def workspace() -> LentWorkspace:
    return LentWorkspace()


@pytest.fixture(scope="module")
def address(workspace: LentWorkspace, folder: Path) -> Iterator[str]:
    tab = TabSpec("data", "Data", partial(data.build, workspace, LentLoads(workspace, folder)))
    with serving(lambda: create_app(shell.build([tab], identity="test"))) as served:
        yield served


@pytest.fixture
def address_of_empty(workspace: LentWorkspace, empty: OwnDatabase, address: str) -> Iterator[str]:
    with workspace.over(empty):
        yield address


@pytest.fixture
def address_of_shop(workspace: LentWorkspace, shop: OwnDatabase, address: str) -> Iterator[str]:
    with workspace.over(shop):
        yield address


def choose(page: Page, label: str, typed: str, option: str) -> None:
    page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("option", name=option).first.click()


def choose_files(page: Page, *files: Path) -> None:
    clear = page.locator("#data-files-chosen").get_by_role("button", name="Clear")
    if clear.count():
        clear.click()
    with page.expect_file_chooser() as chooser:
        page.locator("#data-files-chosen button").first.click()
    chooser.value.set_files(list(files))
    expect(page.locator("#data-files-chosen")).to_contain_text(files[0].stem)


def send(page: Page, *files: Path) -> None:
    choose_files(page, *files)
    page.get_by_role("button", name="Load", exact=True).click()


def test_first_run_tries_the_demo_and_then_sets_up_company_and_store(
    empty: OwnDatabase, address_of_empty: str, open_page: OpenPage
) -> None:
    page = open_page(address_of_empty)
    page.get_by_role("button", name="Load the demo data").click()
    expect(page.get_by_role("heading", name="Fjord & Field")).to_be_visible()
    page.get_by_role("button", name="Remove demo data").click()
    page.get_by_role("button", name="Remove everything").click()
    expect(page.get_by_role("heading", name="Set up your company")).to_be_visible()
    with empty.connect() as connection:
        assert connection.execute("SELECT count(*) FROM crpm.customers").fetchone() == (0,)
    # Without a base currency nothing is set up.
    page.get_by_label("Company name").fill("Harbour & Hill")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("Choose the base currency.")).to_be_visible()
    choose(page, "Base currency", "Euro", "EUR, Euro")
    page.get_by_label("Store name").fill("Hamburg")
    choose(page, "Country", "Germ", "Germany")
    # The country's currency is proposed.
    expect(page.get_by_label("Sells in")).to_have_value("EUR, Euro")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Harbour & Hill")).to_be_visible()
    expect(page.get_by_text("No loads yet").first).to_be_visible()
    expect(page.locator("#data-remove-demo")).to_be_hidden()
    with empty.connect() as connection:
        settings = connection.execute(
            "SELECT company_name, base_currency_code, is_demo FROM crpm.settings"
        ).fetchone()
        stores = connection.execute("SELECT name, country_code, currency_code FROM crpm.stores").fetchall()
    assert settings == ("Harbour & Hill", "EUR", False)
    assert stores == [("Hamburg", "DE", "EUR")]


def test_uploaded_files_are_loaded_asked_about_or_explained_and_every_row_is_accounted_for(
    shop: OwnDatabase, folder: Path, tmp_path: Path, address_of_shop: str, open_page: OpenPage
) -> None:
    page = open_page(address_of_shop)
    status, loads = page.locator("#data-status"), page.locator("#data-loads tbody tr")
    send(page, folder / "Customers.csv", folder / "Stores.csv")
    expect(status).to_contain_text("4 read, 2 loaded, 0 updated, 2 rejected")
    expect(page.locator("#data-files tbody tr")).to_have_count(2)
    expect(page.locator("#data-files tfoot td")).to_have_text(
        ["All files", "4", "2", "0", "0", "2", "0", "", ""]
    )
    reject = page.locator("#data-rejects tbody tr")
    expect(reject).to_have_count(2)
    expect(reject.filter(has_text="2/30/1988")).to_contain_text("Ana <b>Costa</b>")
    expect(reject.filter(has_text="2/30/1988")).to_contain_text("open")
    expect(page.locator("#data-rejects-files a").first).to_have_attribute(
        "href", "exports/rejects/1/Customers.csv"
    )
    expect(loads).to_have_count(1)
    # Days and months that cannot be told apart are asked about, and so are decimals and thousands.
    (tmp_path / "Customers.csv").write_text(CUSTOMERS.format(first="2/3/1988", second="4/5/1975"))
    (tmp_path / "Stores.csv").write_text(STORES.replace("420", "1.234").replace("0,Online,,,1/1/2014\n", ""))
    send(page, tmp_path / "Customers.csv", tmp_path / "Stores.csv")
    expect(status).to_contain_text("Choose how these files write a date and a number, and load again.")
    page.get_by_label("Day first").check()
    page.get_by_label("Decimal comma").check()
    is_live = page.get_by_label("The sales are new: take them out of stock")
    is_live.check()
    page.get_by_role("button", name="Load", exact=True).click()
    expect(status).to_contain_text("3 read, 1 loaded, 2 updated")
    # For one load only: what is history must not take stock by mistake.
    expect(is_live).not_to_be_checked()
    expect(page.locator("#data-files tbody")).to_contain_text("utf-8, day first")
    expect(page.locator("#data-files tbody")).to_contain_text("day first, decimal comma")
    with shop.connect() as connection:
        born = connection.execute("SELECT birth_date FROM crpm.customers WHERE source_key = '301'").fetchone()
        area = connection.execute("SELECT area_m2 FROM crpm.stores WHERE source_key = '1'").fetchone()
        live = connection.execute("SELECT is_live FROM crpm.loads ORDER BY load_id").fetchall()
    assert area == (1234,)
    assert born == (date(1988, 3, 2),)
    assert live == [(False,), (True,)]
    # Of an earlier load the account is a click away, on a phone as well.
    expect(loads).to_have_count(2)
    loads.last.click()
    expect(page.locator("#data-account")).to_contain_text("Load 1")
    expect(page).to_have_url(re.compile("key=1"))
    expect(page.locator("#data-files tbody tr")).to_have_count(2)
    expect(reject.filter(has_text="2/30/1988")).to_contain_text("resolved by load")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # A field that a person and the file have changed, differently, is shown with both.
    page.set_viewport_size({"width": 1280, "height": 900})
    with shop.connect() as connection:
        connection.execute("UPDATE crpm.customers SET city = 'Bremen' WHERE source_key = '301'")
    (tmp_path / "Customers.csv").write_text(
        CUSTOMERS.format(first="13/3/1988", second="4/5/1975").replace("Hamburg", "Kiel")
    )
    send(page, tmp_path / "Customers.csv")
    expect(page.locator("#data-conflicts tbody td")).to_have_text(
        ["Customers.csv", "2", "Ana <b>Costa</b>", "City", "Hamburg", "Kiel", "Bremen"]
    )
    expect(loads).to_have_count(3)
    # A file that means nothing is no load.
    (tmp_path / "Recipes.csv").write_text("dish,minutes\nsoup,20\n")
    send(page, tmp_path / "Recipes.csv")
    expect(page.locator("#data-status .bad")).to_be_visible()
    expect(loads).to_have_count(3)


def test_files_of_another_form_are_shown_as_understood_with_a_mapping_to_change_and_are_loaded_by_it(
    shop: OwnDatabase, folder: Path, tmp_path: Path, address_of_shop: str, open_page: OpenPage
) -> None:
    page = open_page(address_of_shop)
    understood, mapping = page.locator("#data-understood"), page.locator("#data-mapping-text textarea")
    choose_files(page, folder / "Customers.csv")
    expect(understood).to_contain_text("customers, utf-8, comma")
    expect(understood).to_contain_text("Birth date ← Birthday")
    expect(understood).to_contain_text("2/30/1988 · 11/30/1975")
    expect(mapping).to_have_count(0)
    write_adventure(tmp_path / "adventure")
    files = sorted((tmp_path / "adventure").iterdir())
    choose_files(page, archive_of(tmp_path / "adventure.zip", files))
    expect(understood).to_contain_text("These files are of another form.")
    expect(understood).to_contain_text("Name ← {FirstName} {LastName}")
    proposed = mapping.input_value()
    # What is wrong with a change is said at once; nothing is loaded by it.
    mapping.fill(proposed.replace("[customers]", "[clients]"))
    mapping.blur()
    expect(understood.locator(".bad")).to_contain_text("The mapping")
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.locator("#data-status .bad")).to_contain_text("The mapping")
    mapping.fill(proposed)
    mapping.blur()
    expect(understood).to_contain_text("{FirstName} {LastName}")
    for width, is_dark in ((390, True), (1440, False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.locator("#data-status .notice")).to_contain_text("Load 1: ")
    expect(understood).not_to_be_visible()
    with shop.connect() as connection:
        counted = connection.execute(
            "SELECT count(*) FROM crpm.order_lines WHERE load_file_id IS NOT NULL"
        ).fetchone()
    assert counted
    assert counted[0] > 100


def archive_of(path: Path, files: Sequence[Path]) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for file in files:
            opened.write(file, file.name)
    return path


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        for name, text in members.items():
            opened.writestr(name, text)
    return path


def test_an_archive_is_unpacked_by_the_last_part_of_its_names(tmp_path: Path) -> None:
    members = {
        "../../etc/Sales.csv": "a\n1\n",
        "deep\\Stores.csv": "b\n",
        "Customers.CSV.gz": "c\n",
        "Products.xlsx": "p\n",
        "__MACOSX/._Sales.csv": "x",
        "notes.txt": "n",
    }
    with uploads.gathered([archive(tmp_path / "files.zip", **members)]) as gathered:
        assert {path.name: path.read_text() for path in gathered.iterdir()} == {
            "Sales.csv": "a\n1\n",
            "Stores.csv": "b\n",
            "Customers.CSV.gz": "c\n",
            "Products.xlsx": "p\n",
        }
        kept = gathered
    assert not kept.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("broken.zip", b"PK no archive", "cannot be unpacked"), ("empty.zip", None, "no CSV or Excel file")],
)
def test_an_archive_without_tables_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is None:
        archive(path)
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message), uploads.gathered([path]):
        pass


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Sales.csv").write_text("a\n")
    both = [tmp_path / "Sales.csv", archive(tmp_path / "more.zip", **{"Sales.csv": "b\n"})]
    with pytest.raises(InputError, match="two files called Sales"), uploads.gathered(both):
        pass


def test_an_archive_too_large_when_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_limit", uploads.MAX_UNPACKED_BYTES)
    uploads.unpack_at_most(10)
    with (
        pytest.raises(InputError, match="too large"),
        uploads.gathered([archive(tmp_path / "a.zip", **{"A.csv": "x" * 11})]),
    ):
        pass


def test_files_of_a_browser_are_removed_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_FOLDER", tmp_path / "uploads")
    (tmp_path / "uploads").mkdir()
    sent, other = tmp_path / "uploads" / "Sales.csv", tmp_path / "Sales.csv"
    for file in (sent, other):
        file.write_text("a\n")
    uploads.forget([sent, other, tmp_path / "uploads" / ".." / "Sales.csv", sent])
    assert (sent.exists(), other.exists()) == (False, True)


def test_steps_come_before_the_result_and_errors_come_through() -> None:
    def work(tell: Progress) -> int:
        tell("one")
        tell("two")
        return 3

    def broken(tell: Progress) -> int:
        tell("one")
        raise psycopg.errors.InsufficientPrivilege

    assert list(steps_then_result(work)) == ["one", "two", 3]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        list(steps_then_result(broken))


def test_a_load_is_tried_out_loaded_and_taken_back(
    shop: OwnDatabase, folder: Path, address_of_shop: str, open_page: OpenPage
) -> None:
    page = open_page(address_of_shop)
    status, loads = page.locator("#data-status"), page.locator("#data-loads tbody tr")
    trial = page.get_by_label("Only try it out")
    trial.check()
    send(page, folder / "Customers.csv", folder / "Stores.csv")
    expect(status).to_contain_text("nothing was written: 4 read, 2 loaded, 0 updated, 2 rejected")
    expect(status).to_contain_text("Customers")
    expect(status).to_contain_text(re.compile("[0-9]+ → [0-9]+"))
    expect(loads).to_have_count(0)
    # The files are still chosen: now in earnest.
    trial.uncheck()
    page.get_by_role("button", name="Load", exact=True).click()
    expect(loads).to_have_count(1)
    with shop.connect() as connection:
        connection.execute(
            "INSERT INTO crpm.customers (name, merged_into_customer_id) "
            "SELECT 'Twin', customer_id FROM crpm.customers WHERE source_key = '302'"
        )
    take_back, undo_status = page.locator("#data-take-back"), page.locator("#data-undo-status")
    take_back.click()
    expect(page.locator("#data-undo")).to_contain_text("Take back load")
    page.get_by_role("button", name="Keep it").locator("visible=true").click()
    expect(page.locator("#data-undo")).to_be_hidden()
    take_back.click()
    page.get_by_role("button", name="Take it back").click()
    expect(undo_status).to_contain_text("cannot be taken back. Of what it brought:")
    expect(undo_status.locator("li")).to_have_text(
        ["carrying the history of another customer: 1 (customer Ben Ivanov)"]
    )
    with shop.connect() as connection:
        connection.execute("DELETE FROM crpm.customers WHERE name = 'Twin'")
    take_back.click()
    page.get_by_role("button", name="Take it back").click()
    expect(undo_status).to_contain_text("is taken back.")
    expect(page.locator("#data-account")).to_contain_text("Taken back")
    expect(take_back).to_be_hidden()
    with shop.connect() as connection:
        left = connection.execute("SELECT count(*) FROM crpm.customers WHERE source_key = '302'").fetchone()
    assert left == (0,)


def test_a_load_is_offered_to_be_taken_back_to_those_who_may_load(shop: OwnDatabase, folder: Path) -> None:
    load(shop.owner_url, folder, actor=Actor("ada", "crpm_manager"))
    with gr.Blocks():
        view = LoadsView()
        view.place_account()
        view.place_lists()
    offered = view.outputs.index(view.take_back)
    database = Database(shop.app_url, max_size=1)
    for role, is_offered in (("crpm_clerk", False), ("crpm_manager", True)):
        with database.transaction(Actor("eve", role)) as connection:
            shown = view.filled(
                LoadsRepository(connection),
                "",
                *[GridState()] * 3,
                may_see_rejects=is_at_least(role, "crpm_manager"),
            )
        assert shown[offered]["visible"] is is_offered
    database.close()
