"""What a person has run and saved in the SQL console. Everybody sees their own alone: the database holds it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.errors import NotFoundError
from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class ConsoleRun:
    """A statement that was run; `row_count` counts the rows shown, `seconds` is None while it runs."""

    run_id: int
    statement: str
    started_at: datetime
    outcome: Literal["running", "answered", "refused"]
    seconds: Decimal | None
    row_count: int | None


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with its name."""

    name: str
    statement: str
    saved_at: datetime


class ConsoleRepository(Repository):
    folder = "console"

    def add_run(self, *, statement: str) -> int:
        """Note that a statement begins to run; its number."""
        return int(self._value("add_run", statement=statement))

    def end_run(
        self,
        *,
        run_id: int,
        outcome: Literal["answered", "refused"],
        seconds: Decimal,
        row_count: int | None,
    ) -> None:
        """Note how a statement has ended."""
        self._run("end_run", run_id=run_id, outcome=outcome, seconds=seconds, row_count=row_count)

    def runs(self) -> list[ConsoleRun]:
        """What was lately run, the last first."""
        return self._all("runs", ConsoleRun)

    def get_run(self, *, run_id: int) -> ConsoleRun:
        """One statement that was run, or NotFoundError."""
        return self._get("run", ConsoleRun, run_id=run_id)

    def saved_queries(self) -> list[SavedQuery]:
        """The saved queries by name."""
        return self._all("saved_queries", SavedQuery)

    def save_query(self, *, name: str, statement: str) -> None:
        """Save a query, in the place of the one that has the name."""
        self._run("save_query", query_name=name, statement=statement)

    def delete_query(self, *, name: str) -> None:
        """Delete a saved query, or NotFoundError."""
        if not self._run("delete_query", query_name=name):
            raise NotFoundError("There is no saved query of this name.")
