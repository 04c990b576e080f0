"""More trade for the shop of shop.sql, drawn at random from a seed, for figures that a handful of sales would not tell apart."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

from psycopg import Connection

from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, ONLINE, PATH_LIGHT, buy
from tests.trade import TODAY

STORES = (HAMBURG, BOSTON, ONLINE)
PRODUCTS = (KETTLE, KNIFE, LAMP, PATH_LIGHT)
_PEOPLE = """
INSERT INTO crpm.customers (name, gender, birth_date, city, state, country_code)
SELECT
    'Customer ' || n, (ARRAY['female', 'male', 'other', NULL])[1 + n % 4], DATE '1950-01-15' + n * 2100,
    (ARRAY['Boston', 'Salem', 'Hamburg', NULL])[1 + n % 4], (ARRAY['Massachusetts', 'Massachusetts', 'Hamburg', NULL])[1 + n % 4],
    (ARRAY['US', 'US', 'DE', NULL])[1 + n % 4]
FROM generate_series(1, 14) AS n
"""


def trade_at_random(shop: OwnDatabase, *, seed: int = 7, orders: int = 90) -> None:
    """Orders of 17 customers and walk-ins over 500 days, returns of some, and one cancelled; a tenth a bulk purchase.

    All but the last three are in the rollups, so that figures come from these and from orders.
    """
    random = Random(seed)  # noqa: S311 - the same sales each time are what is wanted
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 800")
        owner.execute(_PEOPLE)
    database = Database(shop.app_url, max_size=2)
    with database.transaction(Actor("test", "crpm_manager")) as c:
        for store in STORES:
            c.execute(
                "SELECT crpm.receive_stock(%s, %s, %s::numeric[])",
                [store, list(PRODUCTS), [900] * len(PRODUCTS)],
            )
        for number in range(orders - 3):
            _trade(c, random, number, cancels=number == orders // 2 + 1)
    fold_all(shop)
    with database.transaction(Actor("test", "crpm_manager")) as c:
        for number in range(orders - 3, orders):
            _trade(c, random, number, cancels=False)
    database.close()


def fold_all(shop: OwnDatabase) -> None:
    """Work out the rollups of every month with a changed day."""
    with shop.connect() as owner:
        while owner.execute("SELECT crpm.fold_sales()").fetchone() != (None,):
            pass


def _trade(c: Connection[Any], random: Random, number: int, *, cancels: bool) -> None:
    store, most = random.choice(STORES), 30 if number % 10 == 0 else 4
    sold_on = TODAY - timedelta(days=0 if cancels else random.randrange(500))
    lines = [(product, random.randint(1, most)) for product in random.sample(PRODUCTS, random.randint(1, 3))]
    bought = buy(
        c,
        *lines,
        store=store,
        p_customer_id=random.choice([None, *range(1, 18)]),
        p_order_date=sold_on,
        p_currency_code="USD",
    )
    if number % 6 == 0:
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1::numeric, 'changed mind', TRUE, %s::uuid)",
            [store, bought[0], uuid4()],
        )
    if cancels:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [store, bought[0]])
