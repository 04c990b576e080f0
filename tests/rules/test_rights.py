import psycopg
import pytest

from tests.conftest import Act

REFUSED = [
    ("viewer", "INSERT INTO crpm.customers (name) VALUES ('X')"),
    ("viewer", "SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())"),
    ("viewer", "SELECT note FROM crpm.parked_purchases"),
    ("viewer", "SELECT crpm.park_purchase(2, gen_random_uuid(), gen_random_uuid(), '{}')"),
    ("viewer", "SELECT crpm.take_up_purchase(2, gen_random_uuid(), gen_random_uuid())"),
    ("viewer", "SELECT crpm.discard_parked_purchase(2, gen_random_uuid(), gen_random_uuid())"),
    ("admin", "DELETE FROM crpm.parked_purchases"),
    ("clerk", "SELECT base_unit_cost FROM crpm.order_lines"),
    ("clerk", "SELECT unit_cost FROM crpm.product_costs"),
    ("clerk", "SELECT cost FROM analytics.profits"),
    ("clerk", "UPDATE crpm.products SET name = 'X'"),
    ("clerk", "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (1, 'USD', 1)"),
    ("clerk", "SELECT crpm.adjust_stock(1, 1, 5, 'x')"),
    ("clerk", "SELECT crpm.receive_stock(1, ARRAY[1], ARRAY[1]::numeric[])"),
    ("clerk", "SELECT crpm.make_count_sheet(1)"),
    ("clerk", "SELECT crpm.record_count(1, ARRAY[1], ARRAY[1]::numeric[])"),
    ("clerk", "SELECT stock_value FROM analytics.stock_value_on(NULL)"),
    ("viewer", "SELECT crpm.close_day(1, current_date, '{}', '{}', '{}', '{}')"),
    ("admin", "DELETE FROM crpm.daily_closes"),
    ("clerk", "INSERT INTO crpm.loads (source_system, folder) VALUES ('x', 'x')"),
    ("clerk", "DELETE FROM crpm.customers"),
    ("clerk", "SELECT crpm.merge_customers(1, 2)"),
    ("clerk", "SELECT crpm.take_back_merge(1)"),
    ("clerk", "SELECT crpm.anonymise_customer(1, 'Zoë Müller')"),
    ("manager", "UPDATE crpm.customers SET merged_into_customer_id = 1 WHERE customer_id = 2"),
    ("manager", "UPDATE crpm.customers SET anonymised_at = now() WHERE customer_id = 2"),
    ("admin", "UPDATE crpm.customer_merges SET taken_back_by = 'x'"),
    ("clerk", "SELECT * FROM crpm.audit_log"),
    ("manager", "UPDATE crpm.settings SET company_name = 'X'"),
    ("manager", "SELECT crpm.remove_demo_data()"),
    ("manager", "SELECT user_name FROM crpm.users"),
    ("admin", "SELECT password_hash FROM crpm.users"),
    ("admin", "SELECT * FROM crpm.sessions"),
    ("admin", "CREATE TABLE crpm.mine (x integer)"),
]
ALLOWED = [
    ("viewer", "SELECT name FROM crpm.customers LIMIT 1"),
    ("viewer", "SELECT revenue FROM analytics.headline"),
    ("clerk", "INSERT INTO crpm.customers (name) VALUES ('X')"),
    ("clerk", "SELECT crpm.record_purchase(2, ARRAY[1], ARRAY[1]::numeric[], gen_random_uuid())"),
    ("clerk", "SELECT note FROM crpm.parked_purchases"),
    ("clerk", "SELECT crpm.discard_parked_purchase(2, gen_random_uuid(), gen_random_uuid())"),
    ("viewer", "SELECT days_of_cover FROM analytics.reorder"),
    ("viewer", "SELECT on_hand FROM analytics.stock_on(current_date)"),
    ("clerk", "SELECT crpm.close_day(1, current_date, '{}', '{}', '{}', '{}')"),
    ("manager", "SELECT crpm.make_count_sheet(1)"),
    ("manager", "SELECT stock_value FROM analytics.stock_value_on(NULL)"),
    ("manager", "SELECT gross_profit FROM analytics.headline_profit"),
    ("manager", "SELECT crpm.adjust_stock(1, 1, 5, 'counted')"),
    ("manager", "UPDATE crpm.products SET name = 'X' WHERE product_id = 1"),
    ("admin", "UPDATE crpm.settings SET company_name = 'X'"),
    ("admin", "SELECT user_name FROM crpm.users"),
]


@pytest.mark.parametrize(("role", "statement"), REFUSED)
def test_the_database_refuses_what_a_role_may_not_do(act_of_module: Act, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act_of_module(role) as c:
        c.execute(statement)


@pytest.mark.parametrize(("role", "statement"), ALLOWED)
def test_the_database_allows_what_a_role_is_for(act_of_module: Act, role: str, statement: str) -> None:
    with act_of_module(role) as c:
        c.execute(statement)


def test_what_is_done_carries_the_name_of_who_did_it(act: Act) -> None:
    with act("clerk") as c:
        c.execute("UPDATE crpm.customers SET city = 'Kiel' WHERE customer_id = 1")
    with act("manager") as c:
        row = c.execute(
            "SELECT changed_by, channel, old_values, new_values FROM crpm.audit_log WHERE table_name = 'customers' ORDER BY audit_id DESC"
        ).fetchone()
    assert row == ("test-clerk", "app", {"city": "Hamburg"}, {"city": "Kiel"})
