"""Builds the database from schema.sql."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

HERE = Path(__file__).parent
# Any number will do, as long as every process asks for the same one.
INSTALL_LOCK = 7_215_001


def is_installed(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database holds the schema."""
    return connection.execute("SELECT WHERE to_regclass('crpm.settings') IS NOT NULL").fetchone() is not None


def install(owner_url: str) -> bool:
    """Build roles, schema and reference data in one transaction, where they are not there yet.

    Returns whether anything was built. Two processes that install at once follow each other.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if is_installed(connection):
            return False
        connection.execute((HERE / "schema.sql").read_bytes())
        connection.execute((HERE / "reference.sql").read_bytes())
        connection.execute("RESET ROLE")
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = crpm, analytics, public").format(
                sql.Identifier(connection.info.dbname)
            )
        )
    return True
