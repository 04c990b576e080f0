"""Runs PostgreSQL's client programs (psql, pg_dump, pg_restore): the bundled ones, else those of PATH."""

import os
import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.errors import NoBinariesError, NoProgramError, ProgramFailedError
from db.postgres_processes import program

Tell: TypeAlias = Callable[[str], None]
# The first release that has the setting transaction_timeout.
_KNOWS_TRANSACTION_TIMEOUT = 17
_TABLE = re.compile(
    r'(?:dumping contents of|processing data for) table "(?P<name>.+)"|finished item \d+ TABLE DATA (?P<item>.+)'
)
_SECONDS_BETWEEN_LINES = 1
_IN_ENGLISH = {"LC_ALL": "C"}


def client_program(name: str, server_major: int) -> Path:
    """The path of a client program that can work with a server of that version; raises a ServerError without one."""
    candidates = []
    with suppress(NoBinariesError):
        candidates.append(program(name))
    if on_path := shutil.which(name):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if candidate.exists() and _major(candidate) >= server_major:
            return candidate
    raise NoProgramError(name=name, version=server_major)


def _major(path: Path) -> int:
    answer = subprocess.check_output([path, "--version"], text=True, env=_environment())
    found = re.search(r"\) (\d+)", answer)
    return int(found[1]) if found else 0


def addressed(url: str) -> tuple[list[str], dict[str, str]]:
    """The options and the environment that lead a client program to a server, the password off its command line."""
    parts = conninfo_to_dict(url)
    environment = _environment()
    if "password" in parts:  # a command line is for everybody to see
        environment["PGPASSWORD"] = str(parts.pop("password"))
    return ["--dbname", make_conninfo("", **parts)], environment


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LD_")}


def run_program(path: Path, url: str, *arguments: str | Path, tell: Tell = lambda text: None) -> None:
    """Run pg_dump or pg_restore with --verbose, telling now and then which table it has come to.

    Raises ProgramFailedError with what the program said.
    """
    address, environment = addressed(url)
    process = subprocess.Popen(
        [path, *address, "--verbose", *arguments],
        env=environment | _IN_ENGLISH,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    with _ending(process):
        errors = _follow(process.stderr or (), tell)
        _require_success(process, path, errors)


def restore_by_psql(pg_restore: Path, psql: Path, file: Path, url: str, server_major: int) -> None:
    """Restore through psql in one transaction, leaving out the setting that older servers do not know.

    pg_restore itself would count that setting as an error, and could not tell it from a real one.
    """
    address, environment = addressed(url)
    environment |= _IN_ENGLISH
    reader = subprocess.Popen(
        [pg_restore, "--no-tablespaces", "--file=-", file],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    options = (
        "--quiet",
        "--no-psqlrc",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output",
        os.devnull,
    )
    with _ending(reader):
        writer = subprocess.Popen(
            [psql, *address, *options], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with _ending(writer):
            _copy(reader, writer, server_major)
            _, said = writer.communicate()
            _require_success(writer, psql, said.decode(errors="replace").splitlines())
        _, said = reader.communicate()
        _require_success(reader, pg_restore, said.decode(errors="replace").splitlines())


def _copy(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], server_major: int) -> None:
    source, target = reader.stdout, writer.stdin
    if source is None or target is None:
        raise TypeError("both programs need a pipe")
    with suppress(BrokenPipeError):  # psql has given up, and says why
        for line in source:
            if server_major < _KNOWS_TRANSACTION_TIMEOUT and line == b"SET transaction_timeout = 0;\n":
                break
            target.write(line)
        shutil.copyfileobj(source, target, 1 << 20)


class _ending:  # noqa: N801 - used like a function
    """Ends a program that still runs when something else has gone wrong, and closes its pipes."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self._process = process

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        pipes: Sequence[IO[Any] | None] = (self._process.stdin, self._process.stdout, self._process.stderr)
        for pipe in pipes:
            if pipe is not None and not pipe.closed:
                pipe.close()
        self._process.wait()


def _follow(lines: Iterable[str], tell: Tell) -> list[str]:
    """Tell which table is at work, at most once a second; the last lines said."""
    last: deque[str] = deque(maxlen=50)
    told = time.monotonic()
    tables = 0
    for line in lines:
        if found := _TABLE.search(line):
            tables += 1
            if time.monotonic() - told > _SECONDS_BETWEEN_LINES:
                tell(f"  {tables} tables, at {found['name'] or found['item']}")
                told = time.monotonic()
        else:
            last.append(line.rstrip("\n"))
    return list(last)


def _require_success(process: subprocess.Popen[Any], path: Path, said: list[str]) -> None:
    if process.wait() != 0:
        errors = [line for line in said if "error:" in line or "ERROR:" in line or "FATAL:" in line]
        raise ProgramFailedError(
            name=path.name, reason=(errors or said or [f"exit status {process.returncode}"])[0]
        )
