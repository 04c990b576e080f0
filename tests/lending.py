"""One served application for the tests of a module, each with a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.workspace import Workspace
from db.pool import Database
from tests.conftest import OwnDatabase


class LentWorkspace(Workspace):
    """Lent to one test at a time: `with workspace.over(shop)` has it work on that database, `own`."""

    own: OwnDatabase

    def __init__(self) -> None:
        """Without a database: the first test brings one."""

    @contextmanager
    def over(self, own: OwnDatabase) -> Iterator[None]:
        database = Database(own.app_url, max_size=4)
        self.own, self._database = own, database
        yield
        database.close()
