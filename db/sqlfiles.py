"""Queries live in files: db/queries/<repository>/<method>.sql, one query each.

A listing that can be sorted declares its orders in its header, one a line, and marks the ORDER BY that they replace:

    -- Sort name: c.sort_name, c.customer_id
    -- Sort name descending: c.sort_name DESC, c.customer_id DESC
    SELECT ...
    ORDER BY c.sort_name, c.customer_id -- sort
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

QUERIES = Path(__file__).parent / "queries"
PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
SORT = re.compile(r"^-- Sort ([\w ]+): (.+)$", re.MULTILINE)
SORTED_LINE = re.compile(r"^ORDER BY .* -- sort$", re.MULTILINE)


class WrongParametersError(TypeError):
    """A query was given other parameters, or another order, than its file names."""


class Statement(str):
    """The text of a query that knows the name of its file, for whoever runs it to tell."""

    __slots__ = ("name",)
    name: str


def _statement(text: str, name: str) -> Statement:
    statement = Statement(text)
    statement.name = name
    return statement


class Query:
    """The text of one query file, the parameters it names, and the orders it may be sorted in."""

    __slots__ = ("name", "parameters", "sorts", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = _statement((QUERIES / f"{name}.sql").read_text(encoding="utf-8"), name)
        self.parameters = frozenset(PARAMETER.findall(self.text))
        self.sorts: Mapping[str, str] = dict(SORT.findall(self.text))

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        """The parameters given, or WrongParametersError where they are not exactly those the file names."""
        if given.keys() != self.parameters:
            missing = ", ".join(sorted(self.parameters - given.keys())) or "none"
            unknown = ", ".join(sorted(given.keys() - self.parameters)) or "none"
            raise WrongParametersError(f"{self.name}.sql: missing {missing}; unknown {unknown}")
        return given

    def sorted_by(self, sort: str | None) -> Statement:
        """The text in one of its declared orders, or as it stands for None."""
        if sort is None:
            return self.text
        if sort not in self.sorts:
            raise WrongParametersError(
                f"{self.name}.sql: no order {sort!r}; there is {', '.join(self.sorts) or 'none'}"
            )
        return _statement(SORTED_LINE.sub(f"ORDER BY {self.sorts[sort]}", self.text), self.name)


@cache
def query(name: str) -> Query:
    """The query file of that name, such as "customers/search", read once."""
    return Query(name)
