"""Where a screen's work is done: transactions as the person who asked for it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from app.errors import UnavailableError, from_database
from db.errors import ServerError
from db.pool import Actor, Database

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    import gradio as gr  # which takes seconds
    from starlette.requests import Request

LOCAL_ACTOR = Actor(user_name="local", role="crpm_admin")


class Workspace:
    """Opens transactions under the role of whoever sent a request.

    A local start has no login: everybody is the local administrator.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def actor(self, request: "gr.Request | Request | None") -> Actor:
        """Who sent the request."""
        return LOCAL_ACTOR

    @contextmanager
    def transaction(self, request: "gr.Request | Request | None" = None) -> Iterator[Connection]:
        """One transaction, committed at the end; raises CrpmError for what a person can be told."""
        try:
            with self._database.transaction(self.actor(request)) as connection:
                yield connection
        except (psycopg.Error, PoolTimeout, ServerError) as error:
            known = from_database(error)
            if known is None:
                raise
            if isinstance(known, UnavailableError):
                log.warning("database unavailable: %s", error)
            raise known from error
