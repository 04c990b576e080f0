from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.errors import from_database
from app.repositories.orders import OrdersRepository, PurchaseLine
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, PATH_LIGHT, buy

TODAY = datetime.now(UTC).date()
RECORDED_BEFORE = uuid4()
# What the owner prepares, what is then bought beside a knife, and what the person reads.
REFUSALS: dict[str, tuple[str, list[tuple[int, str]], dict[str, Any], str]] = {
    "not enough stock": (
        "",
        [(KETTLE, "21")],
        {},
        "Not enough stock of Kettle 1.7 l (KET-1): 20 on hand, 21 asked.",
    ),
    "none at all": (
        "",
        [(PATH_LIGHT, "1")],
        {},
        "Not enough stock of Path light (LAM-2): 0 on hand, 1 asked.",
    ),
    "inactive customer": (
        "UPDATE crpm.customers SET is_active = FALSE WHERE customer_id = 2",
        [],
        {"customer_id": JOHN},
        "The customer John Carter is not active. Activate the customer first.",
    ),
    "inactive product": (
        "UPDATE crpm.products SET is_active = FALSE WHERE product_id = 3",
        [(LAMP, "1")],
        {},
        "Garden lamp (LAM-1) is not active. Activate it, or take it off the purchase.",
    ),
    "inactive store": (
        "UPDATE crpm.stores SET is_active = FALSE WHERE store_id = 2",
        [],
        {},
        "The store Boston is not active. Activate it first.",
    ),
    "no pieces": (
        "",
        [(LAMP, "0")],
        {},
        "The quantity of Garden lamp (LAM-1) must be a whole number from 1 to 1,000,000, not 0.",
    ),
    "less than none": (
        "",
        [(LAMP, "-2")],
        {},
        "The quantity of Garden lamp (LAM-1) must be a whole number from 1 to 1,000,000, not -2.",
    ),
    "half a piece": (
        "",
        [(LAMP, "1.5")],
        {},
        "The quantity of Garden lamp (LAM-1) must be a whole number from 1 to 1,000,000, not 1.5.",
    ),
    "unknown product": ("", [(99, "1")], {}, "There is no product 99."),
    "same request, other content": (
        "",
        [(LAMP, "2")],
        {"request_id": RECORDED_BEFORE},
        "This request was already recorded as order S2-1 with other content.",
    ),
    "no rate within seven days": (
        "DELETE FROM crpm.exchange_rates WHERE rate_date > current_date - 8",
        [],
        {"store_id": HAMBURG},
        f"No exchange rate for EUR on {TODAY} or the 7 days before. Add one, or choose another currency.",
    ),
    "before the opening count": (
        "",
        [],
        {"order_date": TODAY - timedelta(1)},
        f"Stock at Boston was first counted on {TODAY}; a sale on {TODAY - timedelta(1)} is before that and cannot take stock.",
    ),
    "in the future": (
        "",
        [],
        {"order_date": TODAY + timedelta(1)},
        f"{TODAY + timedelta(1)} is in the future; today at Boston is {TODAY}.",
    ),
    "nothing bought": ("", [], {}, "A purchase needs at least one product."),
}


def by_sql(connection: psycopg.Connection, lines: list[tuple[int, Decimal]], sent: dict[str, Any]) -> None:
    store = sent.pop("store_id")
    buy(connection, *lines, store=store, **{f"p_{name}": value for name, value in sent.items()})


def by_repository(
    connection: psycopg.Connection, lines: list[tuple[int, Decimal]], sent: dict[str, Any]
) -> None:
    bought = [PurchaseLine(product, quantity, Decimal(0)) for product, quantity in lines]
    OrdersRepository(connection).record(lines=bought, payment_method="cash", **sent)


def everything(shop: OwnDatabase) -> list[Any]:
    tables = ("orders", "order_lines", "payments", "stock_movements", "stock_levels")
    with shop.connect() as owner:
        return [owner.execute(f"SELECT * FROM crpm.{table} ORDER BY 1, 2").fetchall() for table in tables]


@pytest.mark.parametrize("send", [by_sql, by_repository])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_refused_purchase_says_why_and_leaves_everything_as_it_was(
    shop: OwnDatabase, act: Act, refusal: str, send: Callable[..., None]
) -> None:
    prepare, lines, changes, message = REFUSALS[refusal]
    with act("clerk") as c:
        buy(c, (LAMP, 1), p_request_id=RECORDED_BEFORE)
    with shop.connect() as owner:
        if prepare:
            owner.execute(prepare)
    before = everything(shop)
    bought = (
        [] if refusal == "nothing bought" else [(KNIFE, Decimal(1)), *((p, Decimal(q)) for p, q in lines)]
    )
    with pytest.raises(psycopg.errors.CheckViolation) as raised, act("clerk") as c:
        send(c, bought, {"store_id": BOSTON, "request_id": uuid4(), **changes})
    assert str(from_database(raised.value)) == message
    assert everything(shop) == before


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("settings.company_name", "The company's name has at most 200 characters."),
        ("stores.name", "A store's name has at most 300 characters, its state at most 200."),
        ("categories.name", "A category's name has at most 200 characters."),
        ("subcategories.name", "A subcategory's name has at most 200 characters."),
        ("tax_classes.name", "A tax class's name has at most 200 characters."),
        (
            "products.name",
            "A product's name has at most 300 characters; SKU, brand and color have at most 100 each.",
        ),
    ],
)
def test_name_of_ten_thousand_characters_is_refused(
    shop_of_module: OwnDatabase, column: str, why: str
) -> None:
    table, _, name = column.partition(".")
    with pytest.raises(psycopg.errors.CheckViolation) as refused, shop_of_module.connect() as owner:
        owner.execute(f"UPDATE crpm.{table} SET {name} = repeat('W', 10000)")
    assert str(from_database(refused.value)) == why


def test_text_with_a_character_that_cannot_be_kept_is_refused_by_what_it_is(act_of_module: Act) -> None:
    with pytest.raises(psycopg.DataError) as refused, act_of_module("admin") as c:
        c.execute("SELECT %s", ["a\0b"])
    assert str(from_database(refused.value)).startswith("A text has a character in it that cannot be kept")
