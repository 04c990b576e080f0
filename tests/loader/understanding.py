"""Columns of cells put into staging and understood, without files and without a load of their own."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import Connection, sql

from loader.cells import understand_cells
from loader.queries import run

# Of each field that the tests look at, the target whose files have it.
TARGETS = {
    "unit_price": "products",
    "quantity": "sales",
    "order_date": "sales",
    "delivered_on": "sales",
    "birth_date": "customers",
    "opened_on": "stores",
}


class Columns:
    """Files of one column each, by the order in which they were added; their cells stand from line 2 on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        load = {"source_system": "test", "folder": "test", "is_live": False}
        self._load_id = run(connection, "begin_load", load)

    def add(self, field: str, cells: Sequence[str], *, encoding: str = "utf-8", beside: int = 0) -> int:
        """Add a column, to the file of another one where `beside` names it; the number of its file."""
        target = TARGETS[field]
        file = beside or run(
            self._connection,
            "begin_file",
            {
                "load_id": self._load_id,
                "file_name": f"{target}.csv",
                "target": target,
                "sha256": "0" * 64,
                "encoding": encoding,
                "delimiter": ",",
                "header": [field],
            },
        )
        run(self._connection, "name_field", {"load_file_id": file, "field": field, "header": field})
        insert = sql.SQL(
            "INSERT INTO staging.{} (load_file_id, source_line, raw_text, {}) VALUES (%s, %s, '', %s)"
        )
        statement = insert.format(sql.Identifier(target), sql.Identifier(field))
        rows = [(file, line, cell) for line, cell in enumerate(cells, start=2)]
        self._connection.cursor().executemany(statement, rows)
        return file

    def understand(self, **answers: Any) -> None:
        """Understand all of them, as a load does."""
        understand_cells(
            self._connection, load_id=self._load_id, **{"date_order": None, "decimal": None, **answers}
        )

    def answer(self, **answers: Any) -> None:
        """Understand all of them once more, with what was asked about."""
        self._connection.execute("TRUNCATE staging.cells")
        self.understand(**answers)

    def read(self, file: int, field: str) -> list[Decimal | date | str | None]:
        """What each cell means, or what is wrong with it."""
        rows = self._connection.execute(
            """
            SELECT c.number_value, c.date_value, c.problem FROM staging.cells AS c
            WHERE c.load_file_id = %s AND c.field = %s ORDER BY c.first_line
            """,
            (file, field),
        )
        return [problem or (day if number is None else number) for number, day, problem in rows]

    def note(self, file: int, kind: str) -> Mapping[str, Any] | None:
        """What is kept about the file's decision of a kind, date_order or decimal."""
        row = self._connection.execute(
            "SELECT lf.notes -> %s FROM crpm.load_files AS lf WHERE lf.load_file_id = %s", (kind, file)
        ).fetchone()
        assert row is not None
        return next(iter(row[0].values())) if row[0] else None
