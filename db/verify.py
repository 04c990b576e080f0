"""Recomputes every promise of the schema from the rows themselves, and tells where they differ.

Each file of db/queries/verify answers one row per row that it looked at, the last column telling whether that is wrong.
What is null there is not known to be right, and counts as wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from db.errors import NotTheOwnerError
from db.sqlfiles import query
from db.versions import read_schema, require_current

CHECKS = (
    "levels_equal_the_ledger",
    "levels_are_not_negative",
    "sold_lines_took_their_stock",
    "cancelled_lines_gave_back_their_stock",
    "restocked_returns_reached_the_shelf",
    "transfers_balance",
    "openings_are_counted_once",
    "orders_equal_their_lines",
    "lines_charge_price_less_discount",
    "lines_are_worth_their_share_in_base",
    "returns_are_counted_on_their_line",
    "refunds_are_their_share",
    "payments_add_up",
    "cancelled_orders_are_paid_back",
    "requests_are_recorded_once",
    "orders_come_from_the_till_or_a_load",
    "imported_lines_move_no_stock",
    "base_currency_has_rate_one",
    "amounts_are_whole_minor_units",
    "merged_customers_count_with_the_one_kept",
    "nothing_is_kept_of_anonymised_customers",
    "loads_account_for_every_row",
    "loads_account_for_their_money",
    "rolled_up_days_equal_their_sales",
    "rolled_up_customers_equal_their_sales",
    "rolled_up_products_equal_their_sales",
    "rolled_up_orders_are_counted_once",
    "rules_are_in_force",
    "staging_is_empty",  # last: reading it waits for a load, and a load for it
)
SHOWN_DIFFERENCES = 5
_COUNT = sql.SQL(
    "SELECT count(*) AS rows, count(*) FILTER (WHERE is_wrong IS NOT FALSE) AS wrong FROM ({}) AS looked_at"
)
_SHOW = sql.SQL("SELECT * FROM ({}) AS looked_at WHERE is_wrong IS NOT FALSE LIMIT {}")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check; `examples` are the first of its `differences`, column by column."""

    check: str
    description: str
    rows: int
    differences: int
    examples: list[dict[str, Any]]


def verify(owner_url: str) -> Iterator[Result]:
    """Run every check on one snapshot, and change nothing.

    Raises a `ServerError` where there is not this schema, or the login may not act as its owner.
    """
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            require_current(connection, read_schema())
            connection.execute("SET LOCAL ROLE crpm_owner")
        except psycopg.errors.InsufficientPrivilege as error:
            raise NotTheOwnerError from error
        for check in CHECKS:
            yield _run(connection, check)


def _run(connection: psycopg.Connection[dict[str, Any]], check: str) -> Result:
    text = query(f"verify/{check}").text
    counts = connection.execute(_COUNT.format(sql.SQL(text))).fetchone() or {}
    examples = []
    if counts["wrong"]:
        examples = connection.execute(_SHOW.format(sql.SQL(text), SHOWN_DIFFERENCES)).fetchall()
    for example in examples:
        del example["is_wrong"]
    description = text.partition("\n")[0].removeprefix("-- ")
    return Result(check, description, counts["rows"], counts["wrong"], examples)
