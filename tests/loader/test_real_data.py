from collections.abc import Iterator
from decimal import Decimal

import pytest

from db.pool import Actor
from loader.account import Money, Report
from loader.loading import load
from tests.conftest import REAL_DATA, OwnDatabase, clone
from tests.loader.conftest import outcomes

pytestmark = pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"the Global Electronics files are not at {REAL_DATA}"
)

COUNTS = {
    "Customers.csv": 15_266,
    "Products.csv": 2_517,
    "Stores.csv": 67,
    "Exchange_Rates.csv": 11_215,
    "Sales.csv": 62_884,
}
REVENUE = Decimal("55755479.59")
FIGURES = """
SELECT
    (SELECT count(*) FROM crpm.customers), (SELECT count(*) FROM crpm.products), (SELECT count(*) FROM crpm.stores),
    (SELECT count(*) FROM crpm.exchange_rates), (SELECT count(*) FROM crpm.orders), (SELECT count(*) FROM crpm.order_lines),
    (SELECT sum(o.base_amount) FROM crpm.orders AS o),
    (SELECT sum(l.quantity * l.base_unit_cost) FROM crpm.order_lines AS l),
    (SELECT sum(l.quantity) FROM crpm.order_lines AS l),
    (SELECT sum(v.on_hand) FROM crpm.stock_levels AS v), (SELECT count(*) FROM crpm.stock_movements),
    (SELECT count(*) FROM crpm.audit_log)
"""


@pytest.fixture(scope="module")
def loaded(server: str, empty_template: str) -> Iterator[tuple[OwnDatabase, Report]]:
    with clone(server, empty_template) as own:
        yield own, load(own.owner_url, REAL_DATA, actor=Actor("ada", "crpm_admin"))


def one(database: OwnDatabase, statement: str) -> tuple[object, ...]:
    with database.connect() as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return row


def test_every_row_is_loaded(loaded: tuple[OwnDatabase, Report]) -> None:
    _, report = loaded
    assert {file.file: (file.read, file.loaded) for file in report.files} == {
        name: (count, count) for name, count in COUNTS.items()
    }
    assert report.money == Money(REVENUE, REVENUE, Decimal(0), Decimal(0))
    assert report.unpriced_rows == 0
    assert report.ignored_files == ("Data_Dictionary.csv",)


def test_figures_are_those_of_the_files(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(database, FIGURES)[:9] == (
        15_266,
        2_517,
        67,
        11_215,
        26_326,
        62_884,
        REVENUE,
        Decimal("23092791.21"),
        197_757,
    )


def test_euros_are_charged_to_the_cent_at_the_rate_of_the_day(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT sum(l.base_amount), sum(l.line_amount)
        FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        WHERE o.currency_code = 'EUR'
        """,
    ) == (Decimal("11367288.06"), Decimal("10032218.28"))


def test_orders_total_their_lines(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT count(*)
        FROM crpm.orders AS o
        INNER JOIN (
            SELECT store_id, order_id, sum(line_amount) AS net_amount, sum(base_amount) AS base_amount
            FROM crpm.order_lines GROUP BY store_id, order_id
        ) AS l ON o.store_id = l.store_id AND o.order_id = l.order_id
        WHERE o.net_amount = l.net_amount AND o.base_amount = l.base_amount AND o.total_amount = o.net_amount
        """,
    ) == (26_326,)


def test_napoli_is_a_state_and_no_delivery_is_no_day(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    napoli = "SELECT count(*) FROM crpm.customers WHERE state_code = 'NA' AND state = 'Napoli'"
    assert one(database, napoli) == (10,)
    delivered = """
        SELECT count(*) FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        WHERE o.delivered_on IS NULL
        """
    assert one(database, delivered) == (49_719,)


def test_stores_have_readable_names_and_the_currency_of_their_country(
    loaded: tuple[OwnDatabase, Report],
) -> None:
    database, _ = loaded
    berlin = "SELECT name, currency_code, is_online FROM crpm.stores WHERE source_key = '19'"
    assert one(database, berlin) == ("Berlin, Germany", "EUR", False)
    online = "SELECT name, currency_code, is_online FROM crpm.stores WHERE source_key = '0'"
    assert one(database, online) == ("Online", "USD", True)


def test_every_row_leads_back_to_its_file_and_line(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    names = one(
        database,
        """
        SELECT
            (SELECT c.name FROM crpm.customers AS c INNER JOIN crpm.load_files AS f USING (load_file_id)
            WHERE f.file_name = 'Customers.csv' AND c.source_line = 2),
            (SELECT o.order_number FROM crpm.orders AS o INNER JOIN crpm.load_files AS f USING (load_file_id)
            WHERE f.file_name = 'Sales.csv' AND o.source_line = 2)
        """,
    )
    assert names == ("Lilly Harding", "366000")


def test_stock_opens_for_what_sold_and_the_whole_range_online(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    assert one(
        database,
        """
        SELECT count(*), min(v.on_hand), max(v.on_hand), count(*) FILTER (WHERE s.is_online)
        FROM crpm.stock_levels AS v INNER JOIN crpm.stores AS s ON v.store_id = s.store_id
        """,
    ) == (36_083, 100, 100, 2_517)
    assert one(database, "SELECT count(*) FROM crpm.stores WHERE opening_count_on = current_date") == (67,)


def test_second_load_changes_nothing_and_says_so(loaded: tuple[OwnDatabase, Report]) -> None:
    database, _ = loaded
    before = one(database, FIGURES)
    report = load(database.owner_url, REAL_DATA, actor=Actor("ada", "crpm_admin"), opening_stock=55)
    assert one(database, FIGURES) == before
    assert report.is_unchanged
    assert report.money == Money(REVENUE, Decimal(0), REVENUE, Decimal(0))
    for name, count in COUNTS.items():
        assert outcomes(report, name) == (count, 0, 0, count, 0)
