import os
import shutil
import signal
import socket
import subprocess
import sys

import psycopg
import pytest

from db.__main__ import with_role
from db.embedded import EmbeddedServer, running
from db.errors import DatabaseAddressError, UnreachableServerError, UnsupportedServerError
from db.server import open_server
from db.versions import read_schema
from tests.embedded.applications import Commands, open_place


@pytest.fixture(scope="module")
def installed_folder(template):
    with open_place() as place:
        folder = shutil.copytree(template, place / "pg")
        assert Commands(folder)("install").returncode == 0
        yield folder


@pytest.fixture
def installed(installed_folder):
    return Commands(installed_folder)


def test_install_builds_the_schema_once(own_folder):
    run = Commands(own_folder)
    assert run("install").stdout == "The schema was built.\n"
    assert run("install").stdout == "The schema is there already.\n"
    assert run("migrate").stdout == f"The database has version {read_schema().version} of the schema.\n"
    assert run("install", "--afresh").stdout == "The schema was built.\n"


def test_backup_is_proved_and_restored_from_the_command_line(installed, tmp_path):
    for name in ("crpm-20200101T000000Z.dump", "crpm-20200101T000000Z.dump.sha256", "other.dump"):
        (tmp_path / name).touch()
    done = installed("backup", str(tmp_path), "--prove", "--keep", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nProved: " in done.stdout
    (file,) = tmp_path.glob("crpm-*.dump")
    assert f"\nWrote {file}: " in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [file.name, *(f"{file.name}.{what}" for what in ("roles.sql", "sha256", "proof.json")), "other.dump"]
    )
    assert installed("backup", str(file), "--keep", "1").stderr.startswith(f"error: The backup {file} cannot")
    refused = installed("restore", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: The database crpm is not empty, and was left as it is: --replace gives up what is in it, for good.\n"
    )
    assert installed("restore", str(file), "--replace").stdout == f"Restored {file}.\n"
    assert installed("psql", "--", "-Atc", "SELECT count(*) > 0 FROM currencies").stdout == "t\n"


def test_what_the_database_refuses_is_one_line(run_db, data_folder):
    with running(data_folder, durable=False) as server:
        url = server.url("postgres")
        done = run_db("install", DATABASE_URL=f"{url}&options=-c%20default_transaction_read_only%3Don")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr.startswith("error: The database refuses: ")
    assert done.stderr.count("\n") == 1


def test_psql_prints_the_answer_alone(installed):
    result = installed(
        "psql", "--", "-Atc", "SELECT session_user, current_user, count(*) >= 0 FROM crpm.settings"
    )
    assert (result.stdout, result.stderr, result.returncode) == ("crpm_app|crpm_admin|t\n", "", 0)


