import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from db.embedded import EmbeddedServer, running
from db.errors import (
    DataFolderError,
    DiskFullError,
    ForeignFolderError,
    OtherMajorVersionError,
    ServerStartError,
)
from tests.embedded.applications import PROJECT

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can set this up")


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    place.mkdir()
    options = f"size={megabytes}m,mode=0755"
    if (
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small", str(place)], check=False).returncode
        != 0
    ):
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def unprivileged_python() -> str:
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            command = [python, "-c", "import sys; print(sys.version_info[:2])"]
            answer = subprocess.check_output(command, user="nobody", cwd="/", text=True)
        except OSError:
            continue
        if answer == f"{sys.version_info[:2]}\n":
            return python
    pytest.skip("there is no Python of this version that an unprivileged user can run")


@pytest.mark.parametrize("name", ["with a space", "x" * 120, "a,comma", 'it\'s "$HOME" `id` \\ ; & grün'])
def test_data_folder_may_have_any_name(folder, data_folder, query, name):
    place = data_folder.rename(folder / name)
    try:
        with running(place, durable=False) as server:
            assert query(server, "SELECT current_database()") == [("crpm",)]
            sockets = Path(query(server, "SHOW unix_socket_directories")[0][0].strip('"'))
        assert not server.status().is_running
        assert not sockets.exists()
    finally:
        place.rename(data_folder)


def test_data_folder_may_be_reached_through_a_link(folder, data_folder, query):
    link = folder / "link"
    link.symlink_to(data_folder)
    with running(data_folder, durable=False), running(link, durable=False) as server:
        assert query(server, "SELECT 1") == [(1,)]


def test_folder_of_somebody_else_is_left_untouched(folder):
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(ForeignFolderError, match="left untouched"), running(folder):
        pass
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_database_of_somebody_else_is_left_untouched(folder):
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(ForeignFolderError), running(folder):
        pass
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


@pytest.mark.parametrize("inner", ["data", "."])
def test_data_folder_of_another_major_version_tells_how_to_move_it(folder, inner):
    (folder / "data").mkdir()
    (folder / "crpm.lock").touch()
    (folder / inner / "PG_VERSION").write_text("15\n")
    with pytest.raises(OtherMajorVersionError) as error, running(folder):
        pass
    assert "PostgreSQL 15" in str(error.value)
    assert "pg_dumpall -h /tmp" in str(error.value)
    assert "\n" not in str(error.value)


def test_path_that_cannot_be_a_folder_is_told(folder):
    (folder / "file").touch()
    with pytest.raises(DataFolderError, match="Not a directory"), running(folder / "file" / "pg"):
        pass


def test_setting_that_prevents_the_start_is_told_with_the_log(own_folder):
    (own_folder / "data" / "postgresql.auto.conf").write_text("max_connections = many\n")
    with (
        pytest.raises(ServerStartError, match=r"did not start .* its log is in") as error,
        running(own_folder),
    ):
        pass
    assert "postgresql.auto.conf" in str(error.value)


@only_root
@pytest.mark.parametrize("megabytes", [2, 25])
def test_disk_too_small_for_a_database_is_told(folder, megabytes):
    with small_disk(folder / "disk", megabytes) as disk:
        with pytest.raises(DiskFullError, match="no room left"), running(disk / "pg", durable=False):
            pass
        assert not (disk / "pg" / "data.new").exists()


@only_root
def test_disk_that_became_full_is_told_and_the_server_starts_once_there_is_room(folder, template, query):
    with small_disk(folder / "disk", 70) as disk:
        place = shutil.copytree(template, disk / "pg")
        ballast = disk / "ballast"
        room = shutil.disk_usage(disk).free
        ballast.write_bytes(bytes(room))
        with pytest.raises(DiskFullError), running(place, durable=False):
            pass
        ballast.unlink()
        with running(place, durable=False) as server:
            assert query(server, "SELECT 1") == [(1,)]


@only_root
def test_unprivileged_user_runs_a_server_of_its_own(folder, new_application, postmaster):
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    place = folder / "pg"
    site_packages = Path(psycopg.__file__).parents[1]
    application = new_application(
        place,
        python=unprivileged_python(),
        user="nobody",
        group=nobody.pw_gid,
        extra_groups=[],
        env={"PYTHONPATH": f"{PROJECT}:{site_packages}", "PATH": os.environ["PATH"]},
    )
    application.wait_until_running()
    assert Path(f"/proc/{postmaster(place)}").stat().st_uid == nobody.pw_uid
    assert application.end_by(signal.SIGTERM) != 0
    assert not EmbeddedServer(place).status().is_running


@only_root
def test_root_runs_the_server_of_a_user_as_that_user(folder, template, query, postmaster):
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    place = shutil.copytree(template, folder / "pg")
    with running(place, durable=False):
        assert Path(f"/proc/{postmaster(place)}").stat().st_uid == nobody.pw_uid
    assert {path.stat().st_uid for path in place.iterdir()} == {nobody.pw_uid}


@only_root
def test_root_may_keep_the_data_in_a_home_that_nobody_else_can_enter(own_folder, query, postmaster):
    namespaces = subprocess.run(["unshare", "--user", "--map-user=65534", "true"], check=False)
    if namespaces.returncode != 0:
        pytest.skip("there are no user namespaces here")
    with running(own_folder, durable=False) as server:
        query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    own_folder.parent.chmod(0o700)
    with running(own_folder, durable=False) as server:
        assert query(server, "SELECT answer FROM kept") == [(42,)]
        os.kill(postmaster(own_folder), signal.SIGKILL)
        server.ensure_running()
        assert query(server, "SELECT answer FROM kept") == [(42,)]
    assert own_folder.parent.stat().st_mode & 0o777 == 0o700
    own_folder.parent.chmod(0o755)
    with running(own_folder, durable=False) as server:
        assert query(server, "SELECT answer FROM kept") == [(42,)]
