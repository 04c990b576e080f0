"""Proves a backup: restores it beside the source and compares what came back with what was there."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from db.backup import Backup, beside, snapshot, write
from db.client_programs import Tell, addressed, client_program
from db.restore import fill, maintaining, scratch_database
from db.verify import Result, verify
from db.versions import read_schema, require_current

_HEADLINES = ("headline", "headline_profit")
_TABLES = """
SELECT n.nspname, c.relname
FROM pg_class AS c INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE c.relkind = 'r' AND n.nspname IN ('crpm', 'staging')
ORDER BY n.nspname, c.relname
"""
# The sum of the first 8 bytes of each row's SHA-256: the same for the same rows in any order.
_FINGERPRINT = sql.SQL(
    """
    SELECT
        count(*),
        coalesce(sum(('x' || encode(substr(sha256(convert_to(t::text, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint), 0)::text
    FROM {} AS t
    """
)
# A row's text is to be alike whoever asks for it.
_ALIKE = {"TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "iso_8601", "extra_float_digits": "1"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a database holds: rows and fingerprint by table, and the headline figures."""

    tables: dict[str, tuple[int, str]]
    headlines: dict[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that was looked at in the source and in what was restored."""

    what: str
    source: str
    restored: str

    @property
    def is_equal(self) -> bool:
        """Whether both are alike."""
        return self.source == self.restored


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of proving a backup; `checks` are those of `python -m db verify` on what was restored."""

    backup: Backup
    compared: list[Compared]
    checks: list[Result]

    @property
    def is_proved(self) -> bool:
        """Whether everything is alike, and everything restored keeps the promises of the schema."""
        return all(one.is_equal for one in self.compared) and not any(one.differences for one in self.checks)


def prove(owner_url: str, file: Path, *, tell: Tell = print) -> Proof:
    """Write a backup, restore it into a scratch database, compare both, and write the certificate beside the file.

    The source is read as of the very moment that is in the backup, so the shop may go on selling. Raises a ServerError.
    """
    with snapshot(owner_url) as (connection, name):
        require_current(connection, read_schema())  # what is to be verified with it
        written = write(connection, name, owner_url, file, tell=tell)
        tell("Reading the figures of the source")
        source, version = figures(connection), connection.info.server_version
        database = connection.info.dbname
        definitions = _definitions(owner_url, version)
    with maintaining(owner_url) as maintenance:
        tell("Restoring into a scratch database")
        with scratch_database(maintenance, owner_url, "proof", like=database) as scratch:
            fill(scratch, file, tell=tell)
            tell("Comparing every figure")
            with psycopg.connect(scratch) as connection:
                restored = figures(connection)
            compared = list(_compare(source, restored))
            compared.append(
                Compared("schema", str(len(definitions)), str(len(definitions)))
                if definitions == (there := _definitions(scratch, version))
                else Compared("schema", *_first_difference(definitions, there))
            )
            proof = Proof(written, compared, list(verify(scratch)))
    _certify(proof, database, version)
    return proof


def figures(connection: psycopg.Connection[Any]) -> Figures:
    """What the database holds, as the connection's transaction sees it."""
    for name, value in _ALIKE.items():
        connection.execute("SELECT set_config(%s, %s, TRUE)", [name, value])
    tables = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        counted = connection.execute(_FINGERPRINT.format(sql.Identifier(schema, table))).fetchone()
        tables[f"{schema}.{table}"] = counted or (0, "")
    headlines = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for view in _HEADLINES:
            rows = cursor.execute(
                sql.SQL("SELECT * FROM {}").format(sql.Identifier("analytics", view))
            ).fetchall()
            for place, row in enumerate(rows):
                for column, value in row.items():
                    headlines[f"{view}.{column}" + (f" ({place + 1})" if place else "")] = str(value)
    return Figures(tables, headlines)


def _compare(source: Figures, restored: Figures) -> Iterator[Compared]:
    for table in sorted(source.tables.keys() | restored.tables.keys()):
        one, other = (
            f"{found[0]} rows, {found[1]}" if (found := side.tables.get(table)) else "no such table"
            for side in (source, restored)
        )
        yield Compared(table, one, other)
    for name in sorted(source.headlines.keys() | restored.headlines.keys()):
        yield Compared(name, str(source.headlines.get(name)), str(restored.headlines.get(name)))


def _definitions(url: str, server_version: int) -> list[str]:
    """Every definition of the schema, as pg_dump writes it."""
    address, environment = addressed(url)
    text = subprocess.check_output(
        [client_program("pg_dump", server_version // 10_000), *address, "--schema-only"],
        text=True,
        env=environment,
    )
    # The key of \restrict is drawn anew for each dump.
    return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE).splitlines()


def _first_difference(one: list[str], other: list[str]) -> tuple[str, str]:
    place = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return "".join(one[place : place + 1]) or "(end)", "".join(other[place : place + 1]) or "(end)"


def _certify(proof: Proof, database: str, server_version: int) -> None:
    certificate = {
        "is_proved": proof.is_proved,
        "proved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": proof.backup.file.name,
        "sha256": proof.backup.sha256,
        "size_bytes": proof.backup.size,
        "database": database,
        "server_version": server_version,
        "how": "Restored into a scratch database of the same server; compared with the source as of the backup's moment: "
        "by table the number of rows and the sum of their hashes, every headline figure, and each definition of the schema.",
        "compared": [asdict(one) | {"is_equal": one.is_equal} for one in proof.compared],
        "verified": [asdict(one) for one in proof.checks],
    }
    text = json.dumps(certificate, indent=1, default=str)
    beside(proof.backup.file, "proof.json").write_text(text + "\n", encoding="utf-8")
