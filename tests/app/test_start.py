"""The app as it is started by `make run`: a process of its own, on an embedded server of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.conftest import OwnDatabase
from tests.folders import quick_folder

ROOT = Path(__file__).parents[2]
READY = re.compile(r"CRPM is ready: (http://\S+)")


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"CRPM_DATA_DIR": str(folder), "CRPM_PORT": "0"} | more


@contextmanager
def app(folder: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A started app with its address and what it printed until it was ready; SIGTERM at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed: list[str] = []
    address = ""
    for line in process.stdout:
        printed.append(line.rstrip())
        if found := READY.search(line):
            address = found[1]
            break
    try:
        assert address, "\n".join(printed)
        yield process, address, printed
    finally:
        process.terminate()
        # 143: told to stop before the server has begun to listen to signals.
        assert process.wait(30) in (0, 143, -signal.SIGKILL), "\n".join(printed)
        process.stdout.close()


def refused(folder: Path, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line


def ask(folder: Path, statement: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "db", "psql", "--", "-Atc", statement],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that was begun empty, and was in use when its app was killed."""
    with quick_folder() as place:
        folder = place / "with space" / "data"
        begin_empty(folder)
        yield folder


def begin_empty(folder: Path) -> None:
    with app(folder, CRPM_EMPTY="1") as (process, address, printed):
        assert printed[0] == "Starting PostgreSQL"
        assert "Built the schema" in printed
        assert not any("demo" in line for line in printed)
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        assert ask(folder, "SELECT count(*) FROM crpm.settings") == "0"
        ask(folder, "INSERT INTO crpm.customers (name) VALUES ('Committed before the kill')")
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def second_start(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Address and output of the app started again, no longer asked to stay empty."""
    with app(folder) as (_, address, printed):
        yield address, printed


def test_start_after_an_empty_one_that_was_killed_has_what_was_committed_and_loads_the_demo(
    folder: Path, second_start: tuple[str, list[str]]
) -> None:
    address, printed = second_start
    assert printed[0] == "Starting PostgreSQL"
    assert "Built the schema" not in printed
    assert any(re.match(r"Loaded the demo data: [\d,]+ rows", line) for line in printed)
    assert httpx.get(address).status_code == 200
    assert ask(folder, "SELECT count(*) FROM crpm.customers WHERE name = 'Committed before the kill'") == "1"


@pytest.mark.usefixtures("second_start")
def test_demo_accounts_for_its_dirt_and_can_sell_abroad(folder: Path) -> None:
    assert int(ask(folder, "SELECT sum(rows_rejected) FROM crpm.load_files")) > 10
    assert ask(folder, "SELECT is_demo, max_rate_age_days > 1000 FROM crpm.settings") == "t|t"
    assert int(ask(folder, "SELECT count(*) FROM analytics.stock WHERE is_below_reorder_point")) > 0


def test_second_app_on_a_folder_loads_nothing_and_stops_at_once_and_quietly_though_a_browser_is_connected(
    folder: Path, second_start: tuple[str, list[str]], tmp_path: Path
) -> None:
    first = second_start[0]
    with app(folder, TMPDIR=str(tmp_path)) as (process, other, printed):
        assert other != first
        assert len(printed) == 2
        assert [httpx.get(f"{address}/healthz").status_code for address in (other, first)] == [200, 200]
        with httpx.stream("GET", f"{other}/gradio_api/heartbeat/abc", timeout=60) as stream:
            assert stream.status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "Stopping\n"
    assert list(tmp_path.glob("crpm-*")) == []
    assert httpx.get(f"{first}/healthz").status_code == 200


def test_app_mends_itself_when_its_server_is_killed(
    folder: Path, second_start: tuple[str, list[str]]
) -> None:
    pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    answers = [httpx.get(f"{second_start[0]}/readyz", timeout=30).status_code for _ in range(3)]
    assert answers[-1] == 200


def test_taken_port_is_one_clear_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(folder, CRPM_PORT=str(port)) == (
            f"error: Port {port} on 127.0.0.1 is already in use. Choose another one with CRPM_PORT."
        )


def test_unreachable_database_is_one_clear_line_without_the_password(folder: Path) -> None:
    line = refused(folder, DATABASE_URL="postgresql://somebody:secret@127.0.0.1:1/crpm")
    assert line.startswith("error: ")
    assert "secret" not in line


def test_mistyped_options_are_one_clear_line(folder: Path) -> None:
    assert "port" in refused(folder, "--port", "many")


def test_server_of_database_url_gets_the_schema_and_no_demo_and_is_refused_with_another_schema(
    tmp_path: Path, server: str, empty: OwnDatabase
) -> None:
    settings = {
        "CRPM_HOST": "0.0.0.0",  # noqa: S104 - where people have to sign in
        "DATABASE_URL": empty.owner_url,
        "CRPM_LOG": "json",
        "CRPM_METRICS_TOKEN": "for-tests",
    }
    with app(tmp_path / "unused", **settings) as (process, address, printed):
        assert json.loads(printed[0])["message"] == "Connecting to DATABASE_URL"
        assert all("time" in json.loads(line) for line in printed)
        assert process.stdout is not None
        link = re.search(r"makes the first administrator, once: (http\S+?)\"", process.stdout.readline())
        assert link
        assert httpx.get(link[1]).status_code == 200
        assert httpx.get(address).status_code == 401
        assert httpx.get(f"{address}/readyz").json() == {"status": "ok"}
        assert httpx.get(f"{address}/metrics").status_code in (401, 403)
        token = {"Authorization": "Bearer for-tests"}
        figures = httpx.get(f"{address}/metrics", headers=token).text
        assert 'crpm_query_seconds_count{query="reference/currencies"}' in figures
        assert re.search(r"^crpm_pool_size [1-9]", figures, re.MULTILINE)
    with psycopg.connect(empty.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM crpm.settings").fetchone() == (0,)
        connection.execute("UPDATE crpm.schema_versions SET schema_checksum = 'another'")
    line = refused(tmp_path / "unused", DATABASE_URL=empty.owner_url)
    assert line.startswith("error: The database was built from another db/schema.sql")
    assert not (tmp_path / "unused").exists()
