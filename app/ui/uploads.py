"""Files sent by a browser, gathered into one folder for the loader."""

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from app import UPLOAD_FOLDER
from app.errors import InputError

# What the files of an archive may come to when unpacked: a small archive can hide a full disk.
MAX_UNPACKED_BYTES = 2_000_000_000

_limit = MAX_UNPACKED_BYTES

TABLES = (".csv", ".csv.gz", ".xlsx")


def unpack_at_most(size: int) -> None:
    """Set what the files of an archive may come to, in bytes."""
    global _limit
    _limit = size


@contextmanager
def gathered(uploads: Sequence[str | Path]) -> Iterator[Path]:
    """A folder with the uploaded CSV and Excel files and those of uploaded archives, gone at the end.

    Raises InputError where there is none, where two have the same name, or where an archive cannot be read.
    """
    with TemporaryDirectory(prefix="crpm-load-") as parent:
        folder = Path(parent) / "upload"
        folder.mkdir()
        for upload in map(Path, uploads):
            if upload.suffix.lower() == ".zip":
                _unpack(upload, folder)
            else:
                shutil.copyfile(upload, _place(folder, upload.name))
        if not any(folder.iterdir()):
            raise InputError("There is no CSV or Excel file among these.")
        yield folder


def forget(uploads: Sequence[str | Path]) -> None:
    """Remove files that a browser has sent, and that are of no use any more."""
    for upload in map(Path, uploads):
        if upload.resolve().is_relative_to(UPLOAD_FOLDER.resolve()):
            upload.unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_table(member)]
            if sum(member.file_size for member in members) > _limit:
                raise InputError(f"{archive.name} is too large when unpacked. Load its files in parts.")
            for member in members:
                # Only the last part of a name counts: an archive must not choose where its files go.
                target = _place(folder, PurePosixPath(member.filename.replace("\\", "/")).name)
                with opened.open(member) as source, target.open("wb") as unpacked:
                    shutil.copyfileobj(source, unpacked)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(
            f"{archive.name} cannot be unpacked. Is it a ZIP archive without a password?"
        ) from error


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    # Archives made on a Mac carry a shadow of each file.
    return name.name.lower().endswith(TABLES) and not name.name.startswith("._")


def _place(folder: Path, name: str) -> Path:
    target = folder / name
    if target.exists():
        raise InputError(f"There are two files called {name}. Load them one after the other.")
    return target
