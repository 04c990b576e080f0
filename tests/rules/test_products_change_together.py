from decimal import Decimal

import psycopg
import pytest

from app.errors import DuplicateError, RuleError, from_database
from app.repositories.bulk_changes import BulkChange, BulkChangesRepository, Plan
from app.repositories.products import ProductsRepository
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import KETTLE, KNIFE, LAMP, PATH_LIGHT

EVERYTHING = [KETTLE, KNIFE, LAMP, PATH_LIGHT]


def values(shop: OwnDatabase, statement: str) -> list[tuple[object, ...]]:
    with shop.connect() as owner:
        return owner.execute(statement.encode()).fetchall()


def prices(shop: OwnDatabase) -> dict[int, str]:
    found = values(
        shop,
        "SELECT DISTINCT ON (product_id) product_id, unit_price::text FROM crpm.product_prices ORDER BY product_id, valid_from DESC",
    )
    return {int(str(number)): str(price) for number, price in found}


def change(act: Act, plan: Plan, products: list[int] = EVERYTHING) -> int:
    with act("manager") as c:
        return BulkChangesRepository(c).record(product_ids=products, plan=plan)


def take_back(act: Act, number: int) -> BulkChange:
    with act("admin") as c:
        BulkChangesRepository(c).take_back(bulk_change_id=number)
    with act("manager") as c:
        return next(one for one in BulkChangesRepository(c).latest() if one.bulk_change_id == number)


@pytest.mark.parametrize(
    ("price", "ending", "minor_units", "rounded"),
    [
        ("52.395", "cents", 2, "52.40"),
        ("0.001", "cents", 2, "0.01"),
        ("52.395", "cents", 0, "52"),
        ("52.5", "whole", 2, "53"),
        ("0.2", "whole", 2, "1"),
        ("52.395", "0.95", 2, "51.95"),
        ("52.46", "0.95", 2, "52.95"),
        ("52.395", "0.99", 2, "51.99"),
        ("0.10", "0.99", 2, "0.99"),
        ("0", "0.99", 2, "0"),
    ],
)
def test_prices_are_rounded_to_their_ending_and_never_to_nothing(
    act_of_module: Act, price: str, ending: str, minor_units: int, rounded: str
) -> None:
    with act_of_module("manager") as c:
        found = c.execute(
            "SELECT crpm.rounded_price(%s::numeric, %s, %s)", [price, ending, minor_units]
        ).fetchone()
    assert found == (Decimal(rounded),)


def test_prices_change_as_they_were_previewed_and_are_kept_as_history(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("DELETE FROM crpm.product_prices WHERE product_id = %s", [LAMP])
    plan = Plan("price", percent=Decimal(-60), ending="0.99")
    with act("manager") as c:
        preview = BulkChangesRepository(c).preview(product_ids=EVERYTHING, plan=plan)
        examples = BulkChangesRepository(c).examples(product_ids=EVERYTHING, plan=plan)
    assert (preview.products, preview.changed, preview.below_cost, preview.without_price) == (4, 3, 1, 1)
    assert [(row.product_id, row.old_value, row.new_value, row.is_below_cost) for row in examples] == [
        (KETTLE, "49.90", "19.99", True),
        (KNIFE, "89.00", "35.99", False),
        (PATH_LIGHT, "12.00", "4.99", False),
    ]
    change(act, plan)
    assert prices(shop) == {KETTLE: "19.99", KNIFE: "35.99", PATH_LIGHT: "4.99"}
    with act("manager") as c:
        history = ProductsRepository(c).price_history(product_id=KETTLE, limit=9)
        product = ProductsRepository(c).get(product_id=KETTLE)
        (recorded,) = BulkChangesRepository(c).latest()
    assert (history[0].unit_price, history[0].recorded_by) == (Decimal("19.99"), "test-manager")
    assert (product.unit_price, product.row_version) == (Decimal("19.99"), 2)
    assert (recorded.kind, recorded.percent, recorded.ending, recorded.products, recorded.changed_by) == (
        *("price", -60, "0.99", 3),
        "test-manager",
    )


def test_taking_back_spares_what_somebody_has_changed_since_and_happens_once(
    shop: OwnDatabase, act: Act
) -> None:
    number = change(act, Plan("price", percent=Decimal(10), ending="cents"))
    with act("manager") as c:
        ProductsRepository(c).add_price(product_id=KNIFE, currency_code="USD", unit_price=Decimal("99.00"))
    taken = take_back(act, number)
    assert (taken.taken_back_by, taken.remaining) == ("test-admin", 1)
    assert prices(shop) == {KETTLE: "49.90", KNIFE: "99.00", LAMP: "24.50", PATH_LIGHT: "12.00"}
    with act("manager") as c:
        assert [row.name for row in BulkChangesRepository(c).remaining(bulk_change_id=number)] == [
            "Chef's knife"
        ]
    with pytest.raises(psycopg.IntegrityError) as refused:
        take_back(act, number)
    assert isinstance(from_database(refused.value), DuplicateError)


def test_status_and_category_change_audited_and_go_back(shop: OwnDatabase, act: Act) -> None:
    number = change(act, Plan("status", target="false"), [KETTLE, KNIFE])
    moved = change(act, Plan("category", target="3"), [KETTLE, LAMP])
    state = "SELECT product_id, is_active, subcategory_id FROM crpm.products ORDER BY product_id"
    assert values(shop, state) == [
        (KETTLE, False, 3),
        (KNIFE, False, 2),
        (LAMP, True, 3),
        (PATH_LIGHT, True, 3),
    ]
    audited = "SELECT row_key, changed_by FROM crpm.audit_log WHERE table_name = 'products' AND action = 'update' ORDER BY audit_id"
    assert values(shop, audited) == [(str(one), "test-manager") for one in (KETTLE, KNIFE, KETTLE)]
    assert (take_back(act, moved).remaining, take_back(act, number).remaining) == (0, 0)
    assert values(shop, state)[:2] == [(KETTLE, True, 1), (KNIFE, True, 2)]


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            Plan("price", percent=Decimal(-95), ending="cents"),
            "Prices change by a percentage from -90 to 1,000",
        ),
        (Plan("price", percent=Decimal("0.001"), ending="cents"), "None of these products would change."),
        (Plan("status", target="true"), "None of these products would change."),
        (Plan("status", target="perhaps"), "Products are active or inactive."),
        (Plan("category", target="99"), "This category is not there any more."),
    ],
)
def test_a_change_of_nothing_or_to_nothing_that_is_there_is_refused(act: Act, plan: Plan, told: str) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused:
        change(act, plan)
    known = from_database(refused.value)
    assert isinstance(known, RuleError)
    assert told in str(known)
    with act("manager") as c:
        assert BulkChangesRepository(c).latest() == []


def test_prices_without_decimals_end_in_none(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.settings SET base_currency_code = 'JPY'")
    with pytest.raises(psycopg.IntegrityError) as refused:
        change(act, Plan("price", percent=Decimal(10), ending="0.99"))
    assert "have no such decimals" in str(from_database(refused.value))
