"""Writes a database into one file, with its roles and a checksum beside it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from db.client_programs import Tell, client_program, run_program
from db.errors import BackupExistsError, BackupFileError, NotTheOwnerError, SchemaMissingError
from db.versions import is_installed

_CHUNK = 1 << 20
_NAME = "crpm-%Y%m%dT%H%M%SZ.dump"
_BESIDE = ("roles.sql", "sha256", "proof.json")
# Roles that this database needs: those of CRPM, those who hold one of them, and those who own or may do something in it.
# Superusers are left out: another server has its own.
_ROLES = """
WITH RECURSIVE needed AS (
    SELECT r.oid FROM pg_roles AS r WHERE r.rolname LIKE 'crpm\\_%'
    UNION
    SELECT d.refobjid FROM pg_shdepend AS d INNER JOIN pg_database AS b ON d.dbid = b.oid
    WHERE b.datname = current_database() AND d.refclassid = 'pg_authid'::regclass
    UNION
    SELECT m.member FROM pg_auth_members AS m INNER JOIN needed AS n ON m.roleid = n.oid
)
SELECT r.rolname, r.rolcanlogin, r.rolinherit
FROM pg_roles AS r INNER JOIN needed AS n ON r.oid = n.oid
WHERE NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%'
ORDER BY r.rolname
"""
_MEMBERS = """
SELECT r.rolname, m.rolname
FROM pg_auth_members AS a INNER JOIN pg_roles AS r ON a.roleid = r.oid INNER JOIN pg_roles AS m ON a.member = m.oid
WHERE r.rolname = ANY(%(roles)s) AND m.rolname = ANY(%(roles)s)
GROUP BY r.rolname, m.rolname
ORDER BY r.rolname, m.rolname
"""
_CREATE_ROLE = (
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal}) THEN "
    "CREATE ROLE {role} {login} {inherit}; END IF; END $$;\n"
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was written, its size in bytes and its SHA-256."""

    file: Path
    size: int
    sha256: str


def beside(file: Path, what: str) -> Path:
    """The path of what belongs to a backup: its roles.sql, sha256 or proof.json."""
    return file.with_name(f"{file.name}.{what}")


def named_in(folder: Path) -> Path:
    """The file of a backup made now into a folder."""
    return folder / datetime.now(UTC).strftime(_NAME)


def remove_old(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest backups that `named_in` has named, with what is beside them; those removed."""
    old = sorted(folder.glob("crpm-*T*Z.dump"))[:-keep]
    for file in old:
        for path in (file, *(beside(file, what) for what in _BESIDE)):
            path.unlink(missing_ok=True)
    return old


@contextmanager
def snapshot(owner_url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A connection that reads one moment of the database as its owner, and the name by which pg_dump reads the same."""
    with psycopg.connect(owner_url) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            if not is_installed(connection):
                raise SchemaMissingError
            connection.execute("SET LOCAL ROLE crpm_owner")
        except psycopg.errors.InsufficientPrivilege as error:
            raise NotTheOwnerError from error
        [name] = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        yield connection, name


def backup(owner_url: str, file: Path, *, tell: Tell = print) -> Backup:
    """Write the database as of one moment into a file; while it is written nobody has to wait.

    Raises a ServerError, and then leaves no file.
    """
    with snapshot(owner_url) as (connection, name):
        return write(connection, name, owner_url, file, tell=tell)


def write(
    connection: psycopg.Connection[Any], name: str, owner_url: str, file: Path, *, tell: Tell
) -> Backup:
    """Write the moment of a `snapshot` into a file, as `backup` does."""
    if file.exists():
        raise BackupExistsError(file=file)
    part = beside(file, "part")
    try:
        # Before pg_dump opens it: customers are nobody else's business.
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        pg_dump = client_program("pg_dump", connection.info.server_version // 10_000)
        run_program(
            pg_dump,
            owner_url,
            *("--format=custom", f"--snapshot={name}", "--no-publications", "--no-subscriptions"),
            # Who may execute PostgreSQL's own functions: other versions have others, so restoring says it anew.
            "--exclude-schema=pg_catalog",
            *("--file", part),
            tell=tell,
        )
        roles = roles_sql(connection).encode()
        sums = {file: checksum(part), beside(file, "roles.sql"): hashlib.sha256(roles).hexdigest()}
        beside(file, "roles.sql").write_bytes(roles)
        beside(file, "sha256").write_text("".join(f"{value}  {path.name}\n" for path, value in sums.items()))
        part.rename(file)
    except OSError as error:
        raise BackupFileError(file=file, reason=error.strerror or error) from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(file, file.stat().st_size, sums[file])


def checksum(file: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def roles_sql(connection: psycopg.Connection[Any]) -> str:
    """Statements that create the roles which the database needs, where they are missing; without their passwords."""
    roles = connection.execute(_ROLES).fetchall()
    text = (
        "-- The roles of this backup, without passwords: ALTER ROLE ... PASSWORD where a login needs one.\n"
    )
    for name, can_login, inherits in roles:
        statement = sql.SQL(_CREATE_ROLE).format(
            literal=sql.Literal(name),
            role=sql.Identifier(name),
            login=sql.SQL("LOGIN" if can_login else "NOLOGIN"),
            inherit=sql.SQL("INHERIT" if inherits else "NOINHERIT"),
        )
        text += statement.as_string(connection)
    for role, member in connection.execute(_MEMBERS, {"roles": [row[0] for row in roles]}):
        grant = sql.SQL("GRANT {} TO {};\n").format(sql.Identifier(role), sql.Identifier(member))
        text += grant.as_string(connection)
    return text
