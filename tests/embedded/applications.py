"""What the tests of the embedded server start: other applications, and `python -m db`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from db.embedded import EmbeddedServer
from tests.folders import quick_folder

PROJECT = Path(__file__).resolve().parents[2]
APPLICATION = """
import sys
from pathlib import Path
from db.embedded import end_by_exception, running
end_by_exception()
with running(Path(sys.argv[1])):
    print("running", flush=True)
    sys.stdin.read()
"""


def environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CRPM_DATA_DIR")
    }
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **changes}


class Application:
    """A process that uses the server of a data folder until it is ended."""

    def __init__(self, folder: Path, *, python: str = sys.executable, **options: Any) -> None:
        options.setdefault("env", environment())
        self.process = subprocess.Popen(
            [python, "-c", APPLICATION, str(folder)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def wait_until_running(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        assert self.process.stdout.readline() == "running\n", self.process.stderr.read()

    def leave(self) -> int:
        self.process.communicate()
        return self.process.returncode

    def end_by(self, number: int) -> int:
        self.process.send_signal(number)
        return self.leave()


class Commands:
    """Runs `python -m db` on a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "db", *arguments],
            cwd=PROJECT,
            env=environment(**{"CRPM_DATA_DIR": str(self.folder), **variables}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def open_place() -> Iterator[Path]:
    """A place that every account can reach, unlike the folders of pytest."""
    with quick_folder() as place:
        place.chmod(0o755)
        yield place
        for lock in place.glob("*/crpm.lock"):
            EmbeddedServer(lock.parent).stop(force=True)
