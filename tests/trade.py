"""A little trade for the shop of shop.sql, through the functions that the app records it with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg

from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, ONLINE, SINA, ZOE, buy

TODAY = datetime.now(UTC).date()


def year_before(day: date) -> date:
    """The same day one year before, as PostgreSQL counts."""
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def trade(shop: OwnDatabase) -> None:
    """Three stores, two currencies, a walk-in, returns, a cancelled order, and sales ten days, one year and more ago."""
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 800")
    database = Database(shop.app_url, max_size=2)
    with database.transaction(Actor("test", "crpm_manager")) as c:
        first = buy(c, (KETTLE, 2), (LAMP, 3), store=BOSTON, p_customer_id=JOHN)
        buy(c, (KNIFE, 1), store=BOSTON, p_customer_id=ZOE, p_order_date=TODAY - timedelta(days=10))
        buy(c, (LAMP, 5), store=BOSTON)
        in_euro = buy(c, (KETTLE, 1), (KNIFE, 2), store=HAMBURG, p_customer_id=ZOE, p_currency_code="EUR")
        buy(c, (LAMP, 1), store=ONLINE, p_customer_id=ZOE, p_order_date=TODAY - timedelta(days=1))
        buy(c, (LAMP, 2), store=ONLINE, p_customer_id=SINA, p_order_discount=Decimal("3.33"))
        buy(c, (KETTLE, 4), store=BOSTON, p_customer_id=JOHN, p_order_date=year_before(TODAY))
        buy(c, (KNIFE, 2), store=BOSTON, p_order_date=TODAY - timedelta(days=450))
        cancelled = buy(c, (KNIFE, 7), store=BOSTON, p_customer_id=JOHN)
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
        _give_back(c, BOSTON, first, line=1, quantity=1)
        _give_back(c, HAMBURG, in_euro, line=2, quantity=1)
    database.close()


def _give_back(connection: psycopg.Connection, store: int, order: Any, *, line: int, quantity: int) -> None:
    connection.execute(
        "SELECT crpm.record_return(%s, %s, %s, %s::numeric, 'changed mind', TRUE, %s::uuid)",
        [store, order[0], line, quantity, uuid4()],
    )
