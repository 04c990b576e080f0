"""Tabs over a database, served to a browser."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TypeAlias

import pytest

from app.console import SqlConsole
from app.documents.routes import router
from app.server import create_app
from app.ui import shell
from app.workspace import Workspace
from db.console import Console
from db.pool import Database
from tests.browser import serving
from tests.conftest import OwnDatabase

ServeTabs: TypeAlias = Callable[[OwnDatabase, Callable[[Workspace], Sequence[shell.TabSpec]]], str]


@pytest.fixture(scope="module")
def serve_tabs() -> Iterator[ServeTabs]:
    """Serves tabs over a database: `serve_tabs(shop, lambda workspace: [TabSpec(...)])` gives the address."""
    with ExitStack() as stack:

        def serve_these(own: OwnDatabase, tabs: Callable[[Workspace], Sequence[shell.TabSpec]]) -> str:
            database = Database(own.app_url, max_size=4)
            stack.callback(database.close)
            workspace = Workspace(database)
            console = Console(own.console_url)
            stack.callback(console.close)
            return stack.enter_context(
                serving(
                    lambda: create_app(
                        shell.build(tabs(workspace), identity="test"),
                        documents=router(workspace, SqlConsole(console)),
                    )
                )
            )

        yield serve_these
