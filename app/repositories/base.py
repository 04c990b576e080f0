"""What every repository stands on: running its query files on the caller's connection."""

import re
from typing import Any, ClassVar, TypeVar

from psycopg import Connection
from psycopg.rows import class_row

from app.errors import NotFoundError
from db.sqlfiles import query

Row = TypeVar("Row")


class Repository:
    """Runs the files of db/queries/<folder> on a connection whose transaction the caller owns."""

    folder: ClassVar[str]

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _all(
        self, name: str, row_type: type[Row], /, *, sort: str | None = None, **parameters: Any
    ) -> list[Row]:
        found = query(f"{self.folder}/{name}")
        with self._connection.cursor(row_factory=class_row(row_type)) as cursor:
            return cursor.execute(found.sorted_by(sort), found.check(parameters)).fetchall()

    def _find(self, name: str, row_type: type[Row], /, **parameters: Any) -> Row | None:
        rows = self._all(name, row_type, **parameters)
        return rows[0] if rows else None

    def _get(self, name: str, row_type: type[Row], /, **parameters: Any) -> Row:
        row = self._find(name, row_type, **parameters)
        if row is None:
            raise NotFoundError
        return row

    def _value(self, name: str, /, **parameters: Any) -> Any:
        """The first column of the first row, or None where there is no row."""
        found = query(f"{self.folder}/{name}")
        row = self._connection.execute(found.text, found.check(parameters)).fetchone()
        return row[0] if row else None

    def _run(self, name: str, /, **parameters: Any) -> int:
        """Run a statement that returns no rows; the number of rows it touched."""
        found = query(f"{self.folder}/{name}")
        return self._connection.execute(found.text, found.check(parameters)).rowcount


def like_pattern(text: str) -> str:
    """What a person typed, for LIKE: its % and _ mean themselves. Empty for nothing but space."""
    return re.sub(r"([\\%_])", r"\\\1", text.strip())


def people_pattern(text: str) -> str:
    """As like_pattern, for names, e-mails and phones: words in their order; a phone by the digits it has everywhere.

    People write `040 123456` or `0049 40 123456` for the `+49 40 123456` of a record: zeros at the beginning do not count.
    """
    digits = re.sub(r"\D", "", text)
    if re.fullmatch(r"[\d\s+()/.-]+", text) and len(digits) >= 5:
        return digits.lstrip("0")
    return "%".join(like_pattern(text).split())
