"""One served application for the tests of a module, each with a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.console import SqlConsole
from app.workspace import Workspace
from db.console import Console
from db.pool import Database
from tests.conftest import OwnDatabase


class LentConsole(SqlConsole):
    """The SQL console of a lent workspace."""

    def __init__(self) -> None:
        """Without a database, as the workspace."""


class LentWorkspace(Workspace):
    """Lent to one test at a time: `with workspace.over(shop)` has it work on that database, `own`."""

    own: OwnDatabase

    def __init__(self) -> None:
        """Without a database: the first test brings one."""
        self.console = LentConsole()

    @contextmanager
    def over(self, own: OwnDatabase) -> Iterator[None]:
        database = Database(own.app_url, max_size=4)
        self.own, self._database = own, database
        self.console._console = Console(own.console_url)
        yield
        self.console._console.close()
        database.close()
