import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db.errors import NotTheOwnerError, SchemaMissingError
from db.sqlfiles import QUERIES
from db.verify import CHECKS, SHOWN_DIFFERENCES, verify
from tests.conftest import OwnDatabase, clone, database_of_its_own
from tests.random_trade import fold_all
from tests.rules.books import differences, fill

PROJECT = Path(__file__).parents[2]
FOLD = "SELECT crpm.fold_sales() FROM generate_series(1, 9)"
# What an owner can do to the books who switches the triggers off, and the checks that tell: the meant one first.
DAMAGES = {
    "a level counts a piece too many": (
        "UPDATE crpm.stock_levels SET on_hand = on_hand + 1 WHERE (store_id, product_id) = (2, 1)",
        ["levels_equal_the_ledger"],
    ),
    "a level is gone": (
        "DELETE FROM crpm.stock_levels WHERE (store_id, product_id) = (2, 1)",
        ["levels_equal_the_ledger"],
    ),
    "a level has no ledger": (
        "INSERT INTO crpm.stock_levels VALUES (2, 99, 5)",
        ["levels_equal_the_ledger"],
    ),
    "a receipt is gone": (
        "DELETE FROM crpm.stock_movements WHERE movement_type = 'receipt' AND product_id = 4",
        ["levels_equal_the_ledger"],
    ),
    "a level is below zero, as the ledger says": (
        """
        ALTER DOMAIN crpm.pieces_on_hand DROP CONSTRAINT stock_levels_on_hand_is_not_negative;
        UPDATE crpm.stock_levels SET on_hand = -1 WHERE (store_id, product_id) = (3, 4);
        UPDATE crpm.stock_movements SET quantity = -1 WHERE (store_id, product_id) = (3, 4)
        """,
        ["levels_are_not_negative"],
    ),
    "a sale took nothing": (
        """
        DELETE FROM crpm.stock_movements WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3;
        UPDATE crpm.stock_levels SET on_hand = on_hand + 2 WHERE (store_id, product_id) = (1, 3)
        """,
        ["sold_lines_took_their_stock"],
    ),
    "a sale took its pieces twice": (
        """
        INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number)
        SELECT store_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number
        FROM crpm.stock_movements WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 2 WHERE (store_id, product_id) = (1, 3)
        """,
        ["sold_lines_took_their_stock"],
    ),
    "a sale took another product": (
        """
        UPDATE crpm.stock_movements SET product_id = 4 WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3;
        UPDATE crpm.stock_levels SET on_hand = on_hand + 2 WHERE (store_id, product_id) = (1, 3);
        UPDATE crpm.stock_levels SET on_hand = on_hand - 2 WHERE (store_id, product_id) = (1, 4)
        """,
        ["sold_lines_took_their_stock"],
    ),
    "a sale took its pieces on another day": (
        "UPDATE crpm.stock_movements SET occurred_on = occurred_on - 1 WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3",
        ["sold_lines_took_their_stock"],
    ),
    "a sale of the ledger names a line that there is not": (
        "UPDATE crpm.stock_movements SET order_id = 999 WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3",
        ["sold_lines_took_their_stock"],
    ),
    "a cancelled order kept its pieces": (
        """
        DELETE FROM crpm.stock_movements WHERE movement_type = 'sale' AND order_id = 101 AND quantity > 0;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 1 WHERE (store_id, product_id) = (2, 2)
        """,
        ["cancelled_lines_gave_back_their_stock"],
    ),
    "a cancelled order gave its pieces back twice": (
        """
        INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number)
        SELECT store_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number
        FROM crpm.stock_movements WHERE movement_type = 'sale' AND order_id = 101 AND quantity > 0;
        UPDATE crpm.stock_levels SET on_hand = on_hand + 1 WHERE (store_id, product_id) = (2, 2)
        """,
        ["cancelled_lines_gave_back_their_stock"],
    ),
    "an order gave its pieces back without being cancelled": (
        """
        UPDATE crpm.orders SET status = 'recorded', cancelled_at = NULL, cancelled_by = NULL, cancel_channel = NULL,
            cancel_reason = NULL
        WHERE order_id = 101
        """,
        ["cancelled_lines_gave_back_their_stock"],
    ),
    "a restocked return reached no shelf": (
        """
        DELETE FROM crpm.stock_movements WHERE movement_type = 'return' AND order_id = 100;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 1 WHERE (store_id, product_id) = (1, 1)
        """,
        ["restocked_returns_reached_the_shelf"],
    ),
    "a return reached the shelf of another store": (
        """
        UPDATE crpm.stock_movements SET store_id = 2 WHERE movement_type = 'return' AND order_id = 100;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 1 WHERE (store_id, product_id) = (1, 1);
        UPDATE crpm.stock_levels SET on_hand = on_hand + 1 WHERE (store_id, product_id) = (2, 1)
        """,
        ["restocked_returns_reached_the_shelf"],
    ),
    "a return that was not restocked counts as restocked": (
        "UPDATE crpm.returns SET is_restocked = TRUE WHERE order_id = 100",
        ["restocked_returns_reached_the_shelf"],
    ),
    "a transfer arrives with a piece less": (
        """
        UPDATE crpm.stock_movements SET quantity = 3 WHERE movement_type = 'transfer' AND quantity = 4;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 1 WHERE (store_id, product_id) = (2, 2)
        """,
        ["transfers_balance"],
    ),
    "a transfer never left": (
        """
        UPDATE crpm.stock_movements SET store_id = 2 WHERE movement_type = 'transfer' AND quantity = -4;
        UPDATE crpm.stock_levels SET on_hand = on_hand - 4 WHERE (store_id, product_id) = (2, 2);
        UPDATE crpm.stock_levels SET on_hand = on_hand + 4 WHERE (store_id, product_id) = (1, 2)
        """,
        ["transfers_balance"],
    ),
    "a product was opened twice": (
        "UPDATE crpm.stock_movements SET movement_type = 'opening' WHERE movement_type = 'receipt' AND product_id = 1",
        ["openings_are_counted_once"],
    ),
    "an order's amounts are not those of its lines": (
        "UPDATE crpm.orders SET net_amount = net_amount + 1, total_amount = total_amount + 1 WHERE order_id = 1",
        ["orders_equal_their_lines"],
    ),
    "an order's tax is not that of its lines": (
        "UPDATE crpm.orders SET tax_amount = tax_amount + 1, total_amount = total_amount + 1 WHERE order_id = 1",
        ["orders_equal_their_lines"],
    ),
    "an order's base amount is not that of its lines": (
        "UPDATE crpm.orders SET base_amount = base_amount + 1 WHERE order_id = 1",
        ["orders_equal_their_lines"],
    ),
    "an order's total is not net plus tax": (
        """
        ALTER TABLE crpm.orders DROP CONSTRAINT orders_total_is_net_plus_tax;
        UPDATE crpm.orders SET total_amount = total_amount + 1 WHERE order_id = 1
        """,
        ["orders_equal_their_lines"],
    ),
    "an order has no lines": (
        """
        INSERT INTO crpm.orders (store_id, order_id, order_number, ordered_at, order_date, currency_code, exchange_rate, rate_date,
            net_amount, total_amount, base_amount, request_id, request_hash)
        OVERRIDING SYSTEM VALUE
        VALUES (1, 999, 'S1-999', now(), current_date, 'USD', 1, current_date, 0, 0, 0, gen_random_uuid(), 'x')
        """,
        ["orders_equal_their_lines"],
    ),
    "an order is gone": (
        "DELETE FROM crpm.orders WHERE order_id = 2",
        ["orders_equal_their_lines", "sold_lines_took_their_stock"],
    ),
    "a line charges more than its price": (
        """
        UPDATE crpm.order_lines SET line_amount = line_amount + 5 WHERE (order_id, line_number) = (100, 2);
        UPDATE crpm.order_lines SET line_amount = line_amount - 5 WHERE (order_id, line_number) = (100, 1)
        """,
        [
            "lines_charge_price_less_discount",
            "lines_are_worth_their_share_in_base",
            "refunds_are_their_share",
        ],
    ),
    "a line's tax is not at its rate": (
        "UPDATE crpm.order_lines SET tax_rate = 0.07 WHERE (order_id, line_number) = (100, 2)",
        ["lines_charge_price_less_discount"],
    ),
    "a line's discount was not given": (
        "UPDATE crpm.order_lines SET discount_amount = 1 WHERE order_id = 1 AND line_number = 1",
        ["lines_charge_price_less_discount"],
    ),
    "a line is worth another share in base": (
        "UPDATE crpm.order_lines SET base_unit_price = base_unit_price * 2 WHERE (order_id, line_number) = (100, 2)",
        ["lines_are_worth_their_share_in_base"],
    ),
    "an imported line is worth something else in base": (
        "UPDATE crpm.order_lines SET base_unit_price = base_unit_price * 2 WHERE load_file_id IS NOT NULL",
        ["lines_are_worth_their_share_in_base"],
    ),
    "a line counts a return that there is not": (
        "UPDATE crpm.order_lines SET returned_quantity = 1 WHERE (order_id, line_number) = (100, 2)",
        ["returns_are_counted_on_their_line"],
    ),
    "a return was not counted": (
        "UPDATE crpm.order_lines SET returned_quantity = 1 WHERE (order_id, line_number) = (100, 1)",
        ["returns_are_counted_on_their_line"],
    ),
    "more came back than was bought": (
        """
        ALTER TABLE crpm.order_lines DROP CONSTRAINT order_lines_returns_are_within_the_quantity;
        UPDATE crpm.order_lines SET returned_quantity = 4 WHERE (order_id, line_number) = (100, 1);
        UPDATE crpm.returns SET quantity = 3 WHERE order_id = 100 AND NOT is_restocked
        """,
        ["returns_are_counted_on_their_line", "refunds_are_their_share"],
    ),
    "a cancelled order has a return": (
        """
        INSERT INTO crpm.returns (store_id, order_id, line_number, return_number, quantity, returned_on, received_store_id,
            is_restocked, reason, line_amount, tax_amount, base_amount)
        SELECT store_id, order_id, line_number, 1, quantity, current_date, store_id, FALSE, 'x', line_amount, tax_amount, base_amount
        FROM crpm.order_lines WHERE order_id = 101;
        UPDATE crpm.order_lines SET returned_quantity = quantity WHERE order_id = 101
        """,
        ["returns_are_counted_on_their_line"],
    ),
    "a return names a line that there is not": (
        "UPDATE crpm.returns SET line_number = 7 WHERE order_id = 100 AND NOT is_restocked",
        ["returns_are_counted_on_their_line"],
    ),
    "a refund is not the share that came back": (
        "UPDATE crpm.returns SET base_amount = base_amount + 1 WHERE order_id = 100 AND is_restocked",
        ["refunds_are_their_share"],
    ),
    "a payment is too high": (
        "UPDATE crpm.payments SET amount = amount + 1 WHERE order_id = 100 AND amount > 0",
        ["payments_add_up"],
    ),
    "a refund was paid twice": (
        """
        INSERT INTO crpm.payments (store_id, order_id, payment_number, method, amount, recorded_at)
        SELECT store_id, order_id, 9, method, amount, recorded_at
        FROM crpm.payments WHERE order_id = 100 AND amount < 0 ORDER BY payment_number LIMIT 1
        """,
        ["payments_add_up"],
    ),
    "something was paid back that no return refunds": (
        "INSERT INTO crpm.payments VALUES (2, 1, 1, 'cash', -5)",
        ["payments_add_up"],
    ),
    "a payment is for no order": (
        "UPDATE crpm.payments SET order_id = 999 WHERE order_id = 100",
        ["payments_add_up"],
    ),
    "a cancelled order was paid back by another method": (
        "UPDATE crpm.payments SET method = 'voucher' WHERE order_id = 101 AND amount < 0 AND method = 'card'",
        ["cancelled_orders_are_paid_back"],
    ),
    "a request was recorded as two orders": (
        """
        ALTER TABLE crpm.orders DROP CONSTRAINT orders_request_is_recorded_once;
        UPDATE crpm.orders SET request_id = (SELECT o.request_id FROM crpm.orders AS o WHERE o.order_id = 1) WHERE order_id = 2
        """,
        ["requests_are_recorded_once"],
    ),
    "a request was recorded as two returns": (
        """
        ALTER TABLE crpm.returns DROP CONSTRAINT returns_request_is_recorded_once;
        UPDATE crpm.returns SET request_id = '00000000-0000-0000-0000-000000000001' WHERE order_id = 100
        """,
        ["requests_are_recorded_once"],
    ),
    "an order has no request": (
        "UPDATE crpm.orders SET request_id = NULL WHERE order_id = 1",
        ["orders_come_from_the_till_or_a_load"],
    ),
    "an order bears another's number": (
        "UPDATE crpm.orders SET order_number = 'S9-9' WHERE order_id = 1",
        ["orders_come_from_the_till_or_a_load"],
    ),
    "an imported order has a request": (
        "UPDATE crpm.orders SET request_id = gen_random_uuid() WHERE load_file_id IS NOT NULL",
        ["orders_come_from_the_till_or_a_load"],
    ),
    "a line of the till moved no stock": (
        """
        UPDATE crpm.order_lines SET moves_stock = FALSE WHERE (order_id, line_number) = (100, 2);
        DELETE FROM crpm.stock_movements WHERE movement_type = 'sale' AND order_id = 100 AND product_id = 3;
        UPDATE crpm.stock_levels SET on_hand = on_hand + 2 WHERE (store_id, product_id) = (1, 3)
        """,
        ["imported_lines_move_no_stock"],
    ),
    "the base currency has another rate": (
        "INSERT INTO crpm.exchange_rates VALUES ('USD', current_date, 1.1)",
        ["base_currency_has_rate_one"],
    ),
    "an order in base currency has another rate": (
        "UPDATE crpm.orders SET exchange_rate = 1.1 WHERE order_id = 1",
        ["base_currency_has_rate_one"],
    ),
    "an amount has a fraction of a cent": (
        """
        UPDATE crpm.order_lines SET unit_price = unit_price + 0.001, line_amount = line_amount + 0.001
        WHERE (store_id, product_id, quantity) = (2, 2, 2);
        UPDATE crpm.orders AS o SET net_amount = o.net_amount + 0.001, total_amount = o.total_amount + 0.001
        FROM crpm.order_lines AS l
        WHERE (l.store_id, l.product_id, l.quantity) = (2, 2, 2) AND (o.store_id, o.order_id) = (l.store_id, l.order_id)
        """,
        ["amounts_are_whole_minor_units", "lines_charge_price_less_discount"],
    ),
    "a merged customer counts with another": (
        "UPDATE crpm.customers SET merged_into_customer_id = 1 WHERE customer_id = 3",
        ["merged_customers_count_with_the_one_kept"],
    ),
    "a merged customer counts alone": (
        "UPDATE crpm.customers SET merged_into_customer_id = NULL WHERE customer_id = 3",
        ["merged_customers_count_with_the_one_kept"],
    ),
    "a customer is merged without a trace": (
        "DELETE FROM crpm.customer_merges",
        ["merged_customers_count_with_the_one_kept"],
    ),
    "a change of somebody anonymised names the person": (
        """
        UPDATE crpm.audit_log SET old_values = old_values || '{"name": "John Carter"}'
        WHERE table_name = 'customers' AND old_values ? 'anonymised_at'
        """,
        ["nothing_is_kept_of_anonymised_customers"],
    ),
    "a row of a file is unaccounted for": (
        """
        ALTER TABLE crpm.load_files DROP CONSTRAINT load_files_rows_add_up;
        UPDATE crpm.load_files SET rows_read = rows_read + 1 WHERE target = 'customers'
        """,
        ["loads_account_for_every_row"],
    ),
    "a rejected row is gone": (
        "DELETE FROM crpm.rejects",
        ["loads_account_for_every_row"],
    ),
    "a loaded line belongs to no load": (
        "UPDATE crpm.load_files SET rows_loaded = rows_loaded + 1, rows_read = rows_read + 1 WHERE target = 'sales'",
        ["loads_account_for_every_row"],
    ),
    "a load has more money than its lines": (
        "UPDATE crpm.loads SET money_loaded = money_loaded + 1, money_read = money_read + 1",
        ["loads_account_for_their_money"],
    ),
    "the money of a load does not add up": (
        """
        ALTER TABLE crpm.loads DROP CONSTRAINT loads_money_adds_up;
        UPDATE crpm.loads SET money_read = money_read + 1
        """,
        ["loads_account_for_their_money"],
    ),
    "a day that is rolled up has sold more": (
        f"{FOLD}; UPDATE crpm.sales_by_day SET revenue = revenue + 1 WHERE sold_on = (SELECT max(sold_on) FROM crpm.sales_by_day)",
        ["rolled_up_days_equal_their_sales"],
    ),
    "a customer's day is rolled up twice": (
        f"{FOLD}; INSERT INTO crpm.sales_by_customer SELECT * FROM crpm.sales_by_customer LIMIT 1",
        ["rolled_up_customers_equal_their_sales"],
    ),
    "a product's month costs another sum": (
        f"{FOLD}; UPDATE crpm.sales_by_month SET cost = cost + 0.01",
        ["rolled_up_products_equal_their_sales"],
    ),
    "a month is thought to end sooner": (
        f"{FOLD}; UPDATE crpm.folded_months SET last_sold_on = last_sold_on - 1",
        ["rolled_up_products_equal_their_sales"],
    ),
    "an order is counted twice for its category": (
        f"{FOLD}; UPDATE crpm.sales_by_month SET orders_of_category = orders_of_category + 1 WHERE kind = 'sale'",
        ["rolled_up_orders_are_counted_once"],
    ),
    "a changed day is forgotten": (
        "DELETE FROM crpm.changed_days",
        [
            "rolled_up_days_equal_their_sales",
            "rolled_up_customers_equal_their_sales",
            "rolled_up_products_equal_their_sales",
        ],
    ),
    "a trigger is switched off": (
        "ALTER TABLE crpm.stock_movements DISABLE TRIGGER tg_stock_movements__apply_to_level",
        ["rules_are_in_force"],
    ),
    "a constraint was not checked": (
        "ALTER TABLE crpm.stock_levels ADD CONSTRAINT is_never_too_much CHECK (on_hand < 1000000) NOT VALID",
        ["rules_are_in_force"],
    ),
    "a load left something behind": (
        "INSERT INTO staging.fields VALUES (1, 'sku', 'SKU')",
        ["staging_is_empty"],
    ),
}


