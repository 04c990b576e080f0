"""The rejected rows of a load, given back as files that can be mended and loaded again."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from psycopg import Connection
from psycopg.rows import class_row

from db.sqlfiles import query
from loader.errors import FolderError, NoSuchLoadError
from loader.mapping import as_csv_name
from loader.queries import run


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not loaded; `raw_text` is its text as it stood. It is open while no later load has resolved it."""

    load_file_id: int
    file_name: str
    header: list[str]
    delimiter: str
    line_number: int
    column_name: str | None
    message: str
    raw_text: str
    resolved_by_load: int | None
    resolved_by_file: str | None
    resolved_by_line: int | None

    @property
    def is_open(self) -> bool:
        """Whether the row is still to be mended."""
        return self.resolved_by_load is None

    @property
    def state(self) -> str:
        """What has become of it since."""
        if self.is_open:
            return "open"
        return (
            f"resolved by load {self.resolved_by_load}, {self.resolved_by_file}, line {self.resolved_by_line}"
        )


def read_rejected(connection: Connection, *, load_id: int | None) -> list[RejectedRow]:
    """The rejected rows of a load, of the latest where none is named; NoSuchLoadError where there is none."""
    if load_id is None:
        load_id = run(connection, "find_last_load", {})
    if load_id is None:
        raise NoSuchLoadError("Nothing has been loaded yet.")
    if run(connection, "find_load", {"load_id": load_id}) is None:
        raise NoSuchLoadError(f"There is no load {load_id}.")
    with connection.cursor(row_factory=class_row(RejectedRow)) as cursor:
        return cursor.execute(query("loader/list_rejects").text, {"load_id": load_id}).fetchall()


def as_files(rows: Sequence[RejectedRow]) -> dict[str, str]:
    """By file name the open rows as they stood, under the header and with the delimiter of their file.

    Nothing is quoted anew and no formula defused: what is mended is to be loaded again. Rows of an Excel file are CSV
    here; names are those of names_to_mend. Rows of anonymised customers are left out: nothing is kept of them.
    """
    still_open = sorted(
        (row for row in rows if row.is_open and row.raw_text),
        key=lambda row: (row.load_file_id, row.line_number),
    )
    files = {}
    groups = [list(group) for _, group in groupby(still_open, key=lambda row: row.load_file_id)]
    names = names_to_mend([of_file[0].file_name for of_file in groups])
    for name, of_file in zip(names, groups, strict=True):
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=of_file[0].delimiter).writerow(of_file[0].header)
        written.writelines(f"{row.raw_text}\r\n" for row in of_file)
        files[name] = written.getvalue()
    return files


def names_to_mend(file_names: Sequence[str]) -> list[str]:
    """What the files with rejected rows are called when they are written out: by CSV names, each once."""
    names: list[str] = []
    for file_name in file_names:
        name = as_csv_name(file_name)
        names.append(
            f"{file_name}.csv" if name in names or (name != file_name and name in file_names) else name
        )
    return names


def write_files(files: dict[str, str], folder: Path) -> list[Path]:
    """Write the files into a folder; FolderError, with none written, where one of them is there already.

    They carry the mark that tells spreadsheets UTF-8.
    """
    paths = [folder / name for name in files]
    if there := [path.name for path in paths if path.exists()]:
        raise FolderError(f"{folder} already holds {', '.join(there)}. Name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8-sig", newline="")
    return paths


def as_table(rows: Sequence[RejectedRow]) -> str:
    """The rejected rows for people: where each stands, why it was rejected, and what has become of it."""
    if not rows:
        return "Nothing was rejected."
    lines = []
    for row in rows:
        lines.append(f"{row.file_name}, line {row.line_number}: {row.message} ({row.state})")
        lines.append(f"    {row.raw_text}")
    still_open = sum(row.is_open for row in rows)
    return "\n".join([*lines, "", f"Rejected rows: {len(rows):,}. Still open: {still_open:,}."])
