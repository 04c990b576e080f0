"""The shop of shop.sql with names and texts that would run, break out or break the layout if anything took them for more."""

from uuid import uuid4

from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, buy
from tests.trade import trade

SHORT = "<script>window.pwned=1</script>${window.pwned=2}{{7*7}} O'Brien; DROP TABLE--"
NAME = f"{SHORT}<img src=x onerror='window.pwned=3'>\u202eمحمد الفاتح\u202c \U0001f600\U0001f3f4\u200d\u2620"
# For reasons, which have no limit of their own.
LONG = f"{NAME} {'W' * 10_000}"

_RENAMED = {
    "settings": "company_name = %(name)s, receipt_footer = %(name)s, address = %(name)s, tax_number = %(short)s",
    "stores": "name = rpad(%(name)s || store_id, 300, 'W'), state = %(name)s",
    "categories": "name = rpad(%(name)s || category_id, 200, 'W')",
    "subcategories": "name = rpad(%(name)s || subcategory_id, 200, 'W')",
    "tax_classes": "name = %(name)s",
    "products": "name = rpad(%(name)s || product_id, 300, 'W'), brand = %(short)s, color = %(short)s, sku = %(short)s || product_id",
    "customers": "name = %(name)s || customer_id, notes = left(%(long)s, 10000), city = %(name)s, street = %(name)s, state = %(name)s",
}


def hostile_trade(shop: OwnDatabase) -> tuple[str, str]:
    """Trade in the shop, give everything hostile names; the keys of an order that was cancelled and of a return."""
    trade(shop)
    database = Database(shop.app_url, max_size=2)
    with database.transaction(Actor("local", "crpm_admin")) as c:
        cancelled = buy(c, (KETTLE, 1), store=BOSTON, p_customer_id=JOHN)
        c.execute("SELECT crpm.cancel_order(%s, %s, %s)", [BOSTON, cancelled[0], LONG])
        returned = buy(c, (LAMP, 2), store=BOSTON, p_customer_id=JOHN)
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1::numeric, %s, TRUE, %s::uuid)",
            [BOSTON, returned[0], LONG, uuid4()],
        )
        c.execute("SELECT crpm.adjust_stock(%s, %s, 3, %s)", [BOSTON, KNIFE, LONG])
        c.execute(
            "SELECT crpm.park_purchase(%s, %s, %s, %s, %s, %s)",
            [
                HAMBURG,
                uuid4(),
                uuid4(),
                f'{{"lines": [{{"product_id": {LAMP}, "quantity": "2"}}]}}',
                JOHN,
                SHORT,
            ],
        )
        c.execute(
            "INSERT INTO crpm.saved_queries (name, statement) VALUES (%s, %s)", [SHORT, f"SELECT '{SHORT}'"]
        )
    database.close()
    texts = {"name": NAME, "short": SHORT, "long": LONG}
    with shop.connect() as owner:
        for table, values in _RENAMED.items():
            owner.execute(f"UPDATE crpm.{table} SET {values}", texts)
    return f"{BOSTON}-{cancelled[0]}", f"{BOSTON}-{returned[0]}"
