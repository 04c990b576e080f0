"""One embedded PostgreSQL cluster: building, starting, asking and stopping it.

`db.embedded` decides when, and sees to it that only one process at a time starts or stops a cluster.
"""

import errno
import hashlib
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from db.errors import DiskFullError, ServerError, ServerStartError, ServerStopError
from db.locks import is_free, locked
from db.postgres_processes import (
    ServiceAccount,
    is_postgres,
    memory_bytes,
    processes_in,
    program,
    service_account,
)

DATABASE = "crpm"
SUPERUSER = "postgres"
_PORT = 5432
_SOCKET_PATH_LIMIT = 103
_START_SECONDS = 300  # recovery after a crash may take minutes
_LEFTOVER_SECONDS = 1
_STOP_SIGNALS = ((signal.SIGINT, 60), (signal.SIGQUIT, 15))  # fast, then immediate shutdown
# With a TCP port: as initdb has written it for the socket, and the SQL console's login by its password from this machine.
_HBA_WITH_TCP = f"local all all trust\nhost {DATABASE} crpm_console 127.0.0.1/32 scram-sha-256\n"
_SETTINGS = Path(__file__).with_name("postgresql.conf")
_INITDB = (
    *("--username", SUPERUSER, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"),
    # With --lc-ctype=C the extension pg_trgm drops every letter outside ASCII.
    *("--lc-ctype=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# A server's own line has no user@database after the process id.
_FAILURE = re.compile(r"^(?:.*\[\d+\] )?(?:FATAL|PANIC|initdb: error): +(.+)$", re.MULTILINE)

# Sessions still computing after their postmaster was killed. It is for their own user to find and end them: in a
# container root may not even see where another user's process is at work.
_END_LEFTOVERS = """
for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef "$1" ] && read -r name < "$process/comm" && [ "$name" = postgres ]; then
        kill -KILL "${process#/proc/}"
    fi
done
"""


class Cluster:
    """The cluster in a data folder, with its socket and its logs.

    All its processes inherit a lock on `server.lock`: who can take it knows that none of them is left,
    whatever `postmaster.pid` says. `durable=False` gives up safety against a crash of the machine for speed.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._durable = durable
        self._pid_file = self.data / "postmaster.pid"
        self._lock = folder / "server.lock"
        self._logs = folder / "log"
        self._start_log = self._logs / "start.log"
        self._sockets = folder / "socket"
        self._tcp_port = folder / "tcp_port"
        socket = os.fsencode(self._sockets / f".s.PGSQL.{_PORT}")
        # A TCP port of five digits, which the socket's name then has, takes one character more.
        if len(socket) + 1 > _SOCKET_PATH_LIMIT or b"," in socket:  # libpq splits a host at commas
            # Not the TMPDIR of this process: all processes must come to the same folder.
            self._sockets = Path("/tmp", f"crpm-{hashlib.sha256(socket).hexdigest()[:24]}")  # noqa: S108 - made with mode 0700

    def url(self, user: str, dbname: str = DATABASE) -> str:
        """Return the address for a login, as a libpq URI."""
        host = quote(str(self._sockets), safe="")
        port = self.tcp_port or _PORT
        return f"postgresql://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={host}&port={port}"

    @property
    def tcp_port(self) -> int | None:
        """The port on which this machine can connect by TCP, or None, as nobody can unless it was asked for."""
        try:
            return int(self._tcp_port.read_text())
        except FileNotFoundError:
            return None

    def listen(self, port: int | None) -> None:
        """Listen on a TCP port from the next start on, or on none; the server must not run."""
        if port is None:
            self._tcp_port.unlink(missing_ok=True)
        else:
            self._tcp_port.write_text(f"{port}\n")

    def answers(self) -> bool:
        """Return whether a server answers and is the one of this cluster."""
        with suppress(OSError, psycopg.OperationalError):
            if self._sockets.stat().st_uid != self.data.stat().st_uid:
                return False  # somebody else's folder in /tmp
            with psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=5) as connection:
                return connection.execute("SHOW data_directory").fetchone() == (str(self.data),)
        return False

    def start(self) -> bool:
        """Start the server unless it runs; return whether it had to be started."""
        if self.answers() or not self._wait_for_former_server():
            return False
        account = service_account(self.folder)
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._sockets.mkdir(mode=0o700)
        self._logs.mkdir(mode=0o700, exist_ok=True)
        for folder in (self._sockets, self._logs, self.folder):
            account.own(folder)
        log_sizes = {log: log.stat().st_size for log in self._server_logs()}
        try:
            with locked(self._lock) as lock:
                if not self.data.exists():
                    self._initialise(account, lock)
                self._launch(account, lock)
            _wait(lambda: self._is_ready() or self._is_gone(), _START_SECONDS)
            self._create_database()
        except psycopg.OperationalError as error:
            self.stop()
            raise self._failure(log_sizes) from error
        except BaseException:
            self.stop()
            raise
        return True

    def stop(self) -> bool:
        """Stop the server in good order, at the worst without; return whether it ran."""
        for attempt, (number, seconds) in enumerate(_STOP_SIGNALS):
            postmaster = self._postmaster()
            if postmaster is None:
                return attempt > 0
            with suppress(ProcessLookupError):
                os.kill(postmaster, number)
            if _wait(self._is_gone, seconds):
                shutil.rmtree(self._sockets, ignore_errors=True)
                return True
        raise ServerStopError(folder=self.folder, log=self._logs)

    def _is_gone(self) -> bool:
        return is_free(self._lock) and not processes_in(self.data)

    def _is_ready(self) -> bool:
        with suppress(FileNotFoundError):
            return self._pid_file.read_text().rstrip().endswith("ready")
        return False

    def _postmaster(self) -> int | None:
        """Return the server's main process, never one that only has come to bear its number."""
        try:
            pid = int(self._pid_file.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        if not is_postgres(pid):
            return None
        return pid if pid in processes_in(self.data) or self.answers() else None

    def _wait_for_former_server(self) -> bool:
        """Wait until no process of an earlier server is left (True), or it answers after all (False)."""
        began = time.monotonic()
        while not self._is_gone():
            if self.answers():
                return False
            waited = time.monotonic() - began
            if waited > _START_SECONDS:
                reason = "processes of an earlier start are still at work"
                raise ServerStartError(folder=self.folder, log=self._logs, reason=reason)
            if waited > _LEFTOVER_SECONDS and self._postmaster() is None:
                account = replace(service_account(self.folder), prefix=())  # one namespace cannot see another
                account.run("/bin/sh", "-c", _END_LEFTOVERS, "sh", self.data)
            time.sleep(0.02)
        self._pid_file.unlink(missing_ok=True)
        return True

    def _initialise(self, account: ServiceAccount, lock: int) -> None:
        """Build the cluster beside its place, so that one cut short is never taken for whole."""
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        sync = () if self._durable else ("--no-sync",)
        with self._open_start_log() as output:
            command = (program("initdb"), "--pgdata", new, *_INITDB, *sync)
            status = account.run(*command, output=output, pass_fds=[lock])
        if status != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise self._failure({})
        new.rename(self.data)

    def _launch(self, account: ServiceAccount, lock: int) -> None:
        settings = self.data / "postgresql.conf"
        settings.write_text(self._settings())
        account.own(settings)
        self._hba_with_tcp.write_text(_HBA_WITH_TCP)
        account.own(self._hba_with_tcp)
        # Not by pg_ctl, which breaks on some characters in a path, nor as a child of ours, which would become
        # a zombie: a shell puts the server into the background and leaves it to init.
        background = ("/bin/sh", "-c", '"$@" &', "sh")
        server = (program("postgres"), "-D", self.data)
        with self._open_start_log() as output:
            account.run(*background, *server, output=output, pass_fds=[lock])

    @property
    def _hba_with_tcp(self) -> Path:
        return self.data / "pg_hba_tcp.conf"

    def _open_start_log(self) -> IO[bytes]:
        self._start_log.unlink(missing_ok=True)  # it may be root's
        return self._start_log.open("xb")

    def _settings(self) -> str:
        memory_mb = memory_bytes() // 2**20
        socket_folder = str(self._sockets).replace('"', '""')
        # Containers have 64 MB of POSIX shared memory, too little for parallel queries.
        shared_memory = Path("/dev/shm")  # noqa: S108 - only measured
        is_small = shared_memory.exists() and shutil.disk_usage(shared_memory).total < 2**28
        return _SETTINGS.read_text().format(
            addresses="'127.0.0.1'" if self.tcp_port else "''",
            hba_file=_quoted(str(self._hba_with_tcp if self.tcp_port else self.data / "pg_hba.conf")),
            port=self.tcp_port or _PORT,
            socket_folder=_quoted(f'"{socket_folder}"'),
            log_folder=_quoted(str(self._logs)),
            shared_buffers_mb=max(32, min(1024, memory_mb // 4)),
            cache_mb=max(64, memory_mb // 2),
            maintenance_mb=max(32, min(256, memory_mb // 16)),
            shared_memory="sysv" if is_small else "posix",
            durable="on" if self._durable else "off",
        )

    def _create_database(self) -> None:
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _server_logs(self) -> list[Path]:
        return list(self._logs.glob("postgresql-*.log"))

    def _failure(self, log_sizes: dict[Path, int]) -> ServerError:
        """Return the error that the logs of this start tell of; the server's logs had these sizes before."""
        logs = [self._start_log, *self._server_logs()]
        text = b"".join(log.read_bytes()[log_sizes.get(log, 0) :] for log in logs).decode(errors="replace")
        if os.strerror(errno.ENOSPC) in text:
            return DiskFullError(folder=self.folder)
        reason = (_FAILURE.findall(text) or ["it did not answer"])[-1]
        return ServerStartError(folder=self.folder, log=self._logs, reason=reason)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds, and return whether it came to."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
