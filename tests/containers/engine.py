"""A container engine for the tests: the one that is there, else Debian's, started for them and stopped after them.

The engine started here has no registry: its base images are built from Debian's packages and only stand in for the real
ones. What that shows is that the Dockerfile's steps work on a Debian, not that they do on Docker Hub's image.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PYTHON_IMAGE = "python:3.11-slim"
POSTGRES_IMAGE = "crpm-test-postgres"
_PACKAGES = ("docker.io", "debootstrap", "iptables")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_START_SECONDS = 60


class NoEngineError(Exception):
    """No container engine can be had; the message says why."""


@contextmanager
def engine() -> Iterator[bool]:
    """An engine that `docker` reaches by the environment; yields whether its base images are stand-ins."""
    if _answers():
        yield False
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoEngineError(
            "no Docker engine answers, and only root on Debian can have one installed and started"
        )
    _install()
    with tempfile.TemporaryDirectory(prefix="crpm-engine-") as name, _started(Path(name)):
        print("Building stand-ins for the base images", flush=True)
        _import_debian(Path(name) / "root")
        docker("build", "--pull=false", "--network=host", "--tag", POSTGRES_IMAGE, str(HERE / "postgres"))
        yield True


def docker(*arguments: str) -> str:
    """Run the Docker client, and return what it prints; its own errors stay on stderr."""
    done = subprocess.run(
        ["docker", *arguments],
        env=os.environ | {"DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"docker {arguments[0]} failed:\n{done.stdout}")
    return done.stdout.strip()


def _answers() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _install() -> None:
    if all(shutil.which(program) for program in ("dockerd", "debootstrap", "iptables")):
        return
    print("Installing Docker ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, check=False)
        if done.returncode != 0:
            raise NoEngineError(
                f"apt-get {command[0]} failed: {done.stderr.decode(errors='replace').strip()}"
            )


@contextmanager
def _started(folder: Path) -> Iterator[None]:
    """Debian's engine on a socket and with images of its own."""
    address = f"unix://{folder / 'docker.sock'}"
    places = ("--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "pid")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["dockerd", "--host", address, *places], stdout=log, stderr=log, start_new_session=True
        )
    former = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = address
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers():
            if process.poll() is not None or time.monotonic() > deadline:
                lines = (folder / "log").read_text(errors="replace").splitlines() or ["it said nothing"]
                raise NoEngineError(f"dockerd did not start: {lines[-1]}")
            time.sleep(0.2)
        yield
    finally:
        os.environ.pop("DOCKER_HOST")
        if former is not None:
            os.environ["DOCKER_HOST"] = former
        process.terminate()
        process.wait()
        # It leaves this one mounted, and then its folder cannot be removed.
        if (network := folder / "exec" / "netns" / "default").exists():
            subprocess.run(["umount", network], check=True)


def _import_debian(root: Path) -> None:
    """What stands in for the image of Python: a small Debian with its Python, and this machine's certificates."""
    packages = "--include=ca-certificates,python3,python3-pip,python3-venv"
    command = ["debootstrap", "--variant=minbase", packages, "bookworm", str(root)]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise NoEngineError("debootstrap could not fetch Debian for the base images")
    (root / "usr/bin/python").symlink_to("python3")
    for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    if _CERTIFICATES.exists():
        shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
        change = f"ENV PATH={path} PIP_CERT={_CERTIFICATES}"
        importing = ["docker", "import", "--change", change, "-", PYTHON_IMAGE]
        subprocess.run(importing, stdin=tar.stdout, stdout=subprocess.DEVNULL, check=True)
    shutil.rmtree(root)
