from decimal import Decimal

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import HAMBURG, KETTLE, KNIFE, LAMP, PATH_LIGHT, buy
from tests.trade import trade

TOTALS = """
SELECT o.net_amount, o.tax_amount, o.total_amount, o.base_amount,
    sum(l.line_amount), sum(l.tax_amount), sum(l.base_amount), sum(l.discount_amount)
FROM crpm.orders AS o INNER JOIN crpm.order_lines AS l USING (store_id, order_id)
GROUP BY o.store_id, o.order_id
"""


def test_order_totals_are_the_sums_of_its_lines(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 2), (KNIFE, 1))
        net, tax, total, base, lines, taxes, bases, _ = c.execute(TOTALS).fetchone()
    assert (
        (net, tax, total, base)
        == (lines, taxes, lines + taxes, bases)
        == (Decimal("188.80"), 0, Decimal("188.80"), Decimal("188.80"))
    )


def test_discount_on_the_order_is_spread_to_the_cent(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (KETTLE, 1), (KNIFE, 1), (LAMP, 1), p_order_discount=Decimal("10.00"))
        net, *_, discount = c.execute(TOTALS).fetchone()
    assert discount == Decimal("10.00")
    assert net == Decimal("153.40")


def test_discount_of_everything_leaves_nothing_to_pay(act: Act) -> None:
    with act("clerk") as c:
        order = buy(c, (KETTLE, 1), (LAMP, 3), p_order_discount=Decimal("123.40"))
    assert order[2] == 0


def test_base_price_is_converted_at_the_rate_and_rounded_to_the_cent(act: Act) -> None:
    with act("clerk") as c:
        buy(c, (LAMP, 3), store=HAMBURG)
        row = c.execute(
            "SELECT unit_price, line_amount, base_unit_price, base_amount FROM crpm.order_lines"
        ).fetchone()
        assert row == (Decimal("22.05"), Decimal("66.15"), Decimal("24.50"), Decimal("73.50"))


def test_price_list_of_the_currency_wins_over_conversion(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute(
            "INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES (%s, 'EUR', 19.99)",
            [LAMP],
        )
    with act("clerk") as c:
        buy(c, (LAMP, 1), store=HAMBURG)
        row = c.execute("SELECT unit_price, base_unit_price, base_amount FROM crpm.order_lines").fetchone()
    assert row == (Decimal("19.99"), Decimal("22.2111"), Decimal("22.21"))


def test_tax_is_contained_in_prices_where_the_store_says_so(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute("INSERT INTO crpm.tax_rates VALUES (1, 'DE', '2020-01-01', 0.19)")
        c.execute(
            "UPDATE crpm.stores SET has_tax_inclusive_prices = TRUE, currency_code = 'USD' WHERE store_id = %s",
            [HAMBURG],
        )
    with act("clerk") as c:
        order = buy(c, (PATH_LIGHT, 1), store=HAMBURG)
        row = c.execute("SELECT line_amount, tax_amount, base_amount FROM crpm.order_lines").fetchone()
    assert order[2] == Decimal("12.00")
    assert row == (Decimal("10.08"), Decimal("1.92"), Decimal("10.08"))


def test_tax_comes_on_top_of_prices_elsewhere(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as c:
        c.execute(
            "INSERT INTO crpm.tax_rates VALUES (1, 'DE', '2020-01-01', 0.16), (1, 'DE', '2021-01-01', 0.19)"
        )
        c.execute("UPDATE crpm.stores SET currency_code = 'USD' WHERE store_id = %s", [HAMBURG])
    with act("clerk") as c:
        assert buy(c, (PATH_LIGHT, 1), store=HAMBURG)[2] == Decimal("14.28")


def test_price_by_a_manager_is_kept_with_its_reason(act: Act) -> None:
    with act("manager") as c:
        buy(c, (KETTLE, 1), p_unit_prices=[Decimal("39.90")], p_price_reasons=["scratched"])
        row = c.execute(
            "SELECT unit_price, base_amount, price_override_reason FROM crpm.order_lines"
        ).fetchone()
    assert row == (Decimal("39.90"), Decimal("39.90"), "scratched")


def test_sales_and_profits_tell_the_same_sales(shop: OwnDatabase) -> None:
    trade(shop)
    columns = "kind, sold_on, store_id, order_id, line_number, customer_id, product_id, currency_code, units, revenue, charged_amount"
    with shop.connect() as c:
        sales = c.execute(f"SELECT {columns} FROM analytics.sales ORDER BY 1, 4, 5").fetchall()
        assert sales == c.execute(f"SELECT {columns} FROM analytics.profits ORDER BY 1, 4, 5").fetchall()
        assert len(sales) > 10
