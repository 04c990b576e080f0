"""Queries live in files: db/queries/<repository>/<method>.sql, one query each.

A listing that can be sorted declares its orders in its header, one a line, and marks the ORDER BY that they replace:

    -- Sort on_hand: stock.on_hand, p.sort_name, p.product_id
    SELECT ...
    ORDER BY p.sort_name, p.product_id -- sort

A long list goes from page to page by keys instead of counting rows, at the same cost however deep. Such an order is
declared as its keys, the last of which tells rows apart, and serves both directions. The page begins after its anchor,
the row that the page before ended with; the condition takes the place of the line `after`:

    -- Keys name: p.sort_name; p.product_id
    -- Anchor: crpm.products AS p WHERE p.product_id = %(anchor)s
    WHERE
        p.is_active
        -- after
    ORDER BY p.sort_name, p.product_id -- sort
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

QUERIES = Path(__file__).parent / "queries"
PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
SORT = re.compile(r"^-- Sort ([\w ]+): (.+)$", re.MULTILINE)
KEYS = re.compile(r"^-- Keys (\w+): (.+)$", re.MULTILINE)
SORTED_LINE = re.compile(r"^ORDER BY .* -- sort$", re.MULTILINE)
ANCHOR = re.compile(r"^-- Anchor: (.+)\n", re.MULTILINE)
AFTER_LINE = re.compile(r"^ +-- after$", re.MULTILINE)
DESCENDING = " descending"


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

    __slots__ = ("anchor", "keys", "name", "parameters", "sorts", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        whole = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
        anchor = ANCHOR.search(whole)
        self.anchor = anchor[1] if anchor else ""
        # Placeholders count in comments too.
        self.text = _statement(ANCHOR.sub("", whole), name)
        self.parameters = frozenset(PARAMETER.findall(whole))
        self.keys: Mapping[str, Sequence[str]] = {
            order: keys.split("; ") for order, keys in KEYS.findall(self.text)
        }
        self.sorts: Mapping[str, str] = dict(SORT.findall(self.text)) | {
            name: ", ".join(f"{key} DESC" if direction else key for key in keys)
            for order, keys in self.keys.items()
            for name, direction in ((order, ""), (order + DESCENDING, DESCENDING))
        }

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        """The parameters given, or WrongParametersError where they are not exactly those the file names."""
        if given.keys() != self.parameters:
            missing = ", ".join(sorted(self.parameters - given.keys())) or "none"
            unknown = ", ".join(sorted(given.keys() - self.parameters)) or "none"
            raise WrongParametersError(f"{self.name}.sql: missing {missing}; unknown {unknown}")
        return given

    def sorted_by(self, sort: str | None) -> Statement:
        """The text in one of its declared orders, or as it stands for None."""
        return self.page(sort) if sort else self.text

    def page(self, sort: str, *, is_anchored: bool = False, is_backward: bool = False) -> Statement:
        """The text of a page in one of its declared orders: the first, or the one after the anchor.

        Backward it is the last page, or the one before the anchor, with its last row first; for orders by keys.
        """
        if sort not in self.sorts:
            raise WrongParametersError(
                f"{self.name}.sql: no order {sort!r}; there is {', '.join(self.sorts) or 'none'}"
            )
        order = sort.removesuffix(DESCENDING)
        if order not in self.keys and (is_anchored or is_backward):
            raise WrongParametersError(f"{self.name}.sql: {sort} is no order by keys")
        is_descending = sort.endswith(DESCENDING) != is_backward
        taken = order + DESCENDING * is_descending if order in self.keys else sort
        text = SORTED_LINE.sub(lambda _: f"ORDER BY {self.sorts[taken]}", self.text)
        if is_anchored:
            keys, sign = ", ".join(self.keys[order]), "<" if is_descending else ">"
            condition = f"AND ({keys}) {sign} (SELECT {keys} FROM {self.anchor})"  # noqa: S608 - of the file alone
            text = AFTER_LINE.sub(lambda _: condition, text)
        return _statement(text, self.name)

    @property
    def explained(self) -> Statement:
        """The text that asks how the server would run it, as JSON."""
        return _statement(f"EXPLAIN (FORMAT JSON) {self.text}", self.name)


@cache
def query(name: str) -> Query:
    """The query file of that name, such as "customers/search", read once."""
    return Query(name)
