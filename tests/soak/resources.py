"""What the app holds while nobody asks it anything, and how much more of it may be there at the end than after the warm-up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from tests.bench.report import heading, row
from tests.soak.application import Application, Place

MB = 1 << 20
# About as much is kept of each page that was opened, of up to 300 (app.ui.sessions).
_MB_A_PAGE = 0.2
# What a heap that is used by 40 threads grows by before it has settled.
_MB_OF_THE_HEAP = 60.0
_THREADS = 12
_FILES = 12
_POOL = 10
_CONNECTIONS = """
SELECT count(*) FILTER (WHERE usename = 'crpm_app'), count(*) FILTER (WHERE state LIKE 'idle in transaction%')
FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()
"""


class GoneError(Exception):
    """The app has ended by itself; the message says how."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held at one moment."""

    memory_mb: float
    threads: int
    open_files: int
    connections: int
    in_transaction: int
    pool_in_use: int
    pool_waiting: int
    temporary_files: int
    temporary_mb: float
    server_temporary_files: int
    databases: int


def held(app: Application, owner_url: str, place: Place) -> Held:
    """Look at the process, its folder for temporary files, its server and its pool."""
    if (ended := app.process.poll()) is not None:
        raise GoneError(f"the app ended by itself, with status {ended}")
    process = Path("/proc") / str(app.process.pid)
    status = (process / "status").read_text()
    [memory], [threads] = (
        re.findall(rf"^{name}:\s+(\d+)", status, re.MULTILINE) for name in ("VmRSS", "Threads")
    )
    token = {"Authorization": f"Bearer {app.metrics_token}"}
    figures = httpx.get(f"{app.address}/metrics", headers=token, timeout=60).raise_for_status().text
    size, available, waiting = (
        int(float(re.findall(rf"^crpm_pool_{name} (\S+)", figures, re.MULTILINE)[0]))
        for name in ("size", "available", "requests_waiting")
    )
    files = [path for path in place.temporary.rglob("*") if path.is_file()]
    with psycopg.connect(owner_url) as connection:
        connections, in_transaction = connection.execute(_CONNECTIONS).fetchone() or (0, 0)
        [server_files] = connection.execute("SELECT count(*) FROM pg_ls_tmpdir()").fetchone() or (0,)
        [databases] = connection.execute("SELECT count(*) FROM pg_database").fetchone() or (0,)
    return Held(
        memory_mb=int(memory) / 1024,
        threads=int(threads),
        open_files=sum(1 for _ in (process / "fd").iterdir()),
        connections=connections,
        in_transaction=in_transaction,
        pool_in_use=size - available,
        pool_waiting=waiting,
        temporary_files=len(files),
        temporary_mb=sum(path.stat().st_size for path in files) / MB,
        server_temporary_files=server_files,
        databases=databases,
    )


def limits(before: Held, pages: int) -> dict[str, float]:
    """The most that may be held at the end, where so many pages were opened since `before`."""
    return {
        "memory_mb": before.memory_mb + _MB_OF_THE_HEAP + pages * _MB_A_PAGE,
        "threads": before.threads + _THREADS,
        "open_files": before.open_files + _FILES,
        "connections": _POOL,
        "in_transaction": 0,
        "pool_in_use": 0,
        "pool_waiting": 0,
        "temporary_files": before.temporary_files,
        "temporary_mb": before.temporary_mb,
        "server_temporary_files": 0,
        "databases": before.databases,
    }


def leaks(before: Held, after: Held, pages: int) -> Iterator[str]:
    """Print what was held before and after beside its limit; tells what is beyond."""
    heading("Held while nobody asks", "after warm-up", "at the end", "limit")
    for name, most in limits(before, pages).items():
        was, now = getattr(before, name), getattr(after, name)
        row(name.replace("_", " "), f"{was:,.0f}", f"{now:,.0f}", f"{most:,.0f}")
        if now > most:
            yield f"{name.replace('_', ' ')}: {now:,.0f} at the end, {was:,.0f} after the warm-up, at most {most:,.0f}"
