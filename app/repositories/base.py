"""What every repository stands on: running its query files on the caller's connection."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from psycopg import Connection
from psycopg.rows import class_row

from app.errors import NotFoundError
from db.sqlfiles import query

Row = TypeVar("Row")

# Counting stops beyond this many; then the number is an estimate.
COUNTED_ROWS = 10_000


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

    def _page(
        self,
        name: str,
        row_type: type[Row],
        /,
        *,
        sort: str,
        anchor: int | None = None,
        is_backward: bool = False,
        **parameters: Any,
    ) -> list[Row]:
        """A page of a long list: after the row whose id is `anchor`, or before it; without one the first, or the last.

        Planned for what is asked each time: a plan for any filter would serve none.
        """
        found = query(f"{self.folder}/{name}")
        statement = found.page(sort, is_anchored=anchor is not None, is_backward=is_backward)
        with self._connection.cursor(row_factory=class_row(row_type)) as cursor:
            given = found.check({"anchor": anchor, **parameters})
            rows = cursor.execute(statement, given, prepare=False).fetchall()
        return rows[::-1] if is_backward else rows

    def _stream(
        self, name: str, row_type: type[Row], /, *, sort: str, **parameters: Any
    ) -> Iterator[list[Row]]:
        """All rows of a long list, a thousand at a time, as they are at the first."""
        found = query(f"{self.folder}/{name}")
        given = found.check({"anchor": None, "limit": None, "offset": 0, **parameters})
        with self._connection.cursor("listed", row_factory=class_row(row_type)) as cursor:
            cursor.execute(found.page(sort), given)
            while rows := cursor.fetchmany(1_000):
                yield rows

    def _count(self, name: str, /, **parameters: Any) -> int:
        """How many rows there are, by a file that counts up to 10,001; of more than 10,000 the planner's estimate."""
        found = query(f"{self.folder}/{name}")
        given = found.check(parameters)
        row = self._connection.execute(found.text, given, prepare=False).fetchone()
        counted = int(row[0]) if row else 0
        if counted <= COUNTED_ROWS:
            return counted
        explained = self._connection.execute(found.explained, given, prepare=False).fetchone()
        return max(counted, _rows_below_limit(explained[0][0]["Plan"]) if explained else 0)

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


def _rows_below_limit(plan: dict[str, Any]) -> int:
    """How many rows a plan expects where its LIMIT takes some of them."""
    below = next(part for part in plan["Plans"] if part["Parent Relationship"] == "Outer")
    return int(below["Plan Rows"]) if plan["Node Type"] == "Limit" else _rows_below_limit(below)


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


def nearly(text: str) -> str | None:
    """What a person typed, to find what is nearly alike; None for what has no letters, such as a phone number."""
    return text.strip() if re.search(r"[^\W\d_]", text) else None
