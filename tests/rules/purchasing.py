"""How the rule tests speak to the database: in plain SQL, as a role, the way psql would."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg

HAMBURG, BOSTON, ONLINE = 1, 2, 3
ZOE, JOHN, SINA = 1, 2, 3
KETTLE, KNIFE, LAMP, PATH_LIGHT = 1, 2, 3, 4


def buy(
    connection: psycopg.Connection, *lines: tuple[int, int | Decimal], store: int = BOSTON, **more: Any
) -> Any:
    """Record a purchase of (product, quantity) lines; the function's one row."""
    given = {
        "p_store_id": store,
        "p_product_ids": [product for product, _ in lines],
        "p_quantities": [Decimal(quantity) for _, quantity in lines],
        "p_request_id": uuid4(),
        **more,
    }
    casts = {"p_product_ids": "::bigint[]", "p_quantities": "::numeric[]"}
    named = ", ".join(f"{name} => %({name})s{casts.get(name, '')}" for name in given)
    return connection.execute(f"SELECT * FROM crpm.record_purchase({named})", given).fetchone()


def on_hand(connection: psycopg.Connection, store: int, product: int) -> int:
    """Pieces on hand, 0 without a row."""
    row = connection.execute(
        "SELECT on_hand FROM crpm.stock_levels WHERE store_id = %s AND product_id = %s", [store, product]
    ).fetchone()
    return row[0] if row else 0


def ledger_differences(connection: psycopg.Connection) -> list[Any]:
    """Stores and products whose level is not the sum of their ledger."""
    return connection.execute(
        """
        SELECT store_id, product_id, coalesce(l.on_hand, 0), coalesce(m.total, 0)
        FROM crpm.stock_levels AS l
        FULL JOIN (
            SELECT store_id, product_id, sum(quantity) AS total FROM crpm.stock_movements GROUP BY store_id, product_id
        ) AS m USING (store_id, product_id)
        WHERE coalesce(l.on_hand, 0) <> coalesce(m.total, 0)
        """
    ).fetchall()
