"""The tests' shop as each released schema had it: `python -m tests.releases` writes that of today, at a release."""

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from db.embedded import running
from db.install import install
from db.postgres_processes import program
from db.versions import read_schema
from tests.conftest import OwnDatabase
from tests.trade import trade

FOLDER = Path(__file__).with_name("released")
# What psycopg does not know (\restrict), and what PostgreSQL before 17 does not.
_LEFT_OUT = re.compile(r"^(\\(un)?restrict .*|SET transaction_timeout = 0;)\n", re.MULTILINE)


def dumped(url: str, *options: str) -> str:
    """What pg_dump writes of a database, alike for databases that are alike."""
    # Who may execute PostgreSQL's own functions depends on its version.
    command = [program("pg_dump"), "--dbname", url, "--exclude-schema=pg_catalog", *options]
    text = subprocess.check_output(command, text=True)
    return _LEFT_OUT.sub("", text)


def whole(url: str) -> str:
    """A database as statements that psycopg can run."""
    return dumped(url, "--inserts")


def main() -> None:
    """Write today's schema, with the shop and some trade in it, as released."""
    with TemporaryDirectory() as name, running(Path(name) / "data", durable=False) as server:
        url = server.url("postgres")
        install(url)
        with psycopg.connect(url) as connection:
            connection.execute(Path(__file__).with_name("shop.sql").read_bytes())
        trade(OwnDatabase(owner_url=url, app_url=server.url("crpm_app")))
        FOLDER.mkdir(exist_ok=True)
        file = FOLDER / f"{read_schema().version:04}.sql"
        file.write_text(whole(url), encoding="utf-8")
    print(f"Wrote {file}.")


if __name__ == "__main__":
    main()
