import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.embedded import EmbeddedServer, running
from tests.embedded.applications import Application, Commands, open_place


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_place() as place:
        yield place


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A data folder at rest, to be lent or copied."""
    with open_place() as place:
        with running(place / "pg", durable=False):
            pass
        yield place / "pg"


@pytest.fixture
def data_folder(template: Path) -> Iterator[Path]:
    """A data folder whose database tests may use, but not damage."""
    yield template
    EmbeddedServer(template).stop(force=True)


@pytest.fixture
def own_folder(folder: Path, template: Path) -> Path:
    return shutil.copytree(template, folder / "pg")


@pytest.fixture
def new_application() -> Iterator[Callable[..., Application]]:
    with ExitStack() as applications:

        def start(folder: Path, **options: Any) -> Application:
            application = Application(folder, **options)
            applications.callback(application.end_by, signal.SIGKILL)
            return application

        yield start


@pytest.fixture
def run_db(data_folder: Path) -> Commands:
    return Commands(data_folder)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait


@pytest.fixture
def query() -> Callable[..., Any]:
    def run(server: EmbeddedServer, statement: str) -> Any:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None

    return run


@pytest.fixture
def postmaster() -> Callable[[Path], int]:
    def read(folder: Path) -> int:
        return int((folder / "data" / "postmaster.pid").read_text().split()[0])

    return read
