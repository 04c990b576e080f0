"""Whatever clerks and managers do in whatever order: the books agree with a model that only adds and subtracts.

The sequences are always the same few; CRPM_TEST_SEQUENCES=500 draws so many others, of CRPM_TEST_STEPS steps.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from db.pool import Actor, Database
from tests.conftest import ROLES, OwnDatabase
from tests.random_trade import fold_all
from tests.rules.books import differences
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    JOHN,
    KETTLE,
    KNIFE,
    LAMP,
    ONLINE,
    PATH_LIGHT,
    SINA,
    ZOE,
    buy,
)
from tests.rules.rolled_up import differences_of_figures

PRICES = {
    KETTLE: Decimal("49.90"),
    KNIFE: Decimal("89.00"),
    LAMP: Decimal("24.50"),
    PATH_LIGHT: Decimal("12.00"),
}
TAX = {BOSTON: Decimal("0.0625"), HAMBURG: Decimal(0), ONLINE: Decimal(0)}
CENT = Decimal("0.01")
STORES = st.sampled_from([HAMBURG, BOSTON, ONLINE])
PRODUCTS = st.sampled_from(sorted(PRICES))
LINES = st.lists(st.tuples(PRODUCTS, st.integers(1, 6), st.decimals(0, 7, places=2)), min_size=1, max_size=5)
CUSTOMERS = st.sampled_from([None, ZOE, JOHN, SINA])
STOCK_LINES = st.lists(st.tuples(PRODUCTS, st.integers(1, 12)), min_size=1, max_size=4)
SETTINGS = settings(
    max_examples=int(os.environ.get("CRPM_TEST_SEQUENCES", "30")),
    stateful_step_count=int(os.environ.get("CRPM_TEST_STEPS", "25")),
    derandomize="CRPM_TEST_SEQUENCES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(slots=True)
class Bought:
    """What the model knows of an order: its pieces and net amount by product, and what came back."""

    store: int
    order_id: int
    pieces: dict[int, int]
    net: dict[int, Decimal]
    request: UUID
    sent: dict[str, Any]
    paid: bool
    returned: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    refunded: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    is_cancelled: bool = False

    def tax(self, product: int) -> Decimal:
        return (self.net[product] * TAX[self.store]).quantize(CENT, ROUND_HALF_UP)

    def total(self) -> Decimal:
        return sum((self.net[product] + self.tax(product) for product in self.pieces), Decimal(0))


class Shop(RuleBasedStateMachine):
    """A shop worked by the database's functions and, beside it, by arithmetic."""

    own: ClassVar[OwnDatabase]
    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        # Each sequence begins with the same stock, or hypothesis could not repeat and shorten one that fails.
        self.levels = {(store, product): 20 for store in TAX for product in PRICES}
        with self.database.transaction(Actor("test-manager", ROLES["manager"])) as c:
            for place in self.levels:
                c.execute("SELECT crpm.adjust_stock(%s, %s, 20, 'new sequence')", place)
        self.orders: list[Bought] = []

    def call(self, role: str, statement: str, parameters: list[Any]) -> Any:
        with self.database.transaction(Actor(f"test-{role}", ROLES[role])) as c:
            return c.execute(statement, parameters).fetchone()

    def refused(self, rule: str, role: str, statement: str, parameters: list[Any]) -> None:
        with pytest.raises(psycopg.errors.CheckViolation) as raised:
            self.call(role, statement, parameters)
        assert raised.value.diag.constraint_name == rule

    def send(self, store: int, sent: dict[str, Any], request: UUID) -> Any:
        with self.database.transaction(Actor("test-clerk", ROLES["clerk"])) as c:
            return buy(c, *sent["lines"], store=store, p_request_id=request, **sent["more"])

    @rule(store=STORES, lines=LINES, paid=st.booleans(), customer=CUSTOMERS)
    def purchase(
        self, store: int, lines: list[tuple[int, int, Decimal]], paid: bool, customer: int | None
    ) -> None:
        pieces: dict[int, int] = defaultdict(int)
        discounts: dict[int, Decimal] = defaultdict(Decimal)
        for product, quantity, discount in lines:
            pieces[product] += quantity
            discounts[product] += discount
        more: dict[str, Any] = {
            "p_discounts": [discount for *_, discount in lines],
            "p_currency_code": "USD",
            "p_customer_id": customer,
        }
        if paid:
            more["p_payment_methods"] = ["card"]
        sent = {"lines": [line[:2] for line in lines], "more": more}
        net = {product: pieces[product] * PRICES[product] - discounts[product] for product in pieces}
        order = Bought(store, 0, dict(pieces), net, uuid4(), sent, paid)
        broken = None
        if min(net.values()) < 0:
            broken = "order_lines_discount_is_within_the_price"
        elif any(self.levels[store, product] < pieces[product] for product in pieces):
            broken = "stock_levels_on_hand_is_not_negative"
        if broken:
            with pytest.raises(psycopg.errors.CheckViolation) as raised:
                self.send(store, sent, order.request)
            assert raised.value.diag.constraint_name == broken
            return
        order.order_id, _, total, *_ = self.send(store, sent, order.request)
        assert total == order.total()
        for product, quantity in pieces.items():
            self.levels[store, product] -= quantity
        self.orders.append(order)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def same_request_again(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        again = self.send(order.store, order.sent, order.request)
        assert (again[0], again[2], again[4]) == (order.order_id, order.total(), True)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def same_request_with_other_content(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        first, *others = order.sent["lines"]
        other = {**order.sent, "lines": [(first[0], first[1] + 1), *others]}
        with pytest.raises(psycopg.errors.CheckViolation) as raised:
            self.send(order.store, other, order.request)
        assert raised.value.diag.constraint_name == "orders_request_is_recorded_once"

    @precondition(lambda self: self.orders)
    @rule(
        data=st.data(), quantity=st.integers(0, 5), to=STORES, is_restocked=st.booleans(), again=st.booleans()
    )
    def give_back(self, data: st.DataObject, quantity: int, to: int, is_restocked: bool, again: bool) -> None:
        order = data.draw(st.sampled_from(self.orders))
        line = data.draw(st.integers(1, len(order.pieces)))
        product = list(order.pieces)[line - 1]
        statement = """
            SELECT * FROM crpm.record_return(%s, %s, %s, %s::numeric, 'changed mind', %s, %s,
                p_received_store_id => %s, p_refund_method => %s)
        """
        method = "cash" if order.paid else None
        asked = [order.store, order.order_id, line, quantity, is_restocked, uuid4(), to, method]
        if order.is_cancelled:
            self.refused("returns_order_is_recorded", "clerk", statement, asked)
            return
        if not 1 <= quantity <= order.pieces[product] - order.returned[product]:
            self.refused("order_lines_returns_are_within_the_quantity", "clerk", statement, asked)
            return
        order.returned[product] += quantity
        share = Decimal(order.returned[product]) / order.pieces[product]
        so_far = sum(
            (amount * share).quantize(CENT, ROUND_HALF_UP)
            for amount in (order.net[product], order.tax(product))
        )
        if not order.paid and so_far > order.refunded[product]:
            self.refused("payments_refund_is_of_what_was_paid", "clerk", statement, [*asked[:-1], "cash"])
        _, refund, _ = self.call("clerk", statement, asked)
        assert refund == so_far - order.refunded[product]
        order.refunded[product] = Decimal(so_far)
        if is_restocked:
            self.levels[to, product] += quantity
        if again:
            assert self.call("clerk", statement, asked)[1] == refund

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        statement = "SELECT crpm.cancel_order(%s, %s, 'wrong till')"
        if order.is_cancelled or any(order.returned.values()):
            rule = (
                "orders_are_cancelled_once" if order.is_cancelled else "orders_with_returns_are_not_cancelled"
            )
            self.refused(rule, "clerk", statement, [order.store, order.order_id])
            return
        self.call("clerk", statement, [order.store, order.order_id])
        order.is_cancelled = True
        for product, quantity in order.pieces.items():
            self.levels[order.store, product] += quantity

    @rule(store=STORES, lines=STOCK_LINES)
    def receive(self, store: int, lines: list[tuple[int, int]]) -> None:
        products, quantities = zip(*lines, strict=True)
        statement = "SELECT crpm.receive_stock(%s, %s::bigint[], %s::numeric[], 'DN')"
        self.call("manager", statement, [store, list(products), list(quantities)])
        for product, quantity in lines:
            self.levels[store, product] += quantity

    @rule(store=STORES, to=STORES, lines=STOCK_LINES)
    def transfer(self, store: int, to: int, lines: list[tuple[int, int]]) -> None:
        products, quantities = zip(*lines, strict=True)
        statement = "SELECT crpm.transfer_stock(%s, %s, %s::bigint[], %s::numeric[], 'T')"
        asked = [store, to, list(products), list(quantities)]
        pieces = {product: sum(q for p, q in lines if p == product) for product in products}
        if store == to:
            self.refused("stock_movements_transfer_goes_elsewhere", "manager", statement, asked)
        elif any(self.levels[store, product] < quantity for product, quantity in pieces.items()):
            self.refused("stock_levels_on_hand_is_not_negative", "manager", statement, asked)
        else:
            self.call("manager", statement, asked)
            for product, quantity in pieces.items():
                self.levels[store, product] -= quantity
                self.levels[to, product] += quantity

    @rule(
        store=STORES, product=PRODUCTS, counted=st.integers(-1, 30), reason=st.sampled_from(["counted", " "])
    )
    def adjust(self, store: int, product: int, counted: int, reason: str) -> None:
        statement = "SELECT crpm.adjust_stock(%s, %s, %s::numeric, %s)"
        asked = [store, product, counted, reason]
        if counted < 0:
            self.refused("stock_movements_quantity_is_whole", "manager", statement, asked)
        elif not reason.strip():
            self.refused("stock_movements_adjustment_has_a_reason", "manager", statement, asked)
        else:
            (difference,) = self.call("manager", statement, asked)
            assert difference == counted - self.levels[store, product]
            self.levels[store, product] = counted

    @rule(store=STORES, product=PRODUCTS, quantity=st.integers(1, 9))
    def clerk_may_not_receive(self, store: int, product: int, quantity: int) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            self.call(
                "clerk",
                "SELECT crpm.receive_stock(%s, ARRAY[%s], ARRAY[%s]::numeric[])",
                [store, product, quantity],
            )

    @rule()
    def sales_are_rolled_up(self) -> None:
        fold_all(self.own)

    @rule(customer=st.sampled_from([ZOE, JOHN, SINA]), country=st.sampled_from(["DE", "FR", None]))
    def customer_moves(self, customer: int, country: str | None) -> None:
        with self.own.connect() as owner:
            owner.execute(
                "UPDATE crpm.customers SET country_code = %s WHERE customer_id = %s", [country, customer]
            )

    @rule(product=PRODUCTS, other=PRODUCTS)
    def product_is_put_beside_another(self, product: int, other: int) -> None:
        with self.own.connect() as owner:
            owner.execute(
                """
                UPDATE crpm.products AS p SET subcategory_id = o.subcategory_id, brand = o.brand
                FROM crpm.products AS o WHERE p.product_id = %s AND o.product_id = %s
                """,
                [product, other],
            )

    @invariant()
    def levels_are_those_of_the_model(self) -> None:
        with self.database.transaction(Actor("test-viewer", ROLES["viewer"])) as c:
            rows = c.execute("SELECT store_id, product_id, on_hand FROM crpm.stock_levels").fetchall()
        levels = {(store, product): on_hand for store, product, on_hand in rows if on_hand}
        assert levels == {place: pieces for place, pieces in self.levels.items() if pieces}

    def teardown(self) -> None:
        """After each sequence: the money is the model's, every check is clean, and figures are what the lines say."""
        with self.own.connect() as owner:
            money = owner.execute(
                """
                SELECT o.order_id, o.total_amount, o.status = 'cancelled',
                    (SELECT coalesce(sum(p.amount), 0) FROM crpm.payments AS p WHERE p.order_id = o.order_id)
                FROM crpm.orders AS o WHERE o.order_id = ANY(%s)
                """,
                [[order.order_id for order in self.orders]],
            ).fetchall()
        assert sorted(money) == sorted(
            (
                order.order_id,
                order.total(),
                order.is_cancelled,
                order.total() - sum(order.refunded.values()) if order.paid and not order.is_cancelled else 0,
            )
            for order in self.orders
        )
        assert differences(self.own) == {}
        with self.own.connect() as owner:
            assert differences_of_figures(owner) == {}


def test_any_sequence_keeps_the_books(shop: OwnDatabase) -> None:
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.tax_rates VALUES (1, 'US', '2020-01-01', %s)", [TAX[BOSTON]])
    Shop.own, Shop.database = shop, Database(shop.app_url, max_size=2)
    try:
        run_state_machine_as_test(Shop, settings=SETTINGS)
    finally:
        Shop.database.close()
    with shop.connect() as owner:
        assert owner.execute(
            """
            SELECT count(DISTINCT m.movement_type), bool_or(o.status = 'cancelled')
            FROM crpm.stock_movements AS m LEFT JOIN crpm.orders AS o USING (order_id)
            """
        ).fetchone() == (6, True)
