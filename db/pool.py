"""Connections for the app: pooled, and in each transaction under one user's role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

Role = Literal["crpm_viewer", "crpm_clerk", "crpm_manager", "crpm_admin"]


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


class Database:
    """A pool of connections as the app's login.

    It mends itself: a connection that the server dropped is replaced when it is next asked for, and where none can be
    had, `revive` is asked to start the server again.
    """

    def __init__(self, url: str, *, max_size: int = 10, revive: Callable[[], None] | None = None) -> None:
        self._revive = revive
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=max_size,
            timeout=PATIENCE_SECONDS,
            open=True,
            check=ConnectionPool.check_connection,
            name="crpm",
        )

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Connection]:
        """One transaction under the actor's role: committed at the end, rolled back on an error.

        Raises psycopg_pool.PoolTimeout where no connection can be had.
        """
        with self._connection() as connection, connection.transaction():
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
            yield connection

    @contextmanager
    def before_sign_in(self) -> Iterator[Connection]:
        """One transaction of the app's login itself, which holds no right but to sign people in."""
        with self._connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
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
