"""From staged rows to customers, products, stores, rates, orders and stock: which query files, in which order."""

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Connection

from loader.progress import Moment, Progress
from loader.queries import run

# What a person is told, and the queries that do it.
Step = tuple[str, tuple[str, ...]]

RECORDS: tuple[Step, ...] = (
    (
        "Checking rates, stores, products and customers",
        (
            "clean_rates",
            "clean_stores",
            "clean_products",
            "clean_customers",
            "reject_unmatched",
            "settle_keyed_rows",
        ),
    ),
    (
        "Publishing rates and stores",
        ("publish_rates", "value_stores", "merge_fields", "add_stores", "update_stores"),
    ),
    (
        "Publishing products",
        (
            "add_categories",
            "add_subcategories",
            "match_subcategories",
            "value_products",
            "merge_fields",
            "add_products",
            "update_products",
            "add_prices",
            "add_costs",
        ),
    ),
    (
        "Publishing customers",
        (
            "value_customers",
            "merge_fields",
            "add_customers",
            "update_customers",
            "update_continents",
            "keep_conflicts",
            "analyze_records",
        ),
    ),
)
SALES: tuple[Step, ...] = (
    (
        "Checking and pricing sales",
        (
            "read_keys",
            "reserve_customers",
            "list_prices",
            "spread_rates",
            "analyze_cells",
            "clean_sales",
            "reject_unmatched",
            "analyze_clean_sales",
        ),
    ),
    (
        "Matching orders",
        (
            "reject_disagreeing_orders",
            "gather_orders",
            "analyze_staged_orders",
            "settle_recorded_lines",
            "settle_repeated_lines",
        ),
    ),
)
ON_HAND: Step = ("Comparing sales with the stock on hand", ("reject_unsellable", "reject_oversold"))
ORDERS: Step = (
    "Publishing orders",
    ("add_placeholders", "add_orders", "add_order_lines", "extend_orders", "deliver_orders"),
)
# New sales take stock line by line, and look their order up by its key.
HISTORY: Step = (
    ORDERS[0],
    (
        "add_placeholders",
        "take_keys_off",
        "add_orders",
        "add_order_lines",
        "put_keys_back",
        "extend_orders",
        "deliver_orders",
    ),
)
COUNTED_STOCK: Step = (
    "Opening stock as counted",
    ("clean_stock", "reject_unmatched", "settle_keyed_rows", "open_counted_stock", "note_empty_shelves"),
)
ASSUMED_STOCK: Step = ("Opening stock", ("open_assumed_stock",))
RETURNS: Step = (
    "Checking and publishing returns",
    (
        "lock_returned_orders",
        "clean_returns",
        "reject_unmatched",
        "settle_keyed_rows",
        "settle_returns",
        "note_returned_shelves",
        "add_returns",
    ),
)
ACCOUNT: Step = (
    "Working out the account",
    (
        "keep_rejects",
        "forget_anonymised",
        "note_missing",
        "resolve_rejects",
        "account_files",
        "finish_load",
        "empty_staging",
        "analyze_sales",
    ),
)


def publish(
    connection: Connection,
    parameters: dict[str, Any],
    *,
    targets: Collection[str],
    is_live: bool,
    progress: Progress,
) -> None:
    """Check every staged row, publish what is sound, keep what is not, and account for all of it.

    `targets` are those that have files.
    """
    stock = (COUNTED_STOCK,) if "stock" in targets else ()
    returns = (RETURNS,) if "returns" in targets else ()
    # History is older than its opening stock; new sales are taken from it.
    steps = (*SALES, *stock, ON_HAND, ORDERS) if is_live else (*SALES, HISTORY, *(stock or (ASSUMED_STOCK,)))
    run_steps(
        connection,
        (*RECORDS, *steps, *returns, ACCOUNT),
        parameters,
        progress,
        rows=sum(parameters["rows_read"]),
    )


def run_steps(
    connection: Connection,
    steps: Sequence[Step],
    parameters: dict[str, Any],
    progress: Progress,
    *,
    rows: int | None = None,
) -> None:
    """Run all queries of some steps, telling each step and how many queries are done; `rows` are all they deal with."""
    total, done = sum(len(queries) for _, queries in steps), 0
    for told, queries in steps:
        for name in queries:
            progress(Moment(told, share=done / total, rows=rows))
            run(connection, name, parameters)
            done += 1
        progress(Moment(told, share=done / total, rows=rows))
