"""Connections for the app: pooled, and in each transaction under one user's role."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg_pool import ConnectionPool, PoolTimeout

from db.sqlfiles import Statement

Row = TypeVar("Row")
# crpm_app is the app's login itself, for whoever is about to sign in: it may do no more than that.
Role = Literal["crpm_app", "crpm_viewer", "crpm_analyst", "crpm_clerk", "crpm_manager", "crpm_admin"]


# How long a transaction waits for a connection, and after how long it is asked whether the server is still there.
PATIENCE_SECONDS = 10
IMPATIENCE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with which role, through what, and at which store alone (None for all)."""

    user_name: str
    role: Role
    channel: str = "app"
    store_id: int | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A query file that was run, and how long it took to answer."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """What was done in one transaction; `error` is the kind of exception that ended it."""

    actor: Actor
    waited_seconds: float
    seconds: float
    ran: tuple[Ran, ...]
    outcome: Literal["committed", "rolled back", "no connection"]
    error: str | None = None


class _Timed:
    """Notes on its connection which query files a cursor runs."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return super().execute(query, *arguments, **options)  # type: ignore[misc]
        finally:
            connection = self.connection  # type: ignore[attr-defined]
            if isinstance(query, Statement) and isinstance(connection, TimedConnection):
                connection.ran.append(Ran(query.name, time.perf_counter() - began))


class Cursor(_Timed, psycopg.Cursor[Row]):
    """As psycopg's."""


class ClientCursor(_Timed, psycopg.ClientCursor[Row]):
    """As psycopg's."""


class TimedConnection(Connection[Row]):
    """A connection that notes in `ran` the query files run on it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = Cursor
        self.ran: list[Ran] = []


class Database:
    """A pool of connections as the app's login.

    It mends itself: a connection that the server dropped is replaced when it is next asked for, and where none can be
    had, `revive` is asked to start the server again. `note` is told of each transaction when it has ended.
    """

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 10,
        revive: Callable[[], None] | None = None,
        note: Callable[[Work], None] = lambda work: None,
    ) -> None:
        self._revive = revive
        self._note = note
        self._pool = ConnectionPool(
            url,
            connection_class=TimedConnection,
            min_size=1,
            max_size=max_size,
            timeout=PATIENCE_SECONDS,
            open=True,
            check=ConnectionPool.check_connection,
            name="crpm",
        )

    @contextmanager
    def transaction(
        self, actor: Actor, *, is_of_one_moment: bool = False, statement_seconds: float | None = None
    ) -> Iterator[Connection]:
        """One transaction under the actor's role: committed at the end, rolled back on an error.

        With `is_of_one_moment` all its queries read the data as they were at the first. With `statement_seconds` the server
        ends each that takes longer, by QueryCanceled.
        Raises psycopg_pool.PoolTimeout where no connection can be had.
        """
        began = got = time.perf_counter()
        connection: TimedConnection[Any] | None = None
        error: str | None = None
        try:
            with self._connection() as connection:
                got = time.perf_counter()
                connection.ran = []
                connection.isolation_level = IsolationLevel.REPEATABLE_READ if is_of_one_moment else None
                with connection.transaction():
                    self._act_as(connection, actor)
                    if statement_seconds is not None:
                        milliseconds = str(round(statement_seconds * 1000))
                        connection.execute("SELECT set_config('statement_timeout', %s, TRUE)", [milliseconds])
                    yield connection
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            ended = time.perf_counter()
            self._note(
                Work(
                    actor=actor,
                    waited_seconds=(got if connection else ended) - began,
                    seconds=ended - got if connection else 0.0,
                    ran=tuple(connection.ran) if connection else (),
                    outcome="no connection" if not connection else "rolled back" if error else "committed",
                    error=error,
                )
            )

    def _act_as(self, connection: Connection, actor: Actor) -> None:
        connection.execute(
            """
                SELECT
                    set_config('role', %(role)s, TRUE),
                    set_config('crpm.user_name', %(user_name)s, TRUE),
                    set_config('crpm.channel', %(channel)s, TRUE),
                    set_config('crpm.store_id', %(store_id)s, TRUE)
                """,
            {
                "role": actor.role,
                "user_name": actor.user_name,
                "channel": actor.channel,
                "store_id": "" if actor.store_id is None else str(actor.store_id),
            },
        )

    def pool_figures(self) -> dict[str, int]:
        """How the pool is now, by the names of psycopg_pool."""
        return self._pool.get_stats()

    @contextmanager
    def _connection(self) -> Iterator[TimedConnection[Any]]:
        try:
            connection = self._pool.getconn(timeout=IMPATIENCE_SECONDS if self._revive else None)
        except PoolTimeout:
            if self._revive is None:
                raise
            self._revive()
            connection = self._pool.getconn()
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
