import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from db import client_programs, proof, restore
from db.backup import backup, beside, remove_old, roles_sql, write
from db.errors import (
    BackupDamagedError,
    BackupExistsError,
    BackupFileError,
    DatabaseInUseError,
    NoProgramError,
    NotABackupError,
    NotEmptyError,
    ProgramFailedError,
    ServerError,
)
from db.install import install
from db.postgres_processes import program, service_account
from db.proof import Figures, figures, prove
from db.versions import read_schema, require_current
from tests.conftest import OwnDatabase, acting, database_of_its_own
from tests.folders import quick_folder

DEBIANS_15 = Path("/usr/lib/postgresql/15/bin")


def found_in(url: str) -> Figures:
    with psycopg.connect(url) as connection:
        require_current(connection, read_schema())
        return figures(connection)


def databases(server: str, like: OwnDatabase) -> list[str]:
    """The databases that were made for this one and are still there."""
    with psycopg.connect(server) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [like_name(like)]
        )
        return [row[0] for row in names]


def like_name(own: OwnDatabase) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(own.owner_url)["dbname"])


@contextmanager
def refused(error: type[ServerError], text: str) -> Iterator[None]:
    with pytest.raises(error, match=text) as raised:
        yield
    assert "\n" not in str(raised.value)


@pytest.fixture(params=["pg_restore", "psql"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The two ways of restoring: servers before 17 take the second, on which a setting of the dump is left out."""
    if request.param == "psql":
        monkeypatch.setattr(restore, "_OLDEST_FOR_PG_RESTORE", 99)
        monkeypatch.setattr(client_programs, "_KNOWS_TRANSACTION_TIMEOUT", 99)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_a_backup_comes_back_as_it_was_and_only_where_it_may(
    server: str, shop: OwnDatabase, tmp_path: Path
) -> None:
    before = found_in(shop.owner_url)
    file = tmp_path / "shop's backup.dump"
    written = backup(shop.owner_url, file)
    assert (written.size, file.stat().st_mode & 0o777) == (file.stat().st_size, 0o600)
    subprocess.run(["sha256sum", "--check", "--quiet", beside(file, "sha256").name], cwd=tmp_path, check=True)
    with shop.connect() as connection:
        connection.execute("UPDATE crpm.customers SET name = 'Somebody else'")
        after = found_in(shop.owner_url)
        with refused(NotEmptyError, "is not empty, and was left as it is"):
            restore.restore(shop.owner_url, file)
    assert found_in(shop.owner_url) == after != before
    restore.restore(shop.owner_url, file, replace=True)
    assert found_in(shop.owner_url) == before
    assert databases(server, shop) == [like_name(shop)]
    with acting(shop) as act, act("clerk") as connection:
        assert connection.execute("SELECT count(*) > 0 FROM customers").fetchone() == (True,)
    with database_of_its_own(server) as name:
        restore.restore(make_conninfo(server, dbname=name), file)
        assert found_in(make_conninfo(server, dbname=name)) == before


def test_a_restore_that_fails_leaves_everything_as_it_was(
    server: str, shop: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found_in(shop.owner_url)

    def refused_restore(file: Path, error: type[ServerError], text: str) -> None:
        with refused(error, text):
            restore.restore(shop.owner_url, file, replace=True)
        assert databases(server, shop) == [like_name(shop)]
        assert found_in(shop.owner_url) == before

    refused_restore(tmp_path / "missing.dump", BackupFileError, "no such file")
    with database_of_its_own(server) as name:
        foreign = make_conninfo(server, dbname=name)
        subprocess.run(
            [program("pg_dump"), "-Fc", "-d", foreign, "-f", tmp_path / "foreign.dump"], check=True
        )
    refused_restore(tmp_path / "foreign.dump", NotABackupError, "holds no CRPM database")
    file = tmp_path / "shop.dump"
    backup(shop.owner_url, file)
    with shop.connect():
        refused_restore(file, DatabaseInUseError, "Somebody is connected")
    content = file.read_bytes()
    file.write_bytes(content[:-2000])
    refused_restore(file, BackupDamagedError, "SHA-256 differs")
    beside(file, "sha256").unlink()
    for oldest in (0, 99):  # by pg_restore, then by psql
        monkeypatch.setattr(restore, "_OLDEST_FOR_PG_RESTORE", oldest)
        refused_restore(file, ProgramFailedError, "pg_restore failed, and nothing was changed")


def test_a_backup_that_fails_leaves_no_file(shop: OwnDatabase, tmp_path: Path) -> None:
    file = tmp_path / "shop.dump"
    with refused(BackupFileError, "No such file or directory"):
        backup(shop.owner_url, tmp_path / "missing" / "shop.dump")
    with (
        refused(ProgramFailedError, "pg_dump failed.*invalid snapshot"),
        psycopg.connect(shop.owner_url) as connection,
    ):
        write(connection, "no-such-snapshot", shop.owner_url, file, tell=print)
    assert list(tmp_path.iterdir()) == []
    file.write_text("somebody else's")
    with refused(BackupExistsError, "is there already"):
        backup(shop.owner_url, file)
    assert file.read_text() == "somebody else's"


def test_what_is_sold_meanwhile_leaves_the_proof_whole(shop: OwnDatabase, tmp_path: Path) -> None:
    before = found_in(shop.owner_url)
    told = []

    def sell(text: str) -> None:
        told.append(text)
        with shop.connect() as connection:
            connection.execute("INSERT INTO crpm.customers (name) VALUES ('Came meanwhile')")

    done = prove(shop.owner_url, tmp_path / "shop.dump", tell=sell)
    assert done.is_proved
    assert told
    assert {one.what for one in done.compared} == {*before.tables, *before.headlines, "schema"}
    rows, fingerprint = before.tables["crpm.customers"]
    (customers,) = [one for one in done.compared if one.what == "crpm.customers"]
    assert customers.restored == f"{rows} rows, {fingerprint}"
    certificate = json.loads(beside(done.backup.file, "proof.json").read_text())
    assert certificate["is_proved"] is True
    assert certificate["sha256"] == done.backup.sha256
    assert [one["is_equal"] for one in certificate["compared"]] == [True] * len(done.compared)
    assert [one["differences"] for one in certificate["verified"]] == [0] * len(done.checks)


def test_whatever_is_lost_on_the_way_is_not_proved(
    server: str, shop: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = proof.fill

    def lossy(url: str, file: Path, **options: Any) -> None:
        whole(url, file, **options)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE crpm.customers SET name = name || '?' WHERE customer_id = 1")
            connection.execute("UPDATE crpm.stock_levels SET on_hand = on_hand + 1")
            connection.execute("DROP INDEX crpm.audit_log_row_idx")

    monkeypatch.setattr(proof, "fill", lossy)
    done = prove(shop.owner_url, tmp_path / "shop.dump")
    assert not done.is_proved
    wrong = {one.what for one in done.compared if not one.is_equal}
    assert wrong >= {"crpm.customers", "crpm.stock_levels", "schema"}
    assert wrong <= {"crpm.customers", "crpm.stock_levels", "schema", "crpm.audit_log"}
    assert [one.check for one in done.checks if one.differences] == ["levels_equal_the_ledger"]
    assert json.loads(beside(done.backup.file, "proof.json").read_text())["is_proved"] is False
    assert databases(server, shop) == [like_name(shop)]


def test_roles_come_with_a_backup_and_are_made_where_they_are_missing(shop: OwnDatabase) -> None:
    with psycopg.connect(shop.owner_url) as connection:
        connection.execute(
            "CREATE ROLE \"ops analyst\" LOGIN NOINHERIT PASSWORD 's3cret' IN ROLE crpm_manager"
        )
        connection.execute("CREATE ROLE ops_reader NOLOGIN")
        connection.execute("GRANT SELECT ON crpm.stores TO ops_reader")
        connection.execute("CREATE ROLE ops_stranger NOLOGIN")
        text = roles_sql(connection)
        connection.execute('REVOKE ALL ON crpm.stores FROM ops_reader; DROP ROLE "ops analyst", ops_reader')
        connection.execute(text.encode())
        connection.execute(text.encode())
        made = connection.execute(
            """
            SELECT rolname, rolcanlogin, rolinherit, pg_has_role(rolname, 'crpm_manager', 'MEMBER')
            FROM pg_roles WHERE rolname ~ '^ops' ORDER BY rolname
            """
        ).fetchall()
        connection.rollback()
    assert made == [
        ("ops analyst", True, False, True),
        ("ops_reader", False, True, False),
        ("ops_stranger", False, True, False),
    ]
    assert "ops_stranger" not in text
    assert "SCRAM" not in text


def test_only_the_newest_backups_of_a_folder_are_kept(tmp_path: Path) -> None:
    days = [f"crpm-2026010{day}T000000Z.dump" for day in range(1, 5)]
    for name in (*days, f"{days[0]}.sha256", f"{days[3]}.sha256", "crpm-mine.dump"):
        (tmp_path / name).touch()
    assert [path.name for path in remove_old(tmp_path, 2)] == days[:2]
    assert {path.name for path in tmp_path.iterdir()} == {*days[2:], f"{days[3]}.sha256", "crpm-mine.dump"}
    assert remove_old(tmp_path, 2) == []


def test_only_the_dump_s_own_setting_is_left_out_for_older_servers() -> None:
    text = (
        b"SET a = 1;\nSET transaction_timeout = 0;\nCOPY t FROM stdin;\nSET transaction_timeout = 0;\n\\.\n"
    )
    for server_major, expected in ((15, text.replace(b"SET transaction_timeout = 0;\n", b"", 1)), (17, text)):
        target = io.BytesIO()
        client_programs._copy(
            SimpleNamespace(stdout=io.BytesIO(text)), SimpleNamespace(stdin=target), server_major
        )
        assert target.getvalue() == expected


def test_a_server_newer_than_every_program_here_is_told() -> None:
    with refused(NoProgramError, "no pg_dump here for a server of PostgreSQL 99"):
        client_programs.client_program("pg_dump", 99)


def test_progress_is_told_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0, 0.5, 1.5, 1.5, 1.6])
    monkeypatch.setattr(client_programs.time, "monotonic", lambda: next(seconds))
    told: list[str] = []
    lines = [
        'pg_dump: dumping contents of table "crpm.a"\n',
        "pg_dump: something\n",
        'pg_restore: processing data for table "crpm.b"\n',
        "pg_restore: finished item 4021 TABLE DATA c\n",
    ]
    assert client_programs._follow(lines, told.append) == ["pg_dump: something"]
    assert told == ["  2 tables, at crpm.b"]


@contextmanager
def debians_15() -> Iterator[str]:
    """A server of PostgreSQL 15."""
    with quick_folder() as place:
        place.chmod(0o755)
        data = place / "data"
        account = service_account(place)
        data.mkdir(mode=0o700)
        account.own(place)
        pg_ctl, options = DEBIANS_15 / "pg_ctl", f"-k {place} -c listen_addresses='' -c fsync=off"
        initdb = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        assert account.run(DEBIANS_15 / "initdb", "-D", data, *initdb) == 0
        assert account.run(pg_ctl, "-D", data, "-l", place / "log", "-o", options, "-w", "start") == 0
        try:
            yield f"host={place} user=postgres dbname=postgres"
        finally:
            assert account.run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop") == 0


@pytest.mark.skipif(not DEBIANS_15.exists(), reason="needs Debian's PostgreSQL 15")
def test_a_backup_goes_to_postgresql_15_and_back(shop: OwnDatabase, tmp_path: Path) -> None:
    before = found_in(shop.owner_url)
    backup(shop.owner_url, tmp_path / "newer.dump")
    with debians_15() as older:
        with psycopg.connect(older, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN CREATEDB CREATEROLE")
            connection.execute("CREATE DATABASE shop OWNER plain")
        url = make_conninfo(older, dbname="shop", user="plain")
        restore.restore(url, tmp_path / "newer.dump")
        assert found_in(url) == before
        assert not install(url)
        assert prove(url, tmp_path / "older.dump").is_proved
    restore.restore(shop.owner_url, tmp_path / "older.dump", replace=True)
    assert found_in(shop.owner_url) == before
    with psycopg.connect(shop.owner_url) as connection:
        # What belongs to the server and not to the file is said anew.
        left = connection.execute(
            "SELECT count(*) FROM crpm.harmful_functions WHERE has_function_privilege('crpm_console', function_oid, 'EXECUTE')"
        )
        assert left.fetchone() == (0,)
        connection.execute("DROP OWNED BY plain")
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier("plain")))
