"""Many clients who fight for the last pieces, each with a connection of its own, and what they were told."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg

from tests.conftest import OwnDatabase
from tests.rules.books import differences
from tests.rules.purchasing import BOSTON, buy, on_hand

CLIENTS = 64
PIECES = 50
HOT = [5, 6, 7, 8, 9]


def stock_hot_products(shop: OwnDatabase) -> None:
    """Add five products, of which Boston has fifty pieces each."""
    with shop.connect() as owner:
        owner.execute(
            """
            INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
            SELECT 'HOT-' || n, 'Hot product ' || n, 1, 1 FROM generate_series(5, 9) AS n
            """
        )
        owner.execute(
            "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) SELECT n, 'USD', 9.99 FROM generate_series(5, 9) AS n"
        )
        owner.execute(
            "SELECT crpm.open_stock(%s, %s::bigint[], %s::numeric[])", [BOSTON, HOT, [PIECES] * len(HOT)]
        )


@dataclass(slots=True)
class Fight:
    """What became of the clients' purchases, by request id: the products of each that was acknowledged.

    `lost_answers` is the share of answers that never reach the client, who then sends the purchase again.
    """

    shop: OwnDatabase
    lost_answers: float = 0
    acknowledged: dict[UUID, list[int]] = field(default_factory=dict)
    unacknowledged: int = 0
    recorded_unheard: int = 0
    refused: int = 0
    change: threading.Condition = field(default_factory=threading.Condition)
    can_connect: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self, trouble: Callable[[], None] | None = None) -> None:
        """Let the clients buy until nothing is left, while something troubles them."""
        self.can_connect.set()
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            troubled = pool.submit(trouble) if trouble else None
            clients = [
                pool.submit(self._buy_until_sold_out, random.Random(number))  # noqa: S311
                for number in range(CLIENTS)
            ]
            try:
                for client in clients:
                    client.result()
            finally:
                self.is_over.set()
            if troubled:
                troubled.result()

    def wait_for_purchases(self, number: int) -> None:
        """Wait until so many were acknowledged."""
        with self.change:
            assert self.change.wait_for(lambda: len(self.acknowledged) >= number, timeout=60)

    def assert_every_piece_was_sold_once(self) -> None:
        """Compare what the clients were told with what is recorded."""
        with self.shop.connect() as owner:
            recorded = owner.execute(
                """
                SELECT o.request_id, array_agg(l.product_id::integer ORDER BY l.product_id)
                FROM crpm.orders AS o INNER JOIN crpm.order_lines AS l USING (store_id, order_id)
                GROUP BY o.store_id, o.order_id
                """
            ).fetchall()
            left = [on_hand(owner, BOSTON, product) for product in HOT]
        assert len(recorded) == len(self.acknowledged)
        assert dict(recorded) == self.acknowledged
        assert sum(len(products) for products in self.acknowledged.values()) == PIECES * len(HOT)
        assert left == [0] * len(HOT)
        assert differences(self.shop) == {}

    def _connect(self) -> psycopg.Connection:
        assert self.can_connect.wait(timeout=60)
        connection = psycopg.connect(self.shop.app_url, autocommit=True)
        connection.execute("SET ROLE crpm_clerk")
        assert connection.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
        return connection

    def _reconnect(self) -> psycopg.Connection:
        while True:
            try:
                return self._connect()
            except psycopg.OperationalError:  # killed again before its first purchase
                assert not self.is_over.is_set()

    def _buy_until_sold_out(self, dice: random.Random) -> None:
        connection = self._reconnect()
        wanted, lines = list(HOT), len(HOT)
        while wanted:
            products = dice.sample(wanted, dice.randint(1, min(lines, len(wanted))))
            connection, was_sold = self._insist(connection, products, dice)
            if was_sold:
                lines = len(HOT)
            elif len(products) == 1:
                wanted.remove(products[0])
            else:
                lines = 1
        connection.close()

    def _insist(
        self, connection: psycopg.Connection, products: list[int], dice: random.Random
    ) -> tuple[psycopg.Connection, bool]:
        """Send one purchase until it is answered, with the same request id over every lost connection."""
        request = uuid4()
        while True:
            try:
                order = buy(connection, *((product, 1) for product in products), p_request_id=request)
                if dice.random() < self.lost_answers:
                    connection.close()
                    connection = self._reconnect()
                    continue
            except psycopg.errors.CheckViolation as error:
                if error.diag.constraint_name != "stock_levels_on_hand_is_not_negative":
                    raise
                with self.change:
                    self.refused += 1
                return connection, False
            except psycopg.OperationalError:
                if not connection.broken:  # as of a deadlock
                    raise
                with self.change:
                    self.unacknowledged += 1
                connection = self._reconnect()
                continue
            with self.change:
                self.acknowledged[request] = sorted(products)
                self.recorded_unheard += order[4]
                self.change.notify_all()
            return connection, True
