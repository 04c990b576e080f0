"""Where a screen's work is done: transactions as the person who asked for it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from app.errors import NotAllowedError, UnavailableError, from_database
from db.errors import ServerError
from db.pool import Actor, Database

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    import gradio as gr  # which takes seconds
    from starlette.requests import Request

LOCAL_ACTOR = Actor(user_name="local", role="crpm_admin")


class Workspace:
    """Opens transactions under the role of whoever sent a request.

    Without sign-in everybody is the local administrator; with it, whoever `app.access.gate` has let in.
    """

    needs_sign_in = False

    def __init__(self, database: Database, *, needs_sign_in: bool = False) -> None:
        self._database = database
        self.needs_sign_in = needs_sign_in

    def actor(self, request: "gr.Request | Request | None") -> Actor:
        """Who sent the request; raises NotAllowedError for nobody."""
        if not self.needs_sign_in:
            return LOCAL_ACTOR
        found: Actor | None = getattr(request.state, "actor", None) if request is not None else None
        if found is None:
            raise NotAllowedError("Sign in first.")
        return found

    @contextmanager
    def transaction(
        self, request: "gr.Request | Request | None" = None, *, statement_seconds: float | None = None
    ) -> Iterator[Connection]:
        """One transaction, committed at the end; raises CrpmError for what a person can be told.

        A statement that takes longer than `statement_seconds` raises psycopg's QueryCanceled.
        """
        actor = self.actor(request)
        with told(), self._database.transaction(actor, statement_seconds=statement_seconds) as connection:
            yield connection

    @contextmanager
    def before_sign_in(self, user_name: str = "") -> Iterator[Connection]:
        """As transaction, for who is about to sign in: the app's login itself, which may do no more than that."""
        with told(), self._database.transaction(Actor(user_name, "crpm_app")) as connection:
            yield connection


@contextmanager
def told() -> Iterator[None]:
    """Turn what the database refuses into the CrpmError for a person, where there is one."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, ServerError) as error:
        known = from_database(error)
        if known is None:
            raise
        if isinstance(known, UnavailableError):
            log.warning("database unavailable: %s", error)
        raise known from error
