"""Folders for what tests write much and soon forget."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A new folder, in memory where there is plenty: cloning a database there takes a tenth of the time."""
    memory = Path("/dev/shm")  # noqa: S108 - only tests write there
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30
    with TemporaryDirectory(prefix="crpm-test-", dir=memory if has_room else None) as folder:
        yield Path(folder)
