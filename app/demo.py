"""The public demo: an account of each role for everybody, and a database that goes back to its first state.

It goes back when a multiple of CRPM_DEMO_HOURS has passed since 1970, which every process knows by itself, and when a
demo administrator asks for it.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from app import UPLOAD_FOLDER
from db import demo_state
from db.errors import ServerError
from db.versions import read_schema

log = logging.getLogger(__name__)

# By role, in the order of their rights; db/demo.sql adds them.
ACCOUNTS = {
    "viewer": "demo-viewer",
    "analyst": "demo-analyst",
    "clerk": "demo-clerk",
    "manager": "demo-manager",
    "admin": "demo-admin",
}
MAX_UPLOAD_MB = 5
# How often it is asked whether another process has gone back.
_LOOK_SECONDS = 60


@dataclass(slots=True)
class Demo:
    """Brings the database at `owner_url` back to the demo's state; `build(url)` loads the data of it.

    `forget` is told when the database is another one, to let go what is remembered of the one before.
    """

    owner_url: str
    hours: int
    build: Callable[[str], None]
    forget: Callable[[], None] = lambda: None
    _since: datetime | None = None
    _is_ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Have the database in the state of this period. Raises a ServerError where it cannot be."""
        now = datetime.now(UTC)
        self._since = demo_state.go_back(
            self.owner_url,
            build=self._build,
            edition=_edition(now),
            unless_since=last_return(now, self.hours),
        )

    def go_back(self) -> None:
        """Go back now. Raises a ServerError."""
        self._since = demo_state.go_back(self.owner_url, build=self._build)
        self.forget()

    def keep(self) -> threading.Thread:
        """Go back whenever it is time, in a thread that ends with `end`."""
        thread = threading.Thread(target=self._keep, name="demo", daemon=True)
        thread.start()
        return thread

    def end(self) -> None:
        """Go back no more."""
        self._is_ended.set()

    def next_return(self) -> datetime:
        """When the database goes back next."""
        return last_return(datetime.now(UTC), self.hours) + timedelta(hours=self.hours)

    def look(self) -> None:
        """Go back where it is time to, and forget where another process has gone back. Raises a ServerError."""
        before, self._since = self._since, demo_state.since(self.owner_url)
        if self._since is None or self._since < last_return(datetime.now(UTC), self.hours):
            self.begin()
        if self._since != before:
            self.forget()

    def _keep(self) -> None:
        while not self._is_ended.wait(self._seconds_to_wait()):
            try:
                self.look()
            except (ServerError, psycopg.Error) as error:
                # Tried again at the next look.
                log.error("the demo does not go back: %s", error)

    def _seconds_to_wait(self) -> float:
        left = (self.next_return() - datetime.now(UTC)).total_seconds()
        return min(_LOOK_SECONDS, max(left, 0) + 1)

    def _build(self, url: str) -> None:
        self.build(url)
        demo_state.add_accounts(url)


def last_return(now: datetime, hours: int) -> datetime:
    """When the period began that this moment is in."""
    period = timedelta(hours=hours)
    first = datetime(1970, 1, 1, tzinfo=UTC)
    return now - (now - first) % period


def forget_uploads(folder: Path = UPLOAD_FOLDER) -> None:
    """Remove the files that browsers have sent and were sent."""
    for child in folder.iterdir():
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
        else:
            child.unlink(missing_ok=True)


def _edition(now: datetime) -> str:
    # The data ends the day before it is made.
    return f"{read_schema().checksum} of {now:%Y-%m-%d}"
