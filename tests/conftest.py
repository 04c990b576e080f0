"""One real PostgreSQL for the whole run; a database of its own for each test that asks for one.

The server is TEST_DATABASE_URL; else, with CRPM_TEST_CONTAINERS=1, a container; else the embedded one. Two template
databases are built once: an empty one, and one with the shop of shop.sql. A test works on a clone of either.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from db.embedded import running
from db.install import install
from db.pool import Actor, Database, Role
from tests.folders import quick_folder

pytest_plugins = ["tests.browser"]

Act: TypeAlias = Callable[..., AbstractContextManager[psycopg.Connection]]

HERE = Path(__file__).parent
ROLES: dict[str, Role] = {
    "viewer": "crpm_viewer",
    "analyst": "crpm_analyst",
    "clerk": "crpm_clerk",
    "manager": "crpm_manager",
    "admin": "crpm_admin",
}
APP_PASSWORD = "only-for-tests"
REAL_DATA = HERE.parent.parent / "shared" / "data" / "global-electronics"


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: tests of the screen wait for it now and then."""
    return (os.cpu_count() or 1) * 3 // 2


@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """A database of one test's own."""

    owner_url: str
    app_url: str

    @property
    def console_url(self) -> str:
        """The address for the login of the SQL console."""
        return make_conninfo(self.owner_url, user="crpm_console", password=APP_PASSWORD)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A connection as the owner, where each statement commits at once."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            yield connection


@contextmanager
def containerised() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer

    image = PostgresContainer(os.environ.get("CRPM_TEST_IMAGE", "postgres:17-alpine"), driver=None)
    # Its data in memory: cloning databases for the tests writes much.
    in_memory = image.with_env("PGDATA", "/tmp/data").with_tmpfs_mount("/tmp")  # noqa: S108 - in the container
    with in_memory as container:
        yield container.get_connection_url()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of the server under test, as a login that may create databases and roles."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
    elif os.environ.get("CRPM_TEST_CONTAINERS") == "1":
        with containerised() as url:
            yield url
    else:
        with quick_folder() as folder, running(folder / "data", durable=False) as embedded:
            yield embedded.url("postgres", "postgres")


@contextmanager
def database_of_its_own(server: str, *, template: str | None = None) -> Iterator[str]:
    """Create a database, empty or a clone, and drop it at the end; yields its name."""
    name = f"crpm_test_{uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def empty_template(server: str) -> Iterator[str]:
    with database_of_its_own(server) as name, psycopg.connect(server, autocommit=True) as lock:
        # Roles belong to the whole server: workers that share one build their templates one after the other.
        lock.execute("SELECT pg_advisory_lock(1)")
        install(make_conninfo(server, dbname=name))
        # A server that asks for passwords wants those of the other logins too.
        for login in ("crpm_app", "crpm_console"):
            lock.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(APP_PASSWORD))
            )
        lock.execute("SELECT pg_advisory_unlock(1)")
        yield name


@pytest.fixture(scope="session")
def shop_template(server: str, empty_template: str) -> Iterator[str]:
    with database_of_its_own(server, template=empty_template) as name:
        with psycopg.connect(make_conninfo(server, dbname=name)) as connection:
            connection.execute((HERE / "shop.sql").read_bytes())
        yield name


@contextmanager
def clone(server: str, template: str) -> Iterator[OwnDatabase]:
    """A database of its own, cloned from a template."""
    with database_of_its_own(server, template=template) as name:
        owner_url = make_conninfo(server, dbname=name)
        app_url = make_conninfo(owner_url, user="crpm_app", password=APP_PASSWORD)
        yield OwnDatabase(owner_url=owner_url, app_url=app_url)


@pytest.fixture
def empty(server: str, empty_template: str) -> Iterator[OwnDatabase]:
    """An empty database with the schema."""
    with clone(server, empty_template) as own:
        yield own


@pytest.fixture
def shop(server: str, shop_template: str) -> Iterator[OwnDatabase]:
    """A database with the shop of shop.sql."""
    with clone(server, shop_template) as own:
        yield own


@pytest.fixture(scope="module")
def shop_of_module(server: str, shop_template: str) -> Iterator[OwnDatabase]:
    """One shop for all tests of a module, for those that only read or that a browser drives."""
    with clone(server, shop_template) as own:
        yield own


@contextmanager
def acting(own: OwnDatabase) -> Iterator[Act]:
    database = Database(own.app_url, max_size=4)
    try:
        yield lambda role="manager": database.transaction(Actor(user_name=f"test-{role}", role=ROLES[role]))
    finally:
        database.close()


@pytest.fixture
def act(shop: OwnDatabase) -> Iterator[Act]:
    """Opens a transaction of the shop's app under a role: `with act("clerk") as connection`."""
    with acting(shop) as opener:
        yield opener


@pytest.fixture(scope="module")
def act_of_module(shop_of_module: OwnDatabase) -> Iterator[Act]:
    """As act, on the module's shop: for what is refused anyway, or only read."""
    with acting(shop_of_module) as opener:
        yield opener
