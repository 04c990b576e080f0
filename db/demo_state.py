"""The state that a public demo goes back to: a database beside the live one, of which the live one is cloned anew.

Nobody can connect to that database. What a database is to the demo stands in its comment, written when it is made.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.errors import CannotCreateDatabaseError, NotTheDemoError
from db.install import create_roles
from db.restore import beside_name, maintaining, scratch_database
from db.versions import holds_no_own_data, is_installed

# As db.install.INSTALL_LOCK: one process at a time makes the state, or goes back to it.
DEMO_LOCK = 7_215_020
STATE_MARK = "The state of CRPM's demo, "
LIVE_MARK = "CRPM's demo since "
_FILE = Path(__file__).parent / "demo.sql"

_COMMENT = """
SELECT shobj_description(d.oid, 'pg_database') FROM pg_database AS d WHERE d.datname = %s
"""
_END_OTHERS = """
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.datname = %s AND a.pid <> pg_backend_pid()
"""
# How often connections are ended that were being made when it was done before.
_AGAIN_SECONDS = 0.1


def since(owner_url: str) -> datetime | None:
    """When the live database was last made anew; None where it was not."""
    with maintaining(owner_url) as maintenance:
        return _since(maintenance, _name(owner_url))


def go_back(
    owner_url: str,
    *,
    build: Callable[[str], None],
    edition: str | None = None,
    unless_since: datetime | None = None,
) -> datetime:
    """Replace the live database by the demo's state; returns since when it is as it is.

    The state is made by `build(url)`, in a new database, where there is none of this `edition` (None for any). Nothing
    happens where the live database was made anew at `unless_since` or later. Connections to it are ended. Raises a
    ServerError, and then it is as it was: NotTheDemoError where it holds anything but the demo.
    """
    name = _name(owner_url)
    with maintaining(owner_url) as maintenance:
        maintenance.execute("SELECT pg_advisory_lock(%s)", [DEMO_LOCK])
        made_at = _since(maintenance, name)
        if made_at and unless_since and made_at >= unless_since:
            return made_at
        _require_demo(owner_url, name)
        state = _state(maintenance, owner_url, name, build, edition)
        fresh, former = beside_name(name, "fresh"), beside_name(name, "former")
        try:
            with _creating():
                maintenance.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                        sql.Identifier(fresh), sql.Identifier(state)
                    )
                )
            _let_in(make_conninfo(owner_url, dbname=fresh), fresh)
            now = datetime.now(UTC)
            _mark(maintenance, fresh, f"{LIVE_MARK}{now.isoformat()}")
            _swap(maintenance, owner_url, name, fresh, former)
        finally:
            _drop(maintenance, fresh)
        _drop(maintenance, former)
    return now


def add_accounts(url: str) -> None:
    """Give a database with the demo's data what a public demo has besides."""
    with psycopg.connect(url) as connection:
        connection.execute("SET LOCAL ROLE crpm_owner")
        connection.execute(_FILE.read_bytes())


def _name(owner_url: str) -> str:
    with psycopg.connect(owner_url) as connection:
        return connection.info.dbname


def _since(maintenance: psycopg.Connection[Any], name: str) -> datetime | None:
    comment = _comment(maintenance, name)
    return datetime.fromisoformat(comment.removeprefix(LIVE_MARK)) if comment.startswith(LIVE_MARK) else None


def _comment(maintenance: psycopg.Connection[Any], name: str) -> str:
    found = maintenance.execute(_COMMENT, [name]).fetchone()
    return str(found[0] or "") if found else ""


def _require_demo(owner_url: str, name: str) -> None:
    with psycopg.connect(owner_url) as connection:
        if is_installed(connection) and not holds_no_own_data(connection):
            raise NotTheDemoError(database=name)


def _state(
    maintenance: psycopg.Connection[Any],
    owner_url: str,
    name: str,
    build: Callable[[str], None],
    edition: str | None,
) -> str:
    """The name of the database with the state, made where there is none of that edition."""
    state = f"{name.encode()[:50].decode(errors='ignore')}_demo_state"
    found = _comment(maintenance, state)
    if found.startswith(STATE_MARK) and edition in (None, found.removeprefix(STATE_MARK)):
        return state
    with scratch_database(maintenance, owner_url, "demo", like=name) as url:
        build(url)
        made = str(conninfo_to_dict(url)["dbname"])
        _mark(maintenance, made, f"{STATE_MARK}{edition or ''}")
        maintenance.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS FALSE").format(sql.Identifier(made)))
        # Whatever else may have this name is left alone: renaming is then refused.
        if found.startswith(STATE_MARK):
            _drop(maintenance, state)
        with _creating():
            maintenance.execute(_rename(made, state))
    return state


def _let_in(url: str, name: str) -> None:
    """Give a clone what belongs to a database as a whole, and is not cloned."""
    with psycopg.connect(url) as connection:
        create_roles(connection)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = crpm, analytics, public").format(
                sql.Identifier(name)
            )
        )


def _swap(maintenance: psycopg.Connection[Any], owner_url: str, name: str, fresh: str, former: str) -> None:
    """Give the fresh database the name of the live one, whose connections are ended, in one transaction."""

    def rename() -> None:
        with _creating(), maintenance.transaction():
            # From here on nobody new gets in, and this waits until those who are in have gone.
            maintenance.execute(_rename(name, former))
            maintenance.execute(_rename(fresh, name))

    with ThreadPoolExecutor(1) as executor, maintaining(owner_url) as other:
        renamed = executor.submit(rename)
        while not renamed.done():
            other.execute(_END_OTHERS, [name])
            wait([renamed], timeout=_AGAIN_SECONDS)
        renamed.result()


@contextmanager
def _creating() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise CannotCreateDatabaseError(reason=str(error).partition("\n")[0]) from error


def _mark(maintenance: psycopg.Connection[Any], name: str, text: str) -> None:
    maintenance.execute(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text))
    )


def _rename(name: str, new_name: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name))


def _drop(maintenance: psycopg.Connection[Any], name: str) -> None:
    maintenance.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