@pytest.fixture(scope="module")
def books(server: str, shop_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDatabase]:
    with clone(server, shop_template) as own:
        fill(own, tmp_path_factory.mktemp("files"))
        yield own


def name_of(own: OwnDatabase) -> str:
    return psycopg.conninfo.conninfo_to_dict(own.owner_url)["dbname"]


def run_verify(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "db", "verify", *arguments],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_books_in_which_everything_occurs_are_clean(server: str, books: OwnDatabase) -> None:
    assert differences(books) == {}
    with clone(server, name_of(books)) as folded:
        fold_all(folded)
        results = list(verify(folded.owner_url))
    assert {result.check: result.examples for result in results if result.differences} == {}
    assert [result.check for result in results if not result.rows] == []


def test_empty_database_is_clean(empty: OwnDatabase) -> None:
    assert differences(empty) == {}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told(server: str, books: OwnDatabase, damage: str) -> None:
    statements, named = DAMAGES[damage]
    with clone(server, name_of(books)) as own:
        with own.connect() as owner:
            owner.execute("SET session_replication_role = replica")
            done = [owner.execute(statement).rowcount for statement in statements.split(";")]
        assert 0 not in done
        assert set(differences(own)) == set(named)


def test_every_check_can_be_tripped_and_has_its_file() -> None:
    assert {named[0] for _, named in DAMAGES.values()} == set(CHECKS)
    assert sorted(path.stem for path in (QUERIES / "verify").glob("*.sql")) == sorted(CHECKS)