def test_psql_passes_the_exit_status_through(installed):
    assert installed("psql", "--", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1 / 0").returncode == 1
    assert installed("psql", "--", "-f", "/nonexistent").returncode == 1
    assert installed("psql", "--", "-d", "host=/nonexistent", "-c", "SELECT 1").returncode == 2


def test_psql_is_not_misled_by_the_environment(installed):
    misleading = {
        "PGHOST": "nowhere.invalid",
        "PGHOSTADDR": "192.0.2.1",
        "PGUSER": "x",
        "PGOPTIONS": "-c work_mem=x",
    }
    assert installed("psql", "--", "-Atc", "SELECT 1", **misleading).stdout == "1\n"


def test_psql_as_the_owner_needs_no_schema(run_db):
    assert run_db("psql", "--owner", "--", "-Atc", "SELECT current_user").stdout == "postgres\n"


def test_psql_without_a_schema_tells_how_to_build_it(run_db):
    result = run_db("psql", "--", "-c", "SELECT 1")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.startswith("error: The database has no CRPM schema yet: `make run`")


def test_psql_uses_the_server_of_database_url(run_db, data_folder):
    with running(data_folder, durable=False) as server:
        url = server.url("postgres")
        result = run_db(
            "psql", "--owner", "--", "-Atc", "SELECT 1", DATABASE_URL=url, CRPM_DATA_DIR="/nonexistent"
        )
    assert (result.stdout, result.stderr) == ("1\n", "")


def test_verify_checks_the_database_of_the_data_folder(installed):
    result = installed("verify")
    assert (result.returncode, result.stderr) == (0, "")
    assert "checks are clean" in result.stdout


def test_prune_deletes_nothing_until_told_how_long_records_are_kept(installed):
    kept = installed("prune")
    assert (kept.returncode, kept.stdout) == (0, "Records are kept for ever. Say how long with --months N.\n")
    unset = installed("prune", "--months", "12")
    assert (unset.returncode, unset.stderr) == (
        1,
        "error: The business has not been set up yet: open the app and fill in its first page.\n",
    )


def test_verify_without_a_schema_tells_how_to_build_it(run_db):
    result = run_db("verify", "--json")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.startswith("error: The database has no CRPM schema yet: `make run`")


def test_ctrl_c_cancels_the_query_and_not_the_program_around_psql(installed, wait_until):
    command = [sys.executable, "-m", "db", "psql", "--", "-c", "SELECT pg_sleep(60)"]
    with subprocess.Popen(
        command,
        env={**os.environ, "CRPM_DATA_DIR": str(installed.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        server = EmbeddedServer(installed.folder)
        wait_until(lambda: server.status().is_running)
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        wait_until(lambda: installed("psql", "--owner", "--", "-Atc", sleeping).stdout == "1\n")
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    assert "canceling statement due to user request" in errors
    assert (output, process.returncode) == ("", 1)
    assert not server.status().is_running


def test_url_is_the_address_that_psql_uses(installed):
    url = installed("url").stdout.strip()
    assert url == with_role(EmbeddedServer(installed.folder).url("crpm_app"), "crpm_admin")
    with running(installed.folder, durable=False):
        result = installed("psql", "--owner", "--", "-Atc", "SELECT current_user", DATABASE_URL=url)
    assert result.stdout == "crpm_admin\n"


def test_url_starts_nothing(run_db, data_folder):
    run_db("url")
    assert run_db("status").returncode == 3
    assert not (data_folder / "socket").exists()


def test_server_is_driven_by_hand(run_db):
    assert run_db("status").stdout == f"The server on {run_db.folder} is stopped.\n"
    assert run_db("start").returncode == 0
    assert run_db("start").returncode == 0
    status = run_db("status")
    assert (status.returncode, status.stdout) == (
        0,
        f"The server on {run_db.folder} runs: it was started by hand.\n",
    )
    assert run_db("psql", "--owner", "--", "-Atc", "SELECT 1").stdout == "1\n"
    assert run_db("status").returncode == 0
    assert run_db("stop").stdout == f"The server on {run_db.folder} was stopped.\n"
    assert run_db("stop").stdout == f"The server on {run_db.folder} was not running.\n"
    assert run_db("status").returncode == 3


def test_stop_of_a_server_in_use_is_refused_in_one_line(run_db, data_folder):
    with running(data_folder, durable=False):
        result = run_db("stop")
    assert result.returncode == 1
    assert result.stderr.startswith("error: An application is using the database server")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["start", "stop", "status"])
def test_with_database_url_there_is_nothing_to_drive(run_db, command):
    result = run_db(command, DATABASE_URL="postgresql://localhost/x")
    assert result.returncode == 1
    assert result.stderr.startswith("error: DATABASE_URL is set")


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("postgresql://crpm:s3cret@127.0.0.1:1/crpm", UnreachableServerError),
        ("postgresql://crpm:s3cret@nowhere.invalid/crpm", UnreachableServerError),
        ("host=/nonexistent password=s3cret", UnreachableServerError),
        ("mysql://crpm:s3cret@127.0.0.1/crpm", DatabaseAddressError),
        ("postgresql://crpm:at@s3cret@127.0.0.1/crpm", DatabaseAddressError),
        ("postgresql://crpm:s3cret/slash@127.0.0.1/crpm", DatabaseAddressError),
        ("postgresql://crpm:s3cret%@127.0.0.1/crpm", DatabaseAddressError),
    ],
)
def test_address_that_cannot_be_used_is_told_in_one_line_without_the_password(address, error):
    with pytest.raises(error) as raised, open_server(database_url=address):
        pass
    assert "\n" not in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_server_too_old_is_told(data_folder, monkeypatch):
    monkeypatch.setattr("db.server._OLDEST_MAJOR_VERSION", 99)
    with running(data_folder, durable=False) as server:
        url = server.url("postgres")
        with pytest.raises(UnsupportedServerError, match="needs 99 or newer"), open_server(database_url=url):
            pass


def test_server_of_an_address_is_used_and_left_running(data_folder):
    with running(data_folder, durable=False) as embedded:
        with open_server(database_url=embedded.url("postgres")) as server:
            assert (server.owner_url, server.is_embedded) == (server.app_url, False)
            server.ensure_running()
        assert embedded.status().is_running


def test_embedded_server_has_a_login_of_its_own_for_the_application(data_folder):
    with open_server(data_dir=data_folder) as server:
        assert server.is_embedded
        assert server.owner_url.startswith("postgresql://postgres@/crpm?")
        assert server.app_url.startswith("postgresql://crpm_app@/crpm?")
        server.ensure_running()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://h/d", "postgresql://h/d?options=-c%20role%3Dr"),
        ("postgres://u:p?w@h:1/d?a=b", "postgres://u:p?w@h:1/d?a=b&options=-c%20role%3Dr"),
        (
            "postgresql:///d?options=-c%20work_mem%3D1MB&host=%2Fx",
            "postgresql:///d?host=%2Fx&options=-c%20work_mem%3D1MB%20-c%20role%3Dr",
        ),
        ("host=/x options='-c a=b'", "host=/x options='-c a=b -c role=r'"),
    ],
)
def test_role_is_added_to_an_address_and_keeps_its_options(url, expected):
    assert with_role(url, "r") == expected


