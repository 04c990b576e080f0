"""More trade for the shop of shop.sql, drawn at random from a seed, for figures that a handful of sales would not tell apart."""

from datetime import timedelta
from random import Random
from uuid import uuid4

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
    """Orders of 17 customers and walk-ins over 500 days, returns of some, and one cancelled; a tenth a bulk purchase."""
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
        for number in range(orders):
            store, most = random.choice(STORES), 30 if number % 10 == 0 else 4
            is_cancelled = number == orders // 2 + 1
            sold_on = TODAY - timedelta(days=0 if is_cancelled else random.randrange(500))
            lines = [
                (product, random.randint(1, most))
                for product in random.sample(PRODUCTS, random.randint(1, 3))
            ]
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
            if is_cancelled:
                c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [store, bought[0]])
    database.close()
