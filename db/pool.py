"""Connections for the app: pooled, and in each transaction under one user's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from psycopg import Connection
from psycopg_pool import ConnectionPool

Role = Literal["crpm_viewer", "crpm_clerk", "crpm_manager", "crpm_admin"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with which role, and through what."""

    user_name: str
    role: Role
    channel: str = "app"


class Database:
    """A pool of connections as the app's login.

    It opens lazily and mends itself: a connection that the server dropped is replaced when it is next asked for.
    """

    def __init__(self, url: str, *, max_size: int = 10) -> None:
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=max_size,
            timeout=10,
            open=True,
            check=ConnectionPool.check_connection,
            name="crpm",
        )

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Connection]:
        """One transaction under the actor's role: committed at the end, rolled back on an error.

        Raises psycopg_pool.PoolTimeout where no connection can be had.
        """
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(
                """
                SELECT
                    set_config('role', %(role)s, TRUE),
                    set_config('crpm.user_name', %(user_name)s, TRUE),
                    set_config('crpm.channel', %(channel)s, TRUE)
                """,
                {"role": actor.role, "user_name": actor.user_name, "channel": actor.channel},
            )
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
