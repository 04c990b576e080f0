"""The functions that figures read beside the lines themselves, to find where they differ."""

from datetime import date, timedelta

import psycopg

from tests.trade import TODAY

_SUMS = "sum(units), sum(revenue)"
# Each function beside what it stands for, from the lines themselves.
COMPARED = {
    "sales_of_days": (
        f"sold_on, kind, store_id, currency_code, country_code, {_SUMS}, sum(charged_amount), sum(orders)",
        "sold_on, kind, store_id, currency_code, country_code",
        f"sold_on, kind, store_id, currency_code, country_code, {_SUMS}, sum(charged_amount),"
        " count(DISTINCT order_id) FILTER (WHERE kind = 'sale')",
    ),
    "sales_of_products": (
        f"date_trunc('month', sold_on), kind, product_id, currency_code, country_code, {_SUMS}, sum(charged_amount)",
        "date_trunc('month', sold_on), kind, product_id, currency_code, country_code",
        f"date_trunc('month', sold_on), kind, product_id, currency_code, country_code, {_SUMS}, sum(charged_amount)",
    ),
    "profits_of_products": (
        "kind, subcategory_id, sum(cost), sum(gross_profit),"
        " sum(orders_of_subcategory) + count(DISTINCT order_id) FILTER (WHERE kind = 'sale')",
        "kind, subcategory_id",
        "kind, subcategory_id, sum(cost), sum(gross_profit),"
        " count(DISTINCT order_id) FILTER (WHERE kind = 'sale')",
    ),
    "profits_of_customers": (
        f"sold_on, kind, store_id, customer_id, {_SUMS}, sum(cost), sum(lines), sum(orders)",
        "sold_on, kind, store_id, customer_id",
        f"sold_on, kind, store_id, customer_id, {_SUMS}, sum(cost), count(*),"
        " count(DISTINCT order_id) FILTER (WHERE kind = 'sale')",
    ),
}
PERIODS = ((date(1990, 1, 1), TODAY), (TODAY - timedelta(days=200), TODAY - timedelta(days=3)))
FOLD = "SELECT crpm.fold_sales()"


def differing(connection: psycopg.Connection, function: str, from_on: date, to_on: date) -> int:
    """How many groups a function tells otherwise than the lines, in one snapshot."""
    asked, groups, counted = COMPARED[function]
    read = f"SELECT {asked} FROM analytics.{function}(%(from)s, %(to)s, NULL, NULL, NULL, NULL) GROUP BY {groups}"
    meant = f"SELECT {counted} FROM analytics.detailed_profits WHERE sold_on BETWEEN %(from)s AND %(to)s GROUP BY {groups}"
    found: tuple[int] = connection.execute(
        f"SELECT count(*) FROM (({read} EXCEPT {meant}) UNION ALL ({meant} EXCEPT {read})) AS differing",
        {"from": from_on, "to": to_on},
    ).fetchone()
    return found[0]


def differences_of_figures(connection: psycopg.Connection) -> dict[str, int]:
    """How many groups the functions tell otherwise, of those that do, in all time and in a part of it."""
    return {
        function: found
        for from_on, to_on in PERIODS
        for function in COMPARED
        if (found := differing(connection, function, from_on, to_on))
    }
