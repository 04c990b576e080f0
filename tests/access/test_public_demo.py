from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import APIRouter, Request
from psycopg import sql

from app.access.door import Door
from app.demo import ACCOUNTS, Demo, forget_uploads, last_return
from app.errors import NotAllowedError
from app.repositories.company import CompanyRepository, SettingsDetails
from app.repositories.reference import ReferenceRepository
from app.repositories.users import AccessRepository, UsersRepository
from app.server import create_app
from app.ui import shell
from app.ui.page import identity
from app.workspace import Workspace, told
from db.demo_state import go_back, since
from db.errors import NotTheDemoError
from db.install import install
from db.pool import Actor, Database
from tests.browser import serving
from tests.conftest import HERE, OwnDatabase, clone

DEMO_ADMIN = Actor("demo-admin", "crpm_admin")
# What a visit leaves behind, and what the next number of a customer would be.
LEFT = """
SELECT
    (SELECT count(*) FROM crpm.customers), (SELECT count(*) FROM crpm.sessions), (SELECT count(*) FROM crpm.sign_in_tries),
    (SELECT count(*) FROM crpm.audit_log), (SELECT string_agg(u.user_name, ' ' ORDER BY u.user_id) FROM crpm.users AS u),
    (SELECT s.last_value FROM pg_sequences AS s WHERE s.sequencename = 'customers_customer_id_seq')
"""


def build(url: str) -> None:
    """A small demo: the shop of the tests."""
    install(url)
    with psycopg.connect(url) as connection:
        connection.execute((HERE / "shop.sql").read_bytes())
        connection.execute("UPDATE crpm.settings SET is_demo = TRUE")


@pytest.fixture(scope="module")
def own(server: str, empty_template: str) -> Iterator[OwnDatabase]:
    with clone(server, empty_template) as own:
        yield own
        with psycopg.connect(server, autocommit=True) as connection:
            named = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name_of(own)}_%"]
            ).fetchall()
            for (name,) in named:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        assert [name for (name,) in named] == [f"{name_of(own)}_demo_state"]


@pytest.fixture(scope="module")
def database(own: OwnDatabase) -> Iterator[Database]:
    database = Database(own.app_url, max_size=4)
    yield database
    database.close()


@pytest.fixture(scope="module")
def demo(own: OwnDatabase) -> Demo:
    demo = Demo(own.owner_url, 4, build)
    demo.begin()
    return demo


@pytest.fixture(scope="module")
def address(database: Database, demo: Demo) -> Iterator[str]:
    workspace = Workspace(database, needs_sign_in=True)
    routes = APIRouter()

    @routes.get("/who")
    def who(request: Request) -> str:
        return str(identity(workspace, demo=demo)(request))

    def make() -> object:
        page = shell.build([], identity=identity(workspace, demo=demo))
        return create_app(page, documents=routes, door=Door(workspace, demo=demo), allowed_hosts=["*"])

    with serving(make) as address:
        yield address


def name_of(own: OwnDatabase) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(own.owner_url)["dbname"])


def left(own: OwnDatabase) -> tuple[object, ...] | None:
    with own.connect() as connection:
        return connection.execute(LEFT).fetchone()


def test_periods_begin_at_the_same_moments_for_every_process() -> None:
    for hour, begun in ((0, 0), (3, 0), (4, 4), (23, 20)):
        now = datetime(2026, 3, 29, hour, 59, 59, tzinfo=UTC)
        assert last_return(now, 4) == datetime(2026, 3, 29, begun, tzinfo=UTC)
    assert last_return(datetime(2026, 3, 29, 1, tzinfo=UTC), 24) == datetime(2026, 3, 29, tzinfo=UTC)


def test_everything_goes_back_though_people_are_connected_and_only_when_it_is_time(
    own: OwnDatabase, demo: Demo, database: Database
) -> None:
    first = left(own)
    assert first is not None
    assert first[4] == " ".join(ACCOUNTS.values())
    with own.connect() as other:
        with database.transaction(DEMO_ADMIN) as connection:
            connection.execute("INSERT INTO crpm.customers (name) VALUES ('Left by a visitor')")
        demo.begin()  # as another process does in the same period
        demo.look()
        assert left(own) != first
        forgotten: list[bool] = []
        demo.forget = lambda: forgotten.append(True)
        made_at = since(own.owner_url)
        demo.go_back()
        assert left(own) == first
        assert since(own.owner_url) > made_at
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    with database.transaction(DEMO_ADMIN) as connection:
        assert ReferenceRepository(connection).settings()
    assert forgotten == [True]
    # Another process goes back, and this one notices.
    go_back(own.owner_url, build=demo._build)
    demo.look()
    demo.look()
    assert forgotten == [True, True]


