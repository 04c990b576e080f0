"""A shop in whose books everything occurs: trade, payments, refunds, cancelling, stock that moves, and a load."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from db.pool import Actor, Database
from db.verify import verify
from loader.loading import load
from tests.conftest import OwnDatabase
from tests.loader.conftest import SMALL_FILES
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, SINA, buy
from tests.trade import trade

MANAGER = Actor("test", "crpm_manager")
PAID_ORDER = 100


def fill(shop: OwnDatabase, folder: Path) -> None:
    """Trade in the shop, and load files whose online shop is refused, with its sales."""
    trade(shop)
    database = Database(shop.app_url, max_size=1)
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.tax_rates VALUES (1, 'DE', '2020-01-01', 0.19)")
        owner.execute("ALTER TABLE crpm.orders ALTER COLUMN order_id RESTART WITH 100")
    with database.transaction(MANAGER) as c:
        c.execute("SELECT crpm.receive_stock(%s, ARRAY[1, 4], ARRAY[10, 6]::numeric[], 'DN-7')", [BOSTON])
        c.execute("SELECT crpm.adjust_stock(%s, %s, 7, 'counted')", [BOSTON, LAMP])
        c.execute("SELECT crpm.transfer_stock(1, %s, ARRAY[2, 1], ARRAY[4, 1]::numeric[], 'T-1')", [BOSTON])
    with database.transaction(MANAGER) as c:
        paid = buy(c, (KETTLE, 3), (LAMP, 2), store=HAMBURG, p_payment_methods=["card"])
        assert paid[0] == PAID_ORDER
    for restocked in (True, False):
        with database.transaction(MANAGER) as c:
            c.execute(
                "SELECT crpm.record_return(%s, %s, 1, 1, 'too loud', %s, %s, p_refund_method => 'cash')",
                [HAMBURG, paid[0], restocked, uuid4()],
            )
    with database.transaction(MANAGER) as c:
        methods = {"p_payment_methods": ["cash", "card"], "p_payment_amounts": [Decimal(80), Decimal(9)]}
        cancelled = buy(c, (KNIFE, 1), store=BOSTON, **methods)
    with database.transaction(MANAGER) as c:
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
    with database.transaction(MANAGER) as c:
        c.execute("SELECT crpm.merge_customers(%s, %s)", [SINA, JOHN])
    database.close()
    for name, text in SMALL_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    load(shop.owner_url, folder, actor=MANAGER)
    with shop.connect() as owner:
        owner.execute(
            "SELECT crpm.anonymise_customer(c.customer_id, c.name) FROM crpm.customers AS c WHERE c.source_key = '2'"
        )


def differences(shop: OwnDatabase) -> dict[str, int]:
    """The checks of `python -m db verify` that find differences, and how many."""
    return {result.check: result.differences for result in verify(shop.owner_url) if result.differences}
