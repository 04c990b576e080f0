"""`make test-containers`: builds the image, walks through it in a browser, and tests on PostgreSQL in a container."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import pytest

from db.embedded import end_by_exception
from tests.containers.engine import POSTGRES_IMAGE, NoEngineError, docker, engine

ROOT = Path(__file__).parents[2]
IMAGE = "crpm-test"
# As strict as compose.yaml.
_STRICT = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--init")
_READY_SECONDS = 180
_DATABASE_TESTS = (
    "tests/rules",
    "tests/repositories",
    "tests/test_schema_versions.py",
    "tests/test_backup.py",
)


def main(pytest_arguments: list[str]) -> int:
    """Run everything; the exit status tells whether all of it is well."""
    end_by_exception()
    try:
        with engine() as is_stand_in:
            return _run(pytest_arguments, is_stand_in=is_stand_in)
    except NoEngineError as error:
        if os.environ.get("CRPM_SKIP_CONTAINERS") == "1":
            print(f"Skipped, as CRPM_SKIP_CONTAINERS=1 allows: {error}.")
            return 0
        print(f"error: {error}. CRPM_SKIP_CONTAINERS=1 goes on without.", file=sys.stderr)
        return 1


def _run(pytest_arguments: list[str], *, is_stand_in: bool) -> int:
    print("Building the image", flush=True)
    docker("build", *(["--pull=false", "--network=host"] if is_stand_in else []), "--tag", IMAGE, str(ROOT))
    size = int(docker("image", "inspect", "--format", "{{.Size}}", IMAGE))
    print(
        f"The image has {size / 1e6:,.0f} MB" + (", on a stand-in for its base" if is_stand_in else ""),
        flush=True,
    )
    volume = f"crpm-test-{uuid4().hex[:8]}"
    try:
        with _app(volume) as (name, address):
            _check_inside(name)
            link = re.search(r"once: http://[^/]+(/setup\S+)", docker("logs", name))
            _require(link is not None, "the log has a link for the first administrator")
            walk = f"{address}{link[1]}" if link else address
            status = _pytest("tests/containers/walk.py", *pytest_arguments, CRPM_WALK=walk)
        with _app(volume) as (name, _):
            logs = docker("logs", name)
            _require("Loaded the demo data" not in logs, "the data came back from the volume")
    finally:
        docker("volume", "rm", "--force", volume)
    print("Testing on PostgreSQL in a container", flush=True)
    settings = {"CRPM_TEST_CONTAINERS": "1", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    if is_stand_in:
        settings |= {
            "CRPM_TEST_IMAGE": POSTGRES_IMAGE,
            "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
            "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
        }
    spread = ("-n", "2", "--dist", "loadfile")
    return status or _pytest(*_DATABASE_TESTS, *spread, *pytest_arguments, **settings)


@contextmanager
def _app(volume: str) -> Iterator[tuple[str, str]]:
    """The image at work: its container and its address. At the end it is told to stop, and has to do so in good order."""
    name, port = f"crpm-test-{uuid4().hex[:8]}", _free_port()
    # On the host's network: that needs nothing of the machine.
    settings = (f"--env=CRPM_PORT={port}", "--network=host")
    docker("run", "--detach", "--name", name, *_STRICT, *settings, f"--volume={volume}:/data", IMAGE)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _READY_SECONDS
        while not _is_ready(address):
            is_running = docker("inspect", "--format", "{{.State.Running}}", name) == "true"
            if not is_running or time.monotonic() > deadline:
                raise RuntimeError(f"the app did not start:\n{docker('logs', name)}")
            time.sleep(0.2)
        yield name, address
        docker("stop", "--time=45", name)
        _require(
            docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0", "the app stops in good order"
        )
    finally:
        docker("rm", "--force", name)


def _check_inside(name: str) -> None:
    """The promises of the Dockerfile that a browser does not see."""
    _require(docker("exec", name, "id", "-u") == "1000", "the app runs as user 1000")
    proved = docker("exec", name, "python", "-m", "db", "backup", "/data", "--prove")
    _require("\nProved: " in f"\n{proved}", "a backup made inside is proved")
    deadline = time.monotonic() + _READY_SECONDS
    while docker("inspect", "--format", "{{.State.Health.Status}}", name) != "healthy":
        _require(time.monotonic() < deadline, "the health check finds the app healthy")
        time.sleep(0.5)
    config = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", IMAGE))
    _require("7860/tcp" in config["ExposedPorts"], "the port is 7860")


def _pytest(*arguments: str, **settings: str) -> int:
    # Not in this process: the modules that pytest rewrites are loaded here already.
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    status = subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode
    return 0 if status == pytest.ExitCode.OK else 1


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"it does not hold that {what}")


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - our own container
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