def test_command_prints_what_it_checked(books: OwnDatabase) -> None:
    done = run_verify(books.owner_url)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(lines[0].split()) == (
        "ok 14 rows levels_equal_the_ledger: The level of each store and product is the sum of its ledger."
    )
    assert len(lines) == len(CHECKS) + 1
    assert lines[-1].startswith(f"All {len(CHECKS)} checks are clean: ")


def test_command_shows_the_first_differences_and_fails(server: str, books: OwnDatabase) -> None:
    with clone(server, name_of(books)) as own:
        with own.connect() as owner:
            owner.execute("UPDATE crpm.stock_levels SET on_hand = on_hand + 1000")
        done = run_verify(own.owner_url)
        as_json = run_verify(own.owner_url, "--json")
    shown = [line.strip() for line in done.stdout.splitlines() if "on_hand" in line]
    assert done.returncode == 1
    assert len(shown) == SHOWN_DIFFERENCES
    assert shown[0].startswith("store_id ")
    assert "and 9 more" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"1 of {len(CHECKS)} checks found differences in ")
    told = json.loads(as_json.stdout)
    assert (as_json.returncode, told["is_clean"]) == (1, False)
    first, *others = told["checks"]
    assert (first["check"], first["rows"], first["differences"]) == ("levels_equal_the_ledger", 14, 14)
    assert first["examples"][0]["on_hand"] == int(first["examples"][0]["ledger"]) + 1000
    assert {other["differences"] for other in others} == {0}


def test_verifying_needs_the_owner_and_a_schema(server: str, shop: OwnDatabase) -> None:
    with pytest.raises(NotTheOwnerError, match="may not act as crpm_owner"):
        list(verify(shop.app_url))
    with database_of_its_own(server) as name, pytest.raises(SchemaMissingError):
        list(verify(psycopg.conninfo.make_conninfo(server, dbname=name)))
    done = run_verify(shop.app_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: The login of DATABASE_URL may not act as crpm_owner")
