import signal
from pathlib import Path

import psycopg
import pytest

from db.embedded import EmbeddedServer, Status, running
from db.errors import ServerInUseError

STOPPED = Status(is_running=False, is_in_use=False, is_kept=False)


def test_server_runs_only_while_it_is_used(data_folder, query):
    with running(data_folder, durable=False) as server:
        assert query(server, "SELECT current_database()") == [("crpm",)]
        assert server.status() == Status(is_running=True, is_in_use=True, is_kept=False)
    assert server.status() == STOPPED


def test_first_start_on_an_empty_disk_builds_a_database_that_knows_letters_beyond_ascii(folder, query):
    (folder / "pg" / "lost+found").mkdir(parents=True)
    with running(folder / "pg", durable=False) as server:
        assert query(server, "SELECT lower('MÜNCHEN'), current_setting('server_encoding')") == [
            ("münchen", "UTF8")
        ]
        assert query(server, "SELECT current_setting('listen_addresses')") == [("",)]


def test_fsync_stays_on_unless_a_test_turns_it_off(data_folder, query):
    with running(data_folder) as server:
        assert query(server, "SHOW fsync") == [("on",)]


def test_own_settings_survive_a_restart(own_folder, query):
    with running(own_folder, durable=False) as server:
        query(server, "ALTER SYSTEM SET work_mem = '33MB'")
    with running(own_folder, durable=False) as server:
        assert query(server, "SHOW work_mem") == [("33MB",)]


def test_last_application_out_stops_the_server(data_folder, new_application):
    first, second = new_application(data_folder), new_application(data_folder)
    first.wait_until_running()
    second.wait_until_running()

    assert first.leave() == 0
    assert EmbeddedServer(data_folder).status() == Status(is_running=True, is_in_use=True, is_kept=False)

    assert second.leave() == 0
    assert EmbeddedServer(data_folder).status() == STOPPED


def test_applications_that_start_at_once_on_a_new_folder_share_one_server(folder, new_application, query):
    applications = [new_application(folder / "pg") for _ in range(3)]
    for application in applications:
        application.wait_until_running()
    assert query(EmbeddedServer(folder / "pg"), "SELECT 1") == [(1,)]
    assert [application.leave() for application in applications] == [0, 0, 0]
    assert EmbeddedServer(folder / "pg").status() == STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_that_ends_the_application_stops_the_server(data_folder, new_application, number):
    application = new_application(data_folder)
    application.wait_until_running()
    assert application.end_by(number) != 0
    assert EmbeddedServer(data_folder).status() == STOPPED


def test_error_in_the_application_stops_the_server(data_folder):
    with pytest.raises(ZeroDivisionError), running(data_folder, durable=False) as server:
        1 / 0  # noqa: B018
    assert server.status() == STOPPED


def test_server_started_by_hand_outlives_the_applications(data_folder):
    server = EmbeddedServer(data_folder, durable=False)
    server.start(keep=True)
    with running(data_folder, durable=False):
        pass
    assert server.status() == Status(is_running=True, is_in_use=False, is_kept=True)
    assert server.stop()
    assert server.status() == STOPPED
    assert not server.stop()


def test_server_started_by_hand_before_a_reboot_is_not_kept_after_it(data_folder):
    (data_folder / "kept").touch()
    with running(data_folder, durable=False) as server:
        pass
    assert server.status() == STOPPED


def test_stop_spares_a_server_in_use_unless_forced(data_folder, new_application):
    application = new_application(data_folder)
    application.wait_until_running()
    server = EmbeddedServer(data_folder)
    with pytest.raises(ServerInUseError, match="stop it first"):
        server.stop()
    assert server.status().is_running
    assert server.stop(force=True)
    assert not server.status().is_running
    assert application.leave() == 0


def test_stop_ends_open_connections(data_folder):
    server = EmbeddedServer(data_folder, durable=False)
    server.start(keep=True)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        assert server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_status_creates_nothing(folder: Path):
    assert EmbeddedServer(folder / "none").status() == STOPPED
    assert list(folder.iterdir()) == []
