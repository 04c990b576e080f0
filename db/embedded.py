"""The embedded PostgreSQL server: started by the first application that needs it, stopped by the last.

A data folder holds the cluster and three lock files, which the kernel releases when a process is killed:

- `crpm.lock` lets one process at a time start or stop the server, and marks the folder as ours;
- `users.lock` is shared by the applications that use the server: it is free once the last one is out;
- `server.lock` is held by the server's own processes.
"""

import errno
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from db.cluster import DATABASE, Cluster
from db.errors import (
    DataFolderError,
    DiskFullError,
    ForeignFolderError,
    OtherMajorVersionError,
    ServerInUseError,
)
from db.locks import is_free, locked
from db.postgres_processes import major_version

_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Status:
    """How an embedded server is; `is_kept` is one started by hand, which waits for `stop`."""

    is_running: bool
    is_in_use: bool
    is_kept: bool


@contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator["EmbeddedServer"]:
    """Use the server of a data folder: start or join it, and stop it at the end if nobody else uses it.

    Builds the folder if it is missing or empty, with the database `crpm` in it. `durable=False` gives up
    safety against a crash of the machine for speed: for tests only. Raises a `ServerError`.
    """
    server = EmbeddedServer(folder, durable=durable)
    with server.in_use():
        server.start(keep=False)
        yield server


def end_by_exception() -> None:
    """Let SIGTERM and SIGHUP end this program by SystemExit, so that it leaves its server in good order.

    To be called at the start of a program: by default it would die at once, without even `atexit`.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, leave)


class EmbeddedServer:
    """The server of one data folder, shared by all the applications that use it."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.expanduser().resolve()
        self._cluster = Cluster(self.folder, durable=durable)
        self._change_lock = self.folder / "crpm.lock"
        self._users_lock = self.folder / "users.lock"
        self._kept = self.folder / "kept"

    def url(self, user: str, dbname: str = DATABASE) -> str:
        """Return the address for a login, as a libpq URI."""
        return self._cluster.url(user, dbname)

    def ensure_running(self) -> None:
        """Start the server again if it was killed: one short query if not. Any thread may call it."""
        if not self._cluster.answers():
            with self._changing():
                self._cluster.start()

    def start(self, *, keep: bool) -> None:
        """Start the server unless it runs; `keep` it when the last application leaves, until `stop`."""
        self._claim()
        with self._changing():
            is_new = self._cluster.start()
            if keep:
                self._kept.touch()
            elif is_new:
                self._kept.unlink(missing_ok=True)  # the server that was to be kept is gone

    def stop(self, *, force: bool = False) -> bool:
        """Stop the server, while applications use it only by `force`; return whether it ran."""
        if not self._is_claimed():
            return False
        with self._changing():
            if self._is_in_use() and not force:
                raise ServerInUseError(folder=self.folder)
            self._kept.unlink(missing_ok=True)
            return self._cluster.stop()

    def listen(self, port: int | None) -> None:
        """Let this machine connect on a TCP port from the next start on, or on none; stops the server, if nobody uses it."""
        self._claim()
        with self._changing():
            if self._is_in_use():
                raise ServerInUseError(folder=self.folder)
            self._cluster.stop()
            self._cluster.listen(port)

    def status(self) -> Status:
        """Tell how the server is, without creating or starting anything."""
        if not self._is_claimed():
            return Status(is_running=False, is_in_use=False, is_kept=False)
        with self._changing():
            return Status(self._cluster.answers(), self._is_in_use(), self._kept.exists())

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Count as an application that uses the server; who leaves last stops it, unless it is to be kept."""
        self._claim()
        try:
            with locked(self._users_lock, shared=True):
                yield
        finally:
            with _signals_ignored(), self._changing():
                if not self._is_in_use() and not self._kept.exists():
                    self._cluster.stop()

    def _claim(self) -> None:
        """Create the folder, or check that it is ours or empty, and of the major version that we run."""
        with self._errors_explained():
            self.folder.mkdir(parents=True, exist_ok=True)
            for data in (self.folder, self._cluster.data):
                version = data / "PG_VERSION"
                found = version.read_text().strip() if version.exists() else major_version()
                if found != major_version():
                    raise OtherMajorVersionError(
                        folder=shlex.quote(str(data)), found=found, needed=major_version()
                    )
            found_names = {path.name for path in self.folder.iterdir()} - {"lost+found"}
            if found_names and not self._is_claimed():  # in this order: another may be claiming it just now
                raise ForeignFolderError(folder=self.folder)
            if self._cluster.data.exists() and not (self._cluster.data / "PG_VERSION").exists():
                raise ForeignFolderError(folder=self._cluster.data)
            for lock in (self._change_lock, self._users_lock):
                if not lock.exists():
                    lock.touch()

    def _is_claimed(self) -> bool:
        with self._errors_explained():
            return self._change_lock.exists()

    def _is_in_use(self) -> bool:
        return not is_free(self._users_lock)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._errors_explained(), locked(self._change_lock):
            yield

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFullError(folder=self.folder) from error
            raise DataFolderError(folder=self.folder, reason=error.strerror or error) from error


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """Keep an impatient second Ctrl-C from leaving the server behind (only the main thread gets signals)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
