"""Builds the database from schema.sql, and leads an older one to it."""

from collections.abc import Iterator

import psycopg
from psycopg import sql

from db.errors import (
    LockedOutError,
    MayNotBuildError,
    MigrationFailedError,
    NotTheOwnerError,
    OwnDataError,
    SchemaMissingError,
)
from db.versions import (
    Migration,
    Schema,
    holds_no_own_data,
    is_installed,
    read_schema,
    require_current,
    require_known,
    stamp,
)

# Any number will do, as long as every process asks for the same one.
INSTALL_LOCK = 7_215_001
# A migration that waited longer for a table would hold up everybody who comes after it.
LOCK_TIMEOUT = "10s"
STATEMENT_TIMEOUT = "30min"
# Those that schema.sql hands to each other, and to the login that builds.
ROLES = (
    "crpm_owner",
    "crpm_every_store",
    "crpm_viewer",
    "crpm_analyst",
    "crpm_clerk",
    "crpm_manager",
    "crpm_admin",
    "crpm_app",
)


def install(owner_url: str, schema: Schema | None = None, *, afresh: bool = False) -> bool:
    """Build roles, schema and reference data in one transaction, where they are not there yet.

    Returns whether anything was built. Two processes that install at once follow each other. `afresh` drops what is
    there, which must be demo data. Raises a SchemaError where there is another schema than this one.
    """
    schema = schema or read_schema()
    with psycopg.connect(owner_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if is_installed(connection):
            if not afresh:
                require_current(connection, schema)
                return False
            if not holds_no_own_data(connection):
                raise OwnDataError
            connection.execute("DROP SCHEMA IF EXISTS crpm, analytics, staging CASCADE")
        try:
            connection.execute(schema.text.encode())
        except psycopg.errors.InsufficientPrivilege as error:
            raise MayNotBuildError(
                login=connection.info.user, reason=error.diag.message_primary, roles=", ".join(ROLES)
            ) from error
        connection.execute(schema.reference.encode())
        stamp(connection, schema)
        connection.execute("RESET ROLE")
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = crpm, analytics, public").format(
                sql.Identifier(connection.info.dbname)
            )
        )
    return True


def create_roles(connection: psycopg.Connection, schema: Schema | None = None) -> None:
    """Create the roles of CRPM where they are missing, and let them into this database: how schema.sql begins."""
    roles, _, _ = (schema or read_schema()).text.partition("\nCREATE EXTENSION ")
    connection.execute(roles.encode())


def set_console_password(owner_url: str, password: str) -> None:
    """Give the SQL console's login a password, which leaves this program hashed."""
    with psycopg.connect(owner_url) as connection:
        if not is_installed(connection):
            raise SchemaMissingError
        hashed = connection.pgconn.encrypt_password(password.encode(), b"crpm_console", b"scram-sha-256")
        connection.execute(
            sql.SQL("ALTER ROLE crpm_console PASSWORD {}").format(sql.Literal(hashed.decode()))
        )


def revoke_harmful_functions(connection: psycopg.Connection) -> None:
    """Say anew who may execute what the SQL console must not, where the database's schema has that rule."""
    found = connection.execute("SELECT to_regprocedure('crpm.revoke_harmful_functions()') IS NOT NULL")
    if found.fetchone() == (True,):
        connection.execute("SELECT crpm.revoke_harmful_functions()")


def migrate(owner_url: str, schema: Schema | None = None) -> Iterator[Migration]:
    """Lead the database to this schema, one transaction a file, yielding each file once it is committed.

    Raises a ServerError, with the files yielded so far committed and nothing of the one that failed.
    """
    schema = schema or read_schema()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [INSTALL_LOCK])
        found = require_known(connection, schema)
        for step in schema.migrations:
            if step.version > found.version:
                _apply(connection, step, schema)
                yield step
        require_current(connection, schema)


def _apply(connection: psycopg.Connection, step: Migration, schema: Schema) -> None:
    checksum = schema.checksum if step.version == schema.version else None
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', %s, TRUE)", [LOCK_TIMEOUT])
            connection.execute("SELECT set_config('statement_timeout', %s, TRUE)", [STATEMENT_TIMEOUT])
            connection.execute("SET LOCAL ROLE crpm_owner")
            connection.execute(step.text.encode())
            connection.execute(
                "INSERT INTO crpm.schema_versions (version, name, file_checksum, schema_checksum) VALUES (%s, %s, %s, %s)",
                [step.version, step.name, step.checksum, checksum],
            )
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise LockedOutError(file=step.file) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotTheOwnerError from error
    except psycopg.Error as error:
        raise MigrationFailedError(file=step.file, reason=str(error).partition("\n")[0]) from error
