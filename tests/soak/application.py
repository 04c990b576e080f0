"""The app under test: a process of its own, as `make run` starts it."""

import json
import os
import queue
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_READY = re.compile(r"CRPM is ready: (http://[^\s\"]+)")
_START_SECONDS = 300
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where the data of the app are, and its temporary files."""

    data_dir: Path
    temporary: Path

    def environment(self, **more: str) -> dict[str, str]:
        """What programs of the project are started with to work there."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"CRPM_DATA_DIR": str(self.data_dir), "TMPDIR": str(self.temporary), **more}


@dataclass(slots=True)
class Application:
    """A running app; `faults` are the lines of its log that should not be there."""

    process: subprocess.Popen[str]
    address: str
    metrics_token: str
    faults: list[str] = field(default_factory=list)
    slow_queries: int = 0

    def note(self, line: str) -> None:
        """Judge a line of the log."""
        try:
            told = json.loads(line)
        except ValueError:
            self.faults.append(line)
            return
        if told.get("event") == "slow query":
            self.slow_queries += 1
        elif told.get("level") != "info":
            self.faults.append(line)


@contextmanager
def serving(place: Place) -> Iterator[Application]:
    """Start the app with its demo data, and stop it as an operator does; raises RuntimeError where it does not start."""
    token = secrets.token_hex(16)
    options = {"CRPM_PORT": "0", "CRPM_AUTH": "1", "CRPM_LOG": "json", "CRPM_METRICS_TOKEN": token}
    # Should it crash, its last words are in the log.
    options["PYTHONFAULTHANDLER"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env=place.environment(**options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    app = Application(process, "", token)
    address: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(app, address), name="log of the app")
    reader.start()
    try:
        app.address = address.get(timeout=_START_SECONDS)
        if not app.address:
            raise RuntimeError("\n".join(["The app does not start.", *app.faults]))
        yield app
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        reader.join()
        if app.address and status:
            app.faults.append(f"The app ended with status {status}.")


def _read(app: Application, address: "queue.SimpleQueue[str]") -> None:
    assert app.process.stdout is not None
    for line in app.process.stdout:
        app.note(line.strip())
        if found := _READY.search(line):
            address.put(found[1])
    address.put("")
