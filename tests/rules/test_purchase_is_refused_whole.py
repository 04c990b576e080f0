from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import HAMBURG, JOHN, KETTLE, LAMP, buy

TODAY = datetime.now(UTC).date()


def refused(act: Act, rule: str, *lines: Any, role: str = "clerk", **more: Any) -> str:
    with pytest.raises(psycopg.errors.CheckViolation) as raised, act(role) as c:
        buy(c, *lines, **more)
    assert raised.value.diag.constraint_name == rule
    with act(role) as c:
        assert c.execute("SELECT count(*) FROM crpm.orders").fetchone() == (0,)
    return raised.value.diag.message_primary or ""


def test_empty_purchase(act: Act) -> None:
    refused(act, "orders_have_lines")


def test_unknown_product(act: Act) -> None:
    refused(act, "order_lines_product_is_known", (99, 1))


def test_unknown_store(act: Act) -> None:
    refused(act, "orders_store_is_known", (KETTLE, 1), store=99)


def test_unknown_customer(act: Act) -> None:
    refused(act, "orders_customer_is_known", (KETTLE, 1), p_customer_id=99)


def test_unknown_currency(act: Act) -> None:
    refused(act, "orders_currency_is_known", (KETTLE, 1), p_currency_code="XXQ")


def test_inactive_customer(act: Act) -> None:
    with act("clerk") as c:
        c.execute("UPDATE crpm.customers SET is_active = FALSE WHERE customer_id = %s", [JOHN])
    assert "John Carter" in refused(act, "orders_customer_is_active", (KETTLE, 1), p_customer_id=JOHN)


def test_inactive_product(act: Act) -> None:
    with act() as c:
        c.execute("UPDATE crpm.products SET is_active = FALSE WHERE product_id = %s", [LAMP])
    assert "Garden lamp" in refused(act, "order_lines_product_is_active", (KETTLE, 1), (LAMP, 1))


def test_inactive_store(act: Act) -> None:
    with act() as c:
        c.execute("UPDATE crpm.stores SET is_active = FALSE WHERE store_id = %s", [HAMBURG])
    assert "Hamburg" in refused(act, "orders_store_is_active", (KETTLE, 1), store=HAMBURG)


def test_product_without_a_price(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute("DELETE FROM crpm.product_prices WHERE product_id = %s", [KETTLE])
    refused(act, "order_lines_product_has_a_price", (KETTLE, 1))


def test_date_in_the_future(act: Act) -> None:
    refused(act, "orders_date_is_not_in_the_future", (KETTLE, 1), p_order_date=TODAY + timedelta(2))


def test_date_before_the_opening_count(act: Act) -> None:
    refused(
        act, "orders_date_is_not_before_the_opening_count", (KETTLE, 1), p_order_date=TODAY - timedelta(2)
    )


def test_currency_without_a_rate_in_the_last_seven_days(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute("DELETE FROM crpm.exchange_rates WHERE rate_date > current_date - 8")
    assert "No exchange rate for EUR" in refused(
        act, "orders_currency_has_a_rate", (KETTLE, 1), store=HAMBURG
    )


def test_rate_of_seven_days_ago_still_serves(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute("DELETE FROM crpm.exchange_rates WHERE rate_date > current_date - 7")
    with act("clerk") as c:
        buy(c, (KETTLE, 1), store=HAMBURG)
        assert c.execute("SELECT order_date - rate_date, exchange_rate FROM crpm.orders").fetchone() == (
            7,
            Decimal("0.9"),
        )


def test_discount_beyond_the_price(act: Act) -> None:
    refused(act, "order_lines_discount_is_within_the_price", (KETTLE, 1), p_order_discount=Decimal("49.91"))
    refused(act, "order_lines_discount_is_within_the_price", (KETTLE, 1), p_discounts=[Decimal("-1")])
    refused(
        act,
        "order_lines_discount_is_within_the_price",
        (KETTLE, 1),
        (LAMP, 1),
        p_discounts=[Decimal("50"), Decimal(0)],
    )


def paid(*payments: tuple[str | None, str | None]) -> dict[str, Any]:
    return {
        "p_payment_methods": [method for method, _ in payments],
        "p_payment_amounts": [amount and Decimal(amount) for _, amount in payments],
    }


def test_payments_that_do_not_add_up(act: Act) -> None:
    rule = "payments_add_up_to_the_total"
    assert "49.90 USD; 9.90 is missing" in refused(
        act, rule, (KETTLE, 1), **paid(("cash", "20"), ("card", "20"))
    )
    assert "0.01 is too much" in refused(act, rule, (KETTLE, 1), **paid(("cash", "20"), ("card", "29.91")))


def test_payments_without_a_method_or_an_amount(act: Act) -> None:
    rule = "payments_are_complete"
    refused(act, rule, (KETTLE, 1), **paid((None, "49.90")))
    refused(act, rule, (KETTLE, 1), **paid(("cash", "49.90"), ("card", None)))
    refused(act, rule, (KETTLE, 1), p_payment_amounts=[Decimal("49.90")])
    refused(act, rule, (KETTLE, 1), p_payment_methods=["cash", "card"])


def test_payments_that_nobody_can_pay(act: Act) -> None:
    rule = "payments_amounts_are_payable"
    refused(act, rule, (KETTLE, 1), **paid(("cash", "-10"), ("card", "59.90")))
    refused(act, rule, (KETTLE, 1), **paid(("cash", "20.005"), ("card", "29.895")))


def test_payment_by_a_method_that_is_not_known(act: Act) -> None:
    refused(act, "payments_method_is_known", (KETTLE, 1), **paid(("cash", "20"), ("shells", "29.90")))


def test_other_price_by_a_clerk_or_without_a_reason(act: Act) -> None:
    rule = "order_lines_price_override_is_allowed"
    given = {"p_unit_prices": [Decimal(1)], "p_price_reasons": ["scratched"]}
    assert "Only a manager" in refused(act, rule, (KETTLE, 1), **given)
    for reasons in ([" "], [None], None):
        assert "needs a reason" in refused(
            act, rule, (KETTLE, 1), role="manager", **{**given, "p_price_reasons": reasons}
        )


def test_other_price_below_zero(act: Act) -> None:
    given = {"p_unit_prices": [Decimal(-1)], "p_price_reasons": ["scratched"]}
    refused(act, "order_lines_unit_price_is_not_negative", (KETTLE, 1), role="manager", **given)


def test_no_request_id(act: Act) -> None:
    refused(act, "orders_have_a_request", (KETTLE, 1), p_request_id=None)
