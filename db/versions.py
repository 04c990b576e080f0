"""Which schema a database has, and whether it is the one that this program needs.

`db/schema.sql` is the truth; a file of `db/migrations` leads from one released version to the next. A database keeps in
`crpm.schema_versions` what it was built from and has been led through. Until a version is released its schema.sql changes
without a migration: then the checksum alone tells one state from another.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import scalar_row, tuple_row

from db.errors import (
    ChangedMigrationError,
    MigrationFileError,
    OtherDemoSchemaError,
    OtherSchemaError,
    SchemaAheadError,
    SchemaMissingError,
    SchemaOutdatedError,
)

HERE = Path(__file__).parent
# The version whose schema.sql is the base that the first migration starts from.
BASE = 1
_FILE_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)")
# The runner begins and commits: a file that did so itself would leave half of it behind.
_TRANSACTION = re.compile(
    r"^(BEGIN|START|COMMIT|ROLLBACK)( WORK| TRANSACTION)?\s*;", re.MULTILINE | re.IGNORECASE
)
_COMMENT = re.compile(r"^--.*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of db/migrations."""

    version: int
    name: str
    text: str

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.version:04}_{self.name}.sql"

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Schema:
    """What this program builds, and how it leads an older database there."""

    text: str
    reference: str
    migrations: tuple[Migration, ...]

    @property
    def version(self) -> int:
        """The newest version."""
        return self.migrations[-1].version if self.migrations else BASE

    @property
    def checksum(self) -> str:
        """SHA-256 of schema.sql without the comments between its statements, which change no database."""
        return hashlib.sha256(_COMMENT.sub("", self.text).encode()).hexdigest()


def read_schema(folder: Path = HERE) -> Schema:
    """Read schema.sql, reference.sql and the migrations; raises MigrationFileError for a file that cannot be one."""
    paths = sorted((folder / "migrations").glob("*.sql"))
    migrations = tuple(_read_migration(path, BASE + place) for place, path in enumerate(paths, start=1))
    return Schema(
        text=(folder / "schema.sql").read_text(encoding="utf-8"),
        reference=(folder / "reference.sql").read_text(encoding="utf-8"),
        migrations=migrations,
    )


def _read_migration(path: Path, version: int) -> Migration:
    named = _FILE_NAME.fullmatch(path.stem)
    if named is None or int(named["version"]) != version:
        raise MigrationFileError(file=path.name, reason=f"its name should begin with {version:04}_")
    text = path.read_text(encoding="utf-8")
    if _TRANSACTION.search(text):
        raise MigrationFileError(
            file=path.name, reason="it begins or ends a transaction, which its runner does"
        )
    return Migration(version=version, name=named["name"], text=text)


def is_installed(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database holds a schema of CRPM, of whatever version."""
    return connection.execute("SELECT WHERE to_regclass('crpm.settings') IS NOT NULL").fetchone() is not None


def stamp(connection: psycopg.Connection[Any], schema: Schema) -> None:
    """Note in a database just built that it needs none of the migrations."""
    passed = [
        (BASE, "begin", None),
        *((step.version, step.name, step.checksum) for step in schema.migrations),
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO crpm.schema_versions (version, name, file_checksum, schema_checksum) VALUES (%s, %s, %s, %s)",
            [(*step, schema.checksum if step[0] == schema.version else None) for step in passed],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a database tells of its schema; `schema_checksum` is that of the schema.sql it is equal to."""

    version: int
    schema_checksum: str | None
    file_checksums: dict[int, str | None]


def find(connection: psycopg.Connection[Any]) -> Found | None:
    """What a database with the schema tells of it; None where it was built before databases told."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        if cursor.execute("SELECT WHERE to_regclass('crpm.schema_versions') IS NOT NULL").fetchone() is None:
            return None
        rows = cursor.execute(
            "SELECT version, file_checksum, schema_checksum FROM crpm.schema_versions ORDER BY version"
        ).fetchall()
    return Found(rows[-1][0], rows[-1][2], {row[0]: row[1] for row in rows}) if rows else None


def require_current(connection: psycopg.Connection[Any], schema: Schema) -> None:
    """Raise a SchemaError unless the database has exactly this schema."""
    found = require_known(connection, schema)
    if found.version < schema.version:
        raise SchemaOutdatedError(found=found.version, needed=schema.version)
    if found.schema_checksum != schema.checksum:
        raise _other(connection)


def require_known(connection: psycopg.Connection[Any], schema: Schema) -> Found:
    """What the database tells of its schema; raises a SchemaError unless migrations can lead on from there."""
    if not is_installed(connection):
        raise SchemaMissingError
    found = find(connection)
    if found is None:
        raise _other(connection)
    if found.version > schema.version:
        raise SchemaAheadError(found=found.version, known=schema.version)
    for step in schema.migrations:
        if step.version in found.file_checksums and found.file_checksums[step.version] != step.checksum:
            raise ChangedMigrationError(file=step.file)
    return found


def _other(connection: psycopg.Connection[Any]) -> OtherSchemaError:
    return OtherDemoSchemaError() if holds_no_own_data(connection) else OtherSchemaError()


def holds_no_own_data(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is nothing but the demo data, or nothing yet."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return bool(
            cursor.execute(
                """
                SELECT coalesce(
                    (SELECT is_demo FROM crpm.settings),
                    NOT EXISTS (SELECT FROM crpm.customers) AND NOT EXISTS (SELECT FROM crpm.products)
                )
                """
            ).fetchone()
        )
