"""The SQL console's own connections: one statement that only reads, fetched in pages, cancelled by who began it.

What somebody typed is run as `DECLARE ... CURSOR FOR <text>` through the extended protocol, read-only, by a login that is
member of nothing. So PostgreSQL itself refuses whatever is not one query: SET, COMMIT, DO, a WITH that writes, a second
statement.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool, PoolTimeout

from db.sqlfiles import query

STATEMENT_SECONDS = 60
RUNS_OF_A_PERSON = 2
# Beyond so many, a page of rows ends; a single row of more is refused.
PAGE_CHARACTERS = 2_000_000

_DECLARE = "DECLARE console_rows NO SCROLL CURSOR FOR\n"
_EXPLAIN = "EXPLAIN (SETTINGS)\n"
_EXPLAIN_RUN = "EXPLAIN (ANALYZE, BUFFERS, SETTINGS)\n"
_PATIENCE_SECONDS = 5
_NUMBERS = {"int2", "int4", "int8", "float4", "float8", "numeric", "oid"}
# One field of a record as PostgreSQL writes it.
_FIELD = re.compile(r'"((?:[^"\\]|""|\\.)*)"(?:,|$)|([^,"]*)(?:,|$)', re.DOTALL)
_ESCAPED = re.compile(r'""|\\(.)', re.DOTALL)

Row = tuple[str | None, ...]


class RefusedError(Exception):
    """The database does not run this, or did not finish it; the cause is psycopg's error.

    `place` is where in the text, counted from 0, or None where PostgreSQL does not say.
    """

    def __init__(self, cause: psycopg.Error, *, place: int | None, is_cancelled: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.place = place
        self.is_cancelled = is_cancelled


class HarmfulFunctionError(Exception):
    """The text names a function that could do harm, on a server that lets everybody execute it."""

    def __init__(self, name: str, place: int) -> None:
        super().__init__(name)
        self.name = name
        self.place = place


class TooManyRunsError(Exception):
    """Too much runs already: `is_own` of this person, else of all together."""

    def __init__(self, *, is_own: bool) -> None:
        super().__init__()
        self.is_own = is_own


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and from which page."""

    user_name: str
    page: str


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result: its name and type as PostgreSQL tells them."""

    name: str
    type_name: str

    @property
    def is_number(self) -> bool:
        return self.type_name.partition("(")[0] in _NUMBERS

    @property
    def is_time(self) -> bool:
        return self.type_name in ("date", "timestamp", "timestamptz")


@dataclass(frozen=True, slots=True)
class ReadableColumn:
    """A column that the console may read; `refers_to` is the table of its foreign key, empty without one."""

    relation: str
    relation_comment: str
    column_name: str
    type_name: str
    column_comment: str
    refers_to: str


@dataclass(slots=True)
class _Run:
    """A connection lent to one caller. Its lock keeps a cancel from hitting whom it is lent to next."""

    caller: Caller
    connection: Connection[Any]
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_cancelled: bool = False
    is_over: bool = False

    def execute(self, prefix: str, text: str) -> psycopg.Cursor[Any]:
        """Run exactly one statement: asking for binary results makes psycopg use the extended protocol."""
        try:
            return self.connection.cursor(binary=True).execute((prefix + text).encode())
        except psycopg.Error as error:
            told = error.diag.statement_position
            place = max(0, int(told) - 1 - len(prefix)) if told else None
            raise RefusedError(error, place=place, is_cancelled=self.is_cancelled) from error


class OpenResult:
    """A statement that has been understood and begun: its columns, and its rows from first to last, once."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        described = run.connection.execute("FETCH 0 FROM console_rows").description or []
        self.columns = [ResultColumn(column.name, column.type_display) for column in described]

    def fetch(self, rows: int) -> list[Row]:
        """The next rows, no more than so many, with values as PostgreSQL writes them; none at the end."""
        if self._run.is_cancelled:
            raise psycopg.errors.QueryCanceled
        found = self._run.connection.execute(
            "SELECT r FROM crpm.fetch_rows('console_rows', %s, %s) AS r", [rows, PAGE_CHARACTERS]
        )
        return [_fields(text, len(self.columns)) for (text,) in found]