def test_the_state_is_made_anew_for_another_edition_and_nobody_can_connect_to_it(
    own: OwnDatabase, demo: Demo
) -> None:
    built: list[str] = []

    def note(url: str) -> None:
        built.append(url)
        demo._build(url)

    for edition in ("tomorrow's", "tomorrow's", None):
        go_back(own.owner_url, build=note, edition=edition)
    assert len(built) == 1
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(own.owner_url, dbname=f"{name_of(own)}_demo_state")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert go_back(own.owner_url, build=note, unless_since=later) < later


def test_own_data_is_never_replaced_by_the_demo(shop: OwnDatabase) -> None:
    before = left(shop)
    with pytest.raises(NotTheDemoError, match="holds data of your own"):
        Demo(shop.owner_url, 4, build).begin()
    assert left(shop) == before
    assert since(shop.owner_url) is None


@pytest.mark.usefixtures("demo")
def test_demo_administrators_neither_manage_users_nor_end_the_demo(database: Database) -> None:
    def users(change: Callable[[UsersRepository], object]) -> Callable[[psycopg.Connection], object]:
        return lambda connection: change(UsersRepository(connection))

    refused: list[Callable[[psycopg.Connection], object]] = [
        users(
            lambda them: them.add(user_name="eve", role_name="crpm_admin", password_hash="x", store_id=None)
        ),
        users(lambda them: them.set_active("demo-clerk", is_active=False)),
        users(lambda them: them.reset_password("demo-clerk", password_hash="x")),
        lambda connection: CompanyRepository(connection).remove_demo_data(),
        lambda connection: connection.execute("UPDATE crpm.settings SET is_demo = FALSE"),
    ]
    for change in refused:
        with pytest.raises(NotAllowedError), told(), database.transaction(DEMO_ADMIN) as connection:
            change(connection)
    with pytest.raises(NotAllowedError), Workspace(database).before_sign_in("demo-clerk") as connection:
        AccessRepository(connection).set_password("demo-clerk", password_hash="x")
    with database.transaction(DEMO_ADMIN) as connection:
        company = ReferenceRepository(connection).settings()
        assert company
        kept = {field.name: getattr(company, field.name) for field in fields(SettingsDetails)}
        CompanyRepository(connection).update_settings(
            details=SettingsDetails(**kept | {"address": "1 Quay"}), row_version=company.row_version
        )
        assert len(UsersRepository(connection).all()) == len(ACCOUNTS)


def test_visitors_look_around_in_each_role_until_an_administrator_brings_the_demo_back(
    address: str, demo: Demo
) -> None:
    browsers = {role: httpx.Client(base_url=address, headers={"accept": "text/html"}) for role in ACCOUNTS}
    shown = browsers["clerk"].get("/login?wanted=/who").text
    assert f"at {demo.next_return():%H:%M} UTC" in shown
    for role, browser in browsers.items():
        assert f"Look around as {'an' if role == 'admin' else 'a'} {role}" in shown
        assert browser.post("/demo", data={"role": role, "wanted": "/who"}).headers["location"] == "/who"
        assert f"demo-{role} · {role} · goes back at" in browser.get("/who").text
        assert ("first state now" in browser.get("/account").text) == (role == "admin")
    stranger = httpx.Client(base_url=address)
    assert stranger.post("/demo", data={"role": "crpm_owner"}).status_code == 403
    assert stranger.post("/demo/return").status_code == 401
    assert browsers["manager"].post("/demo/return").status_code == 403
    form = {"user_name": "demo-clerk", "password": ""}
    assert stranger.post("/login", data=form).status_code == 403
    new = {"old_password": "", "password": "a longer story", "repeated": "a longer story"}
    assert browsers["clerk"].post("/account", data=new).status_code == 403
    assert "as it was at first" in browsers["admin"].post("/demo/return").text
    for browser in (*browsers.values(), stranger):
        assert browser.get("/who", headers={"accept": "*/*"}).status_code == 401
        browser.close()


def test_files_of_visitors_are_removed(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "hash").mkdir()
    (folder / "hash" / "Customers.csv").write_text("x")
    (folder / "loose.csv").write_text("x")
    forget_uploads(folder)
    assert list(folder.iterdir()) == []
