from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, JOHN, KETTLE, LAMP, buy, ledger_differences, on_hand

WRITES = [
    "INSERT INTO crpm.stock_levels VALUES (1, 1, 5)",
    "UPDATE crpm.stock_levels SET on_hand = 1000",
    "DELETE FROM crpm.stock_levels",
    "TRUNCATE crpm.stock_levels",
    "INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on) VALUES (1, 1, 'receipt', 5, current_date)",
    "UPDATE crpm.stock_movements SET quantity = 1000",
    "DELETE FROM crpm.stock_movements",
    "TRUNCATE crpm.stock_movements",
    "INSERT INTO crpm.order_lines (store_id, order_id, line_number, product_id, quantity, unit_price, line_amount, base_unit_price, base_unit_cost, base_amount) VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    "UPDATE crpm.order_lines SET unit_price = 0",
    "DELETE FROM crpm.order_lines",
    "TRUNCATE crpm.order_lines CASCADE",
    "UPDATE crpm.orders SET total_amount = 0",
    "DELETE FROM crpm.orders",
    "TRUNCATE crpm.orders CASCADE",
    "UPDATE crpm.payments SET amount = 1",
    "DELETE FROM crpm.returns",
    "DELETE FROM crpm.audit_log",
    "UPDATE crpm.count_sheets SET typed_at = NULL",
    "UPDATE crpm.count_sheet_lines SET counted = 0",
    "INSERT INTO crpm.daily_closes (store_id, business_day, version) VALUES (1, current_date, 1)",
    "UPDATE crpm.daily_close_lines SET counted = 0",
    "DELETE FROM crpm.daily_close_totals",
    "UPDATE crpm.product_prices SET unit_price = 1",
    "DELETE FROM crpm.product_prices",
    "ALTER TABLE crpm.stock_movements DISABLE TRIGGER ALL",
    "DROP TRIGGER tg_stock_movements__apply_to_level ON crpm.stock_movements",
    "SET ROLE crpm_owner",
]


@pytest.mark.parametrize("role", ["viewer", "clerk", "manager", "admin"])
@pytest.mark.parametrize("write", WRITES)
def test_no_role_writes_orders_stock_or_prices_by_hand(act_of_module: Act, role: str, write: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act_of_module(role) as c:
        # The app's login is a member of no owner; a superuser's session would be, and proves nothing here.
        c.execute(write)


def test_even_the_owner_cannot_change_a_recorded_line(shop: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 1))
    with shop.connect() as c:
        for statement, rule in (
            ("UPDATE crpm.order_lines SET unit_price = 0", "order_lines_are_never_changed"),
            ("UPDATE crpm.orders SET total_amount = 0, net_amount = 0", "orders_are_never_changed"),
            ("UPDATE crpm.stock_movements SET quantity = 9", "ledger_is_append_only"),
        ):
            with pytest.raises(psycopg.errors.CheckViolation) as raised:
                c.execute(statement)
            assert raised.value.diag.constraint_name == rule


def test_price_change_leaves_recorded_revenue_alone(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 1))
    with act("manager") as c:
        c.execute(
            "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (%s, 'USD', 99)",
            [KETTLE],
        )
    with act("clerk") as c:
        buy(c, (KETTLE, 1))
        assert [row[0] for row in c.execute("SELECT unit_price FROM crpm.order_lines ORDER BY order_id")] == [
            Decimal("49.90"),
            99,
        ]


def test_customer_with_purchases_cannot_be_deleted(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 1), p_customer_id=JOHN)
    with pytest.raises(psycopg.IntegrityError) as raised, act("manager") as c:
        c.execute("DELETE FROM crpm.customers WHERE customer_id = %s", [JOHN])
    assert raised.value.diag.constraint_name == "orders_customer_id_fkey"


def test_base_currency_is_fixed_once_there_is_an_order(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 1))
    with pytest.raises(psycopg.errors.CheckViolation) as raised, act("admin") as c:
        c.execute("UPDATE crpm.settings SET base_currency_code = 'EUR'")
    assert raised.value.diag.constraint_name == "settings_base_currency_is_fixed"


def test_level_equals_ledger_after_everything_that_moves_stock(shop: OwnDatabase, act: Act) -> None:
    with act("clerk") as c:
        first = buy(c, (KETTLE, 3), (LAMP, 2))
        second = buy(c, (KETTLE, 1))
        c.execute(
            "SELECT crpm.record_return(%s, %s, 1, 2, 'too loud', TRUE, %s)", [BOSTON, first[0], uuid4()]
        )
        c.execute("SELECT crpm.cancel_order(%s, %s, 'typed twice')", [BOSTON, second[0]])
    with act("manager") as c:
        c.execute("SELECT crpm.receive_stock(%s, ARRAY[1, 4], ARRAY[10, 6]::numeric[], 'DN-7')", [BOSTON])
        c.execute("SELECT crpm.adjust_stock(%s, %s, 7, 'counted')", [BOSTON, LAMP])
        c.execute("SELECT crpm.transfer_stock(1, %s, ARRAY[2], ARRAY[4]::numeric[], 'T-1')", [BOSTON])
    with shop.connect() as c:
        assert ledger_differences(c) == []
        assert [on_hand(c, BOSTON, product) for product in (1, 2, 3, 4)] == [29, 24, 7, 6]
