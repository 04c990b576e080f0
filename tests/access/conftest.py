from collections.abc import Callable, Iterator
from typing import TypeAlias

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request

from app.access.door import Door
from app.access.passwords import hashed
from app.repositories.users import UsersRepository
from app.server import create_app
from app.ui import shell
from app.ui.page import identity
from app.workspace import Workspace
from db.pool import Actor, Database, Role
from tests.browser import serving, within_event_loop
from tests.conftest import OwnDatabase, clone

PASSWORD = "correct horse battery"
ADMIN = Actor("test", "crpm_admin")

AddUser: TypeAlias = Callable[..., None]
Client: TypeAlias = Callable[[], httpx.Client]


@pytest.fixture(scope="module")
def own(server: str, shop_template: str) -> Iterator[OwnDatabase]:
    with clone(server, shop_template) as own:
        yield own


@pytest.fixture(scope="module")
def database(own: OwnDatabase) -> Iterator[Database]:
    database = Database(own.app_url, max_size=4)
    yield database
    database.close()


@pytest.fixture(scope="module")
def add_user(database: Database) -> AddUser:
    kept = hashed(PASSWORD)

    def add(user_name: str, role_name: Role = "crpm_clerk", *, store_id: int | None = None) -> None:
        with database.transaction(ADMIN) as connection:
            UsersRepository(connection).add(
                user_name=user_name, role_name=role_name, password_hash=kept, store_id=store_id
            )

    return add


@pytest.fixture(scope="module")
def door(database: Database) -> Door:
    return Door(Workspace(database, needs_sign_in=True))


@pytest.fixture(scope="module")
def served(database: Database, door: Door) -> FastAPI:
    """An application with no tabs that asks people to sign in; /who tells as whom it acts."""
    workspace = Workspace(database, needs_sign_in=True)
    routes = APIRouter()

    @routes.get("/who")
    def who(request: Request) -> str:
        with workspace.transaction(request) as connection:
            row = connection.execute("SELECT crpm.acting_user() || ' ' || current_user").fetchone()
        assert row is not None
        return str(row[0])

    @routes.get("/broken")
    def broken() -> None:
        raise RuntimeError("a detail of ours")

    def make() -> FastAPI:
        page = shell.build([], identity=identity(workspace))
        return create_app(page, documents=routes, door=door, allowed_hosts=["*"], max_upload_mb=1)

    return within_event_loop(make)


@pytest.fixture(scope="module")
def address(served: FastAPI) -> Iterator[str]:
    """Where it is served."""
    with serving(lambda: served) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """Opens browsers without a screen."""
    opened: list[httpx.Client] = []

    def open_one() -> httpx.Client:
        opened.append(httpx.Client(base_url=address, headers={"accept": "text/html"}))
        return opened[-1]

    yield open_one
    for browser in opened:
        browser.close()
