"""Brings a backup back: into a database beside the one it replaces, which takes its name once it is whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.backup import beside, checksum
from db.client_programs import Tell, client_program, restore_by_psql, run_program
from db.errors import (
    BackupDamagedError,
    BackupFileError,
    CannotCreateDatabaseError,
    DatabaseInUseError,
    NotABackupError,
    NotEmptyError,
)
from db.install import create_roles, revoke_harmful_functions
from db.versions import is_installed

_MOST_JOBS = 4
# Restoring in parallel needs pg_restore to speak to the server itself, which an older one answers with an error.
_OLDEST_FOR_PG_RESTORE = 17
_IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class AS c INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
) AND NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'crpm')
"""


def restore(owner_url: str, file: Path, *, replace: bool = False, tell: Tell = print) -> None:
    """Bring a backup back under the name of the database at the address.

    That one must be empty, or be given up by `replace`, and nobody else may use it. Raises a ServerError, and then
    everything is as it was before.
    """
    check(file)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        name = connection.info.dbname
        if not replace and connection.execute(_IS_EMPTY).fetchone() != (True,):
            raise NotEmptyError(database=name)
    with maintaining(owner_url) as maintenance:
        former = beside_name(name, "former")
        _rehearse(maintenance, name, former)
        with scratch_database(maintenance, owner_url, "restored", like=name) as restored:
            fill(restored, file, tell=tell)
            _swap(maintenance, name, str(conninfo_to_dict(restored)["dbname"]), former)


def check(file: Path) -> None:
    """Raise unless the file and its roles are those that were written; a file without a checksum is taken as it is."""
    if not file.is_file():
        raise BackupFileError(file=file, reason="there is no such file")
    sums = beside(file, "sha256")
    if not sums.exists():
        return
    for line in sums.read_text().splitlines():
        value, _, name = line.partition("  ")
        path = file.with_name(name)
        if path.exists() and checksum(path) != value:
            raise BackupDamagedError(file=path)


@contextmanager
def maintaining(owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the server from which its other databases can be created, renamed and dropped."""
    with psycopg.connect(make_conninfo(owner_url, dbname="postgres"), autocommit=True) as connection:
        yield connection


@contextmanager
def scratch_database(
    maintenance: psycopg.Connection[Any], owner_url: str, purpose: str, *, like: str
) -> Iterator[str]:
    """The address of a new database, with the locale of the one that it is `like`; dropped at the end if it is still there."""
    name = beside_name(like, purpose)
    locale = maintenance.execute(
        "SELECT datcollate, datctype FROM pg_database WHERE datname = %s", [like]
    ).fetchone()
    collate, ctype = locale or ("C", "C")
    try:
        maintenance.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}").format(
                sql.Identifier(name), sql.Literal(collate), sql.Literal(ctype)
            )
        )
    except psycopg.Error as error:
        raise CannotCreateDatabaseError(reason=str(error).partition("\n")[0]) from error
    try:
        yield make_conninfo(owner_url, dbname=name)
    finally:
        maintenance.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def beside_name(name: str, purpose: str) -> str:
    """The name of a database beside another one, within the 63 bytes that a name may have."""
    return f"{name.encode()[:40].decode(errors='ignore')}_{purpose}_{uuid4().hex[:8]}"


def fill(url: str, file: Path, *, tell: Tell = print) -> None:
    """Restore a backup into a new database: roles, then everything else, then the setting of the database."""
    with psycopg.connect(url) as connection:
        if (roles := beside(file, "roles.sql")).exists():
            connection.execute(roles.read_bytes())
        create_roles(connection)
        name, major = connection.info.dbname, connection.info.server_version // 10_000
    pg_restore = client_program("pg_restore", major)
    if major < _OLDEST_FOR_PG_RESTORE:
        restore_by_psql(pg_restore, client_program("psql", major), file, url, major)
    else:
        jobs = f"--jobs={min(_MOST_JOBS, os.cpu_count() or 1)}"
        run_program(pg_restore, url, "--exit-on-error", "--no-tablespaces", jobs, file, tell=tell)
    with psycopg.connect(url) as connection:
        if not is_installed(connection):
            raise NotABackupError(file=file)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = crpm, analytics, public").format(
                sql.Identifier(name)
            )
        )
        revoke_harmful_functions(connection)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _rename(name: str, new_name: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name))


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.ObjectInUse as error:
        raise DatabaseInUseError(database=name) from error
    except psycopg.Error as error:
        raise CannotCreateDatabaseError(reason=str(error).partition("\n")[0]) from error


def _rehearse(maintenance: psycopg.Connection[Any], name: str, former: str) -> None:
    """Raise at once what would otherwise refuse the swap at the end; the server gives others five seconds to leave."""
    with _explained(name), maintenance.transaction(force_rollback=True):
        maintenance.execute(_rename(name, former))


def _swap(maintenance: psycopg.Connection[Any], name: str, restored: str, former: str) -> None:
    """Give the restored database the name of the one it replaces, in one transaction, and drop that one."""
    with _explained(name), maintenance.transaction():
        maintenance.execute(_rename(name, former))
        maintenance.execute(_rename(restored, name))
    maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(former)))