class Console:
    """A pool of connections as the console's login.

    `revive` is asked to start the server again where no connection can be had. What runs raises RefusedError,
    HarmfulFunctionError, TooManyRunsError or psycopg_pool.PoolTimeout. Each step may take `seconds`.
    """

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 4,
        seconds: float = STATEMENT_SECONDS,
        revive: Callable[[], None] | None = None,
    ) -> None:
        self.seconds = seconds
        self._revive = revive
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True, "prepare_threshold": None, "application_name": "crpm console"},
            min_size=0,
            max_size=max_size,
            timeout=_PATIENCE_SECONDS,
            open=True,
            configure=_make_read_only,
            check=ConnectionPool.check_connection,
            reset=_forget,
            name="crpm console",
        )
        self._free = threading.Semaphore(max_size)
        self._runs: list[_Run] = []
        self._lock = threading.Lock()
        self._harmful: re.Pattern[str] | None = None

    @contextmanager
    def open(self, text: str, caller: Caller) -> Iterator[OpenResult]:
        """Begin a statement."""
        with self._running(caller) as run:
            self._refuse_harm(run.connection, text)
            run.execute(_DECLARE, text)
            yield OpenResult(run)

    def explain(self, text: str, caller: Caller, *, is_run: bool) -> list[str]:
        """The lines of a statement's plan; with `is_run` it is run, and the plan tells what each step took."""
        with self._running(caller) as run:
            self._refuse_harm(run.connection, text)
            found = run.execute((_EXPLAIN_RUN if is_run else _EXPLAIN) + _DECLARE, text)
            return [line for (line,) in found]

    def readable_columns(self, caller: Caller) -> list[ReadableColumn]:
        """All that a statement can read, table by table."""
        with (
            self._running(caller) as run,
            run.connection.cursor(row_factory=class_row(ReadableColumn)) as cursor,
        ):
            return cursor.execute(query("console/readable_columns").text, {}).fetchall()

    def cancel(self, caller: Caller) -> int:
        """End what this caller has running; how many statements that were."""
        with self._lock:
            runs = [run for run in self._runs if run.caller == caller]
        for run in runs:
            with run.lock:
                if not run.is_over:
                    run.is_cancelled = True
                    run.connection.cancel_safe(timeout=_PATIENCE_SECONDS)
        return len(runs)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def _running(self, caller: Caller) -> Iterator[_Run]:
        if not self._free.acquire(timeout=_PATIENCE_SECONDS):
            raise TooManyRunsError(is_own=False)
        try:
            connection = self._connection()
            try:
                with self._noted(_Run(caller, connection)) as run:
                    yield run
            finally:
                self._pool.putconn(connection)
        finally:
            self._free.release()

    @contextmanager
    def _noted(self, run: _Run) -> Iterator[_Run]:
        with self._lock:
            if (
                sum(other.caller.user_name == run.caller.user_name for other in self._runs)
                >= RUNS_OF_A_PERSON
            ):
                raise TooManyRunsError(is_own=True)
            self._runs.append(run)
        try:
            with run.connection.transaction():
                limit = sql.SQL("SET LOCAL statement_timeout = {}").format(round(self.seconds * 1000))
                run.connection.execute(limit)
                yield run
        except psycopg.Error as error:
            raise RefusedError(error, place=None, is_cancelled=run.is_cancelled) from error
        finally:
            with run.lock:
                run.is_over = True
            with self._lock:
                self._runs.remove(run)

    def _connection(self) -> Connection[Any]:
        try:
            return self._pool.getconn()
        except PoolTimeout:
            if self._revive is None:
                raise
            self._revive()
            return self._pool.getconn()

    def _refuse_harm(self, connection: Connection[Any], text: str) -> None:
        if self._harmful is None:
            self._harmful = _harmful_names(connection)
        if found := self._harmful.search(text):
            raise HarmfulFunctionError(found[0], found.start())


def _make_read_only(connection: Connection[Any]) -> None:
    connection.read_only = True


def _forget(connection: Connection[Any]) -> None:
    """Leave nothing of one person's statement to the next: settings, locks, temporary tables."""
    connection.execute("DISCARD ALL")


def _harmful_names(connection: Connection[Any]) -> re.Pattern[str]:
    """What no text may contain: the names of harmful functions that the console's login may execute all the same.

    There are none where CRPM was built by a superuser. Where there are, names written with escapes are refused too.
    """
    found = connection.execute(query("console/harmful_functions").text, {}).fetchall()
    if not found:
        return re.compile("(?!)")
    names = "|".join(re.escape(name) for (name,) in found)
    return re.compile(rf'(?<![\w$])(?:{names})(?![\w$])|\bu&"', re.IGNORECASE)


def _fields(record: str, count: int) -> Row:
    """The fields of a record as PostgreSQL writes it: `(1,"a b",)` is 1, a b, and null."""
    fields: list[str | None] = []
    for found in _FIELD.finditer(record, 1, len(record) - 1):
        if len(fields) == count:
            break
        quoted, plain = found.groups()
        fields.append(
            _ESCAPED.sub(lambda one: one[1] or '"', quoted) if quoted is not None else plain or None
        )
    return tuple(fields)