def test_psql_as_an_analyst_reads_figures_and_no_names(installed, installed_folder):
    with running(installed_folder, durable=False) as server:
        who = installed("psql", "--analyst", "--", "-Atc", "SELECT session_user, 1")
        assert (who.stdout, who.stderr) == ("crpm_console|1\n", "")
        assert installed("psql", "--analyst", "--", "-Atc", "SELECT name FROM crpm.customers").returncode == 1
        refused = installed("psql", "--analyst", DATABASE_URL=server.url("postgres"))
        assert (refused.returncode, "CONSOLE_DATABASE_URL" in refused.stderr) == (1, True)


def test_programs_of_this_machine_connect_by_tcp_once_asked_for_with_the_password_alone(own_folder):
    run = Commands(own_folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        taken.listen()
        assert (
            run("listen", port).stderr
            == f"error: Port {port} of this machine is in use: choose another one.\n"
        )
    assert run("listen", "80").returncode == 2
    assert run("listen", port).stderr.startswith("error: ")  # there is no schema yet
    assert run("install").returncode == 0
    address = run("listen", port).stdout.strip()
    with running(own_folder, durable=False) as server:
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT session_user, inet_server_port()").fetchone() == (
                "crpm_console",
                int(port),
            )
        with psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        for wrong in (
            address.replace("crpm_console:", "crpm_console:x"),
            address.replace("crpm_console:", "postgres:"),
        ):
            with pytest.raises(psycopg.OperationalError, match=r"failed|no pg_hba\.conf entry"):
                psycopg.connect(wrong)
        assert run("listen", "--off").stderr.startswith("error: ")  # it is in use
    assert run("listen", "--off").returncode == 0
    with running(own_folder, durable=False), pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(address)
