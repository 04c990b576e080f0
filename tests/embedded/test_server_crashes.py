import os
import signal
import subprocess
import threading

import psycopg

from db.embedded import EmbeddedServer, running

COMMIT_A_ROW = "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer"


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def test_running_application_gets_its_server_back_with_all_that_was_committed(data_folder, query, postmaster):
    with running(data_folder) as server:
        query(server, COMMIT_A_ROW)
        kill(postmaster(data_folder))
        server.ensure_running()
        assert query(server, "SELECT answer FROM kept") == [(42,)]


def test_ensure_running_leaves_a_running_server_alone(data_folder, postmaster):
    with running(data_folder, durable=False) as server:
        before = postmaster(data_folder)
        server.ensure_running()
        assert postmaster(data_folder) == before


def test_threads_that_miss_the_server_start_it_once(data_folder, query, postmaster):
    with running(data_folder, durable=False) as server:
        kill(postmaster(data_folder))
        threads = [threading.Thread(target=server.ensure_running) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert query(server, "SELECT 1") == [(1,)]


def test_committed_rows_survive_the_killing_of_the_application(
    data_folder, new_application, query, postmaster
):
    application = new_application(data_folder)
    application.wait_until_running()
    query(EmbeddedServer(data_folder), COMMIT_A_ROW)
    before = postmaster(data_folder)
    application.end_by(signal.SIGKILL)

    with running(data_folder, durable=False) as server:
        assert postmaster(data_folder) == before
        assert query(server, "SELECT answer FROM kept") == [(42,)]
    assert not server.status().is_running


def test_killing_application_and_postmaster_leaves_a_clean_start(
    data_folder, new_application, query, postmaster
):
    application = new_application(data_folder)
    application.wait_until_running()
    query(EmbeddedServer(data_folder), COMMIT_A_ROW)
    kill(postmaster(data_folder))
    application.end_by(signal.SIGKILL)

    with running(data_folder) as server:
        assert query(server, "SELECT answer FROM kept") == [(42,)]


def test_session_still_computing_after_its_postmaster_was_killed_is_ended(
    data_folder, query, postmaster, wait_until
):
    with running(data_folder, durable=False) as server:
        busy = psycopg.connect(server.url("postgres"), autocommit=True)
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000000)")
        wait_until(
            lambda: (
                ("active",)
                in query(server, "SELECT state FROM pg_stat_activity WHERE query LIKE '%series(1%'")
            )
        )
        session = busy.info.backend_pid
        kill(postmaster(data_folder))
        server.ensure_running()
        assert session not in [pid for (pid,) in query(server, "SELECT pid FROM pg_stat_activity")]
        assert query(server, "SELECT 1") == [(1,)]
        busy.close()


def test_process_that_bears_the_number_of_a_dead_server_is_left_alone(data_folder, query):
    running_as = {"user": "nobody"} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "300"], **running_as) as innocent:
        pid_file = data_folder / "data" / "postmaster.pid"
        pid_file.write_text(f"{innocent.pid}\n{data_folder}/data\n1700000000\n5432\n\n\n0 0\nready\n")
        assert not EmbeddedServer(data_folder).stop(force=True)
        with running(data_folder, durable=False) as server:
            assert query(server, "SELECT 1") == [(1,)]
        assert innocent.poll() is None
        innocent.kill()


def test_zombie_that_bears_the_number_of_a_dead_server_is_no_obstacle(data_folder, query):
    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        (data_folder / "data" / "postmaster.pid").write_text(f"{zombie.pid}\n")
        with running(data_folder, durable=False) as server:
            assert query(server, "SELECT 1") == [(1,)]


def test_socket_files_left_behind_are_no_obstacle(data_folder, query):
    sockets = data_folder / "socket"
    sockets.mkdir()
    (sockets / ".s.PGSQL.5432").touch()
    (sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with running(data_folder, durable=False) as server:
        assert query(server, "SELECT 1") == [(1,)]


def test_application_killed_while_it_builds_the_database_leaves_a_clean_start(
    folder, new_application, query, wait_until
):
    place = folder / "pg"
    application = new_application(place)
    wait_until((place / "data.new").exists)
    application.end_by(signal.SIGKILL)
    with running(place, durable=False) as server:
        assert query(server, "SELECT 1") == [(1,)]
    assert not (place / "data.new").exists()
