"""Runs the files of db/queries/loader on a connection whose transaction the caller owns."""

from typing import Any

from psycopg import Connection

from db.sqlfiles import query


def run(connection: Connection, name: str, parameters: dict[str, Any]) -> Any:
    """Run a query with those of the parameters that its file names; the first value it answers, if any.

    One set of parameters serves all steps of a load. Raises WrongParametersError where one is missing.
    """
    found = query(f"loader/{name}")
    given = {key: value for key, value in parameters.items() if key in found.parameters}
    cursor = connection.execute(found.text, found.check(given))
    row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
