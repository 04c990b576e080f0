from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from app.errors import NotFoundError
from app.repositories.orders import OrderFilter, OrdersRepository, PurchaseLine
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import (
    BOSTON,
    HAMBURG,
    JOHN,
    KETTLE,
    KNIFE,
    LAMP,
    ONLINE,
    PATH_LIGHT,
    ZOE,
    on_hand,
)
from tests.trade import trade

TODAY = datetime.now(UTC).date()


def line(product: int, quantity: int, discount: str = "0") -> PurchaseLine:
    return PurchaseLine(product, Decimal(quantity), Decimal(discount))


def test_quote_equals_what_is_recorded(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.tax_rates VALUES (1, 'DE', '2020-01-01', 0.19)")
        owner.execute("UPDATE crpm.stores SET has_tax_inclusive_prices = TRUE WHERE store_id = %s", [HAMBURG])
    lines = [line(LAMP, 3, "1.11"), line(KETTLE, 1), line(PATH_LIGHT, 7, "0.05")]
    with act("clerk") as c:
        orders = OrdersRepository(c)
        quoted = orders.quote(store_id=HAMBURG, lines=lines, order_discount=Decimal("9.99"))
        recorded = orders.record(
            store_id=HAMBURG,
            lines=lines,
            order_discount=Decimal("9.99"),
            request_id=uuid4(),
            payment_method="card",
        )
        bought = orders.lines(store_id=HAMBURG, order_id=recorded.order_id)
        events = orders.events(store_id=HAMBURG, order_id=recorded.order_id)
    assert [row.product_id for row in quoted] == [LAMP, KETTLE, PATH_LIGHT]
    assert [(row.unit_price, row.discount_amount, row.tax_amount, row.line_amount) for row in quoted] == [
        (row.unit_price, row.discount_amount, row.tax_amount, row.line_amount) for row in bought
    ]
    total = sum(row.line_amount + row.tax_amount for row in quoted)
    assert total == recorded.total_amount
    assert [(event.detail, event.amount) for event in events if event.kind == "payment"] == [("card", total)]


def test_quote_tells_the_stock_on_hand_and_records_nothing(act: Act) -> None:
    with act("clerk") as c:
        (quoted,) = OrdersRepository(c).quote(store_id=BOSTON, lines=[line(KETTLE, 500)])
        assert (quoted.on_hand, quoted.line_amount, quoted.currency_code) == (20, Decimal("24950.00"), "USD")
        assert OrdersRepository(c).count(wanted=OrderFilter()) == 0


def test_same_request_again_returns_the_same_order(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        orders = OrdersRepository(c)
        first = orders.record(store_id=BOSTON, lines=[line(KNIFE, 1)], request_id=request)
        again = orders.record(store_id=BOSTON, lines=[line(KNIFE, 1)], request_id=request)
    assert first.order_id == again.order_id
    assert (first.was_recorded_before, again.was_recorded_before) == (False, True)


def test_same_request_with_other_content_is_refused(act: Act) -> None:
    request = uuid4()
    with act("clerk") as c:
        OrdersRepository(c).record(store_id=BOSTON, lines=[line(KNIFE, 1)], request_id=request)
    with pytest.raises(psycopg.errors.CheckViolation, match="already recorded as order"), act("clerk") as c:
        OrdersRepository(c).record(store_id=BOSTON, lines=[line(KNIFE, 2)], request_id=request)


def test_purchase_beyond_the_stock_leaves_nothing_behind(act: Act) -> None:
    refused = pytest.raises(
        psycopg.errors.CheckViolation, match=r"Garden lamp \(LAM-1\): 20 on hand, 21 asked"
    )
    with refused, act("clerk") as c:
        OrdersRepository(c).record(
            store_id=BOSTON, lines=[line(KNIFE, 1), line(LAMP, 21)], request_id=uuid4(), payment_method="cash"
        )
    with act("clerk") as c:
        assert OrdersRepository(c).count(wanted=OrderFilter()) == 0
        assert (on_hand(c, BOSTON, KNIFE), on_hand(c, BOSTON, LAMP)) == (20, 20)


def test_walk_in_pays_in_another_currency_at_the_rate_of_the_day(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        recorded = orders.record(
            store_id=BOSTON,
            lines=[line(KETTLE, 2)],
            currency_code="EUR",
            request_id=uuid4(),
            payment_method="cash",
        )
        order = orders.get(store_id=BOSTON, order_id=recorded.order_id)
        movements = [
            event
            for event in orders.events(store_id=BOSTON, order_id=recorded.order_id)
            if event.kind == "stock"
        ]
        assert (order.customer_id, order.total_amount, order.currency_code) == (None, Decimal("89.82"), "EUR")
        assert (order.exchange_rate, order.rate_date, order.base_amount) == (
            Decimal("0.9"),
            TODAY,
            Decimal("99.80"),
        )
        assert [(event.pieces, event.recorded_by) for event in movements] == [(-2, "test-clerk")]
        assert on_hand(c, BOSTON, KETTLE) == 18


def test_discount_on_all_is_spread_to_the_cent(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        recorded = orders.record(
            store_id=BOSTON,
            lines=[line(KETTLE, 1), line(KNIFE, 1), line(LAMP, 1)],
            order_discount=Decimal("10.00"),
            request_id=uuid4(),
        )
        bought = orders.lines(store_id=BOSTON, order_id=recorded.order_id)
    assert sum(row.discount_amount for row in bought) == Decimal("10.00")
    assert recorded.total_amount == Decimal("153.40")


def test_returns_of_single_pieces_refund_the_line_to_the_last_cent(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        recorded = orders.record(store_id=BOSTON, lines=[line(LAMP, 3, "3.50")], request_id=uuid4())
        refunds = [
            orders.record_return(
                store_id=BOSTON,
                order_id=recorded.order_id,
                line_number=1,
                quantity=Decimal(1),
                reason="broken",
                is_restocked=False,
                request_id=uuid4(),
            ).refund_amount
            for _ in range(3)
        ]
        assert sum(refunds) == recorded.total_amount == Decimal("70.00")
        assert on_hand(c, BOSTON, LAMP) == 17


def test_order_is_cancelled_once(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        order = orders.record(
            store_id=BOSTON, lines=[line(LAMP, 2)], request_id=uuid4(), payment_method="card"
        )
        orders.cancel(store_id=BOSTON, order_id=order.order_id, reason="typed twice")
        paid = [
            event.amount for event in orders.events(store_id=BOSTON, order_id=order.order_id) if event.amount
        ]
        assert sorted(paid) == [-order.total_amount, order.total_amount]
        assert on_hand(c, BOSTON, LAMP) == 20
    with pytest.raises(psycopg.errors.CheckViolation, match="is cancelled already"), act("clerk") as c:
        OrdersRepository(c).cancel(store_id=BOSTON, order_id=order.order_id, reason="again")


def test_deactivated_customer_buys_nothing(act: Act) -> None:
    with act("manager") as c:
        c.execute("UPDATE crpm.customers SET is_active = FALSE WHERE customer_id = %s", [JOHN])
    with pytest.raises(psycopg.errors.CheckViolation, match="John Carter is not active"), act("clerk") as c:
        OrdersRepository(c).record(
            store_id=BOSTON, lines=[line(LAMP, 1)], request_id=uuid4(), customer_id=JOHN
        )


def test_delivery_of_an_unknown_order_is_refused(act: Act) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="There is no such order"), act("clerk") as c:
        OrdersRepository(c).mark_delivered(store_id=999, order_id=1)


def test_free_purchase_needs_no_payment(act: Act) -> None:
    with act("clerk") as c:
        order = OrdersRepository(c).record(
            store_id=BOSTON, lines=[line(LAMP, 1, "24.50")], request_id=uuid4(), payment_method="cash"
        )
    assert order.total_amount == 0


def test_products_are_picked_with_the_price_in_the_currency_asked(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        asked: list[tuple[int | None, str | None]] = [
            (HAMBURG, None),
            (HAMBURG, "USD"),
            (None, None),
            (BOSTON, "CAD"),
        ]
        found = [
            orders.pick_products(text="ket-1", store_id=store, currency_code=currency)[0]
            for store, currency in asked
        ]
    assert [(row.unit_price, row.currency_code) for row in found] == [
        (Decimal("44.91"), "EUR"),
        (Decimal("49.90"), "USD"),
        (Decimal("49.90"), "USD"),
        (None, "CAD"),
    ]


def test_products_are_found_before_they_have_a_price(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("DELETE FROM crpm.product_prices WHERE product_id = %s", [LAMP])
    with act("clerk") as c:
        (lamp,) = OrdersRepository(c).pick_products(text="LAM-1", store_id=BOSTON)
    assert lamp.unit_price is None


def test_customers_are_picked_by_any_part_and_without_accents(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        assert [row.name for row in orders.pick_customers(text="muller")] == ["Zoë Müller"]
        assert [row.name for row in orders.pick_customers(text="john@")] == ["John Carter"]
        assert orders.pick_customers(text="%") == []
        assert len(orders.pick_customers(text="")) == 3


def test_deactivated_customers_and_products_are_not_picked(act: Act) -> None:
    with act("manager") as c:
        c.execute("UPDATE crpm.customers SET is_active = FALSE WHERE customer_id = %s", [JOHN])
        c.execute("UPDATE crpm.products SET is_active = FALSE WHERE product_id = %s", [KETTLE])
        orders = OrdersRepository(c)
        assert orders.pick_customers(text="john") == []
        assert orders.pick_products(text="kettle", store_id=BOSTON) == []


def test_products_are_picked_by_name_sku_or_whole_barcode(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        lamps = orders.pick_products(text="lumo", store_id=BOSTON)
        assert [(row.sku, row.on_hand, row.is_exact) for row in lamps] == [
            ("LAM-1", 20, False),
            ("LAM-2", 0, False),
        ]
        by_sku = orders.pick_products(text="lam-2", store_id=HAMBURG)
        assert [(row.product_id, row.is_exact) for row in by_sku] == [(PATH_LIGHT, True)]
        assert [row.unit_price for row in by_sku] == [Decimal("10.80")]
        by_barcode = orders.pick_products(text="4006381333931", store_id=BOSTON)
        assert [(row.product_id, row.is_exact) for row in by_barcode] == [(KETTLE, True)]
        assert orders.pick_products(text="40063813339", store_id=BOSTON) == []


@pytest.fixture
def traded(shop: OwnDatabase) -> None:
    trade(shop)


@pytest.mark.usefixtures("traded")
def test_orders_are_filtered_by_everything_the_list_offers(act: Act) -> None:
    with act("viewer") as c:
        orders = OrdersRepository(c)

        def numbers(wanted: OrderFilter) -> list[str]:
            rows = orders.search(wanted=wanted, limit=50, offset=0)
            assert orders.count(wanted=wanted) == len(rows)
            return [row.order_number for row in rows]

        everything = numbers(OrderFilter())
        assert len(everything) == 9
        assert len(numbers(OrderFilter(store_id=ONLINE))) == 2
        assert len(numbers(OrderFilter(status="cancelled"))) == 1
        assert len(numbers(OrderFilter(text="zoe mul"))) == 3
        assert numbers(OrderFilter(text="mul zoe")) == []
        assert numbers(OrderFilter(text=everything[0].lower())) == [everything[0]]
        assert numbers(OrderFilter(text="_")) == []
        assert (
            len(numbers(OrderFilter(from_on=TODAY - timedelta(days=20), to_on=TODAY - timedelta(days=5))))
            == 1
        )


@pytest.mark.usefixtures("traded")
def test_orders_are_paged_newest_first_or_oldest_first(act: Act) -> None:
    with act("viewer") as c:
        orders = OrdersRepository(c)
        pages = [orders.search(wanted=OrderFilter(), limit=4, offset=offset) for offset in (0, 4, 8)]
        rows = [row for page in pages for row in page]
        assert [len(page) for page in pages] == [4, 4, 1]
        assert rows == sorted(rows, key=lambda row: (row.order_date, row.order_id), reverse=True)
        oldest = orders.search(wanted=OrderFilter(), sort="order_date", limit=9, offset=0)
        assert oldest == rows[::-1]


@pytest.mark.usefixtures("traded")
def test_orders_are_found_by_customer_and_by_product(act: Act) -> None:
    with act("viewer") as c:
        orders = OrdersRepository(c)
        for wanted, found in (
            (OrderFilter(customer_id=ZOE), {(BOSTON, ZOE), (HAMBURG, ZOE), (ONLINE, ZOE)}),
            (OrderFilter(product_id=KETTLE), {(BOSTON, JOHN), (HAMBURG, ZOE)}),
            (OrderFilter(product_id=KETTLE, customer_id=JOHN), {(BOSTON, JOHN)}),
            (OrderFilter(product_id=PATH_LIGHT), set()),
        ):
            rows = orders.search(wanted=wanted, limit=100, offset=0)
            assert {(row.store_id, row.customer_id) for row in rows} == found
            assert orders.count(wanted=wanted) == len(rows) == len({row.order_key for row in rows})


def test_history_tells_who_did_what_and_through_what(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        order = orders.record(
            store_id=BOSTON, lines=[line(LAMP, 2)], request_id=uuid4(), payment_method="card"
        )
    with act("manager") as c:
        orders = OrdersRepository(c)
        orders.cancel(store_id=BOSTON, order_id=order.order_id, reason="typed twice")
        events = orders.events(store_id=BOSTON, order_id=order.order_id)
    told = [(event.kind, event.pieces, event.amount, event.recorded_by, event.channel) for event in events]
    assert told == [
        ("cancelled", None, None, "test-manager", "app"),
        ("refund", None, -order.total_amount, "test-manager", "app"),
        ("stock", 2, None, "test-manager", "app"),
        ("payment", None, order.total_amount, "test-clerk", "app"),
        ("stock", -2, None, "test-clerk", "app"),
        ("recorded", None, None, "test-clerk", "app"),
    ]
    assert events[0].detail == "typed twice"


@pytest.mark.usefixtures("traded")
def test_order_shows_its_customer_lines_returns_and_movements(act: Act) -> None:
    with act("viewer") as c:
        orders = OrdersRepository(c)
        found = orders.search(wanted=OrderFilter(store_id=HAMBURG), limit=5, offset=0)[0]
        order = orders.get(store_id=found.store_id, order_id=found.order_id)
        lines = orders.lines(store_id=found.store_id, order_id=found.order_id)
        kinds = [event.kind for event in orders.events(store_id=found.store_id, order_id=found.order_id)]
    assert (order.customer_id, order.currency_code, order.exchange_rate) == (ZOE, "EUR", Decimal("0.9"))
    assert [(row.sku, row.quantity, row.returned_quantity) for row in lines] == [
        ("KET-1", 1, 0),
        ("KNI-1", 2, 1),
    ]
    assert sorted(kinds) == ["recorded", "return", "stock", "stock", "stock"]


def test_unknown_order_is_not_found(act: Act) -> None:
    with act("viewer") as c, pytest.raises(NotFoundError):
        OrdersRepository(c).get(store_id=BOSTON, order_id=999)


def test_return_cancel_and_delivery_go_through_the_rules(act: Act) -> None:
    with act("clerk") as c:
        orders = OrdersRepository(c)
        order = orders.record(
            store_id=ONLINE, lines=[line(LAMP, 2)], request_id=uuid4(), payment_method="card"
        )
        orders.mark_delivered(store_id=ONLINE, order_id=order.order_id)
        back = orders.record_return(
            store_id=ONLINE,
            order_id=order.order_id,
            line_number=1,
            quantity=Decimal(1),
            reason="too bright",
            is_restocked=True,
            request_id=uuid4(),
            refund_method="card",
        )
        assert (back.refund_amount, back.currency_code) == (Decimal("24.50"), "USD")
        assert orders.get(store_id=ONLINE, order_id=order.order_id).delivered_on == TODAY
        other = orders.record(store_id=ONLINE, lines=[line(LAMP, 1)], request_id=uuid4())
        orders.cancel(store_id=ONLINE, order_id=other.order_id, reason="typed twice")
        assert orders.get(store_id=ONLINE, order_id=other.order_id).status == "cancelled"
        for order_id, kind, detail in (
            (order.order_id, "delivered", f"on {TODAY}"),
            (other.order_id, "cancelled", "typed twice"),
        ):
            events = orders.events(store_id=ONLINE, order_id=order_id)
            assert [
                (event.detail, event.recorded_by, event.channel) for event in events if event.kind == kind
            ] == [(detail, "test-clerk", "app")]


def test_delivery_before_the_order_is_refused(act: Act) -> None:
    with act("clerk") as c:
        order = OrdersRepository(c).record(store_id=ONLINE, lines=[line(LAMP, 1)], request_id=uuid4())
    with pytest.raises(psycopg.errors.CheckViolation), act("clerk") as c:
        OrdersRepository(c).mark_delivered(
            store_id=ONLINE, order_id=order.order_id, delivered_on=TODAY - timedelta(days=1)
        )
