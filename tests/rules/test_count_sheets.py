"""What was counted is compared with the ledger as of the moment of counting, and a sheet is typed back once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, buy, ledger_differences, on_hand

# The lines of Boston's sheet: Garden before Kitchen, kettles before knives.
LAMP_LINE, KETTLE_LINE, KNIFE_LINE = 1, 2, 3


def make(act: Act, store: int = BOSTON, category: int | None = None) -> int:
    with act("manager") as c:
        row = c.execute("SELECT crpm.make_count_sheet(%s, %s)", [store, category]).fetchone()
    assert row
    return int(row[0])


def record(act: Act, sheet: int, counts: dict[int, Any], counted_at: datetime | None = None) -> Any:
    with act("manager") as c:
        return c.execute(
            "SELECT * FROM crpm.record_count(%s, %s::integer[], %s::numeric[], %s)",
            [sheet, list(counts), list(counts.values()), counted_at],
        ).fetchone()


def refusal(
    act: Act, sheet: int, counts: dict[int, Any], counted_at: datetime | None = None
) -> tuple[str, str]:
    with pytest.raises(psycopg.IntegrityError) as refused:
        record(act, sheet, counts, counted_at)
    return str(refused.value.diag.constraint_name), str(refused.value.diag.message_primary)


def adjustments(owner: psycopg.Connection) -> list[Any]:
    return owner.execute(
        "SELECT product_id, quantity, reason, document, recorded_by, occurred_on = current_date FROM crpm.stock_movements"
        " WHERE movement_type = 'adjustment' ORDER BY product_id"
    ).fetchall()


def test_sheet_lists_what_the_store_has_had_in_a_stable_order(shop: OwnDatabase, act: Act) -> None:
    first, second, garden = make(act), make(act), make(act, category=2)
    with shop.connect() as owner:
        listed = "SELECT array_agg(product_id ORDER BY line_number) FROM crpm.count_sheet_lines WHERE count_sheet_id = %s"
        # The path light has never been at Boston.
        assert owner.execute(listed, [first]).fetchone() == ([LAMP, KETTLE, KNIFE],)
        assert owner.execute(listed, [second]).fetchone() == ([LAMP, KETTLE, KNIFE],)
        assert owner.execute(listed, [garden]).fetchone() == ([LAMP],)
        assert adjustments(owner) == []


def test_difference_is_booked_and_what_agrees_or_was_left_blank_is_not(shop: OwnDatabase, act: Act) -> None:
    sheet = make(act)
    assert record(act, sheet, {LAMP_LINE: 20, KETTLE_LINE: 17}) == (2, 1, -3)
    with shop.connect() as owner:
        assert adjustments(owner) == [(KETTLE, -3, "count", f"Count sheet {sheet}", "test-manager", True)]
        assert [on_hand(owner, BOSTON, product) for product in (LAMP, KETTLE, KNIFE)] == [20, 17, 20]
        assert ledger_differences(owner) == []


def test_sales_between_printing_and_typing_corrupt_nothing(shop: OwnDatabase, act: Act) -> None:
    sheet = make(act)
    with act("clerk") as c:
        buy(c, (KETTLE, 4), (KNIFE, 2))
    # 19 kettles and 20 knives were on the shelf when the sheet was made: one kettle is missing, no knife.
    assert record(act, sheet, {KETTLE_LINE: 19, KNIFE_LINE: 20}) == (2, 1, -1)
    with shop.connect() as owner:
        assert (on_hand(owner, BOSTON, KETTLE), on_hand(owner, BOSTON, KNIFE)) == (15, 18)
        assert ledger_differences(owner) == []


def test_time_of_counting_separates_the_sales_before_it_from_those_after(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        # Where the day may still be yesterday, which must not be before the opening count.
        owner.execute(
            "UPDATE crpm.stores SET time_zone = 'America/New_York', opening_count_on = current_date - 1 WHERE store_id = %s",
            [BOSTON],
        )
    sheet = make(act)
    with act("clerk") as c:
        buy(c, (KETTLE, 4))
    with shop.connect() as owner:
        # As if the sheet had been made three hours ago, and the sale been two hours ago.
        owner.execute("UPDATE crpm.count_sheets SET made_at = made_at - interval '3 hours'")
        owner.execute("ALTER TABLE crpm.stock_movements DISABLE TRIGGER tg_stock_movements__refuse")
        for movement, hours in (("opening", 4), ("sale", 2)):
            owner.execute(
                "UPDATE crpm.stock_movements SET recorded_at = now() - make_interval(hours => %(hours)s),"
                " occurred_on = ((now() - make_interval(hours => %(hours)s)) AT TIME ZONE 'America/New_York')::date"
                " WHERE movement_type = %(movement)s",
                {"hours": hours, "movement": movement},
            )
        row = owner.execute("SELECT (now() - interval '1 hour') AT TIME ZONE 'America/New_York'").fetchone()
    assert row
    assert record(act, sheet, {KETTLE_LINE: 16}, row[0]) == (1, 0, 0)
    with shop.connect() as owner:
        assert on_hand(owner, BOSTON, KETTLE) == 16


def test_backdated_sale_typed_in_after_the_count_counts_as_before_it(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET opening_count_on = current_date - 30")
    sheet = make(act)
    with act("clerk") as c:
        buy(c, (KETTLE, 4), p_order_date=datetime.now(UTC).date() - timedelta(days=2))
    assert record(act, sheet, {KETTLE_LINE: 16}) == (1, 0, 0)


def test_second_person_typing_the_same_sheet_is_told(shop: OwnDatabase, act: Act) -> None:
    sheet = make(act)

    def attempt(counted: int) -> str:
        try:
            record(act, sheet, {KETTLE_LINE: counted})
        except psycopg.IntegrityError as error:
            return str(error.diag.constraint_name)
        return "booked"

    with ThreadPoolExecutor(2) as executor:
        assert sorted(executor.map(attempt, [18, 18])) == ["booked", "count_sheets_are_typed_back_once"]
    rule, message = refusal(act, sheet, {KETTLE_LINE: 18})
    assert rule == "count_sheets_are_typed_back_once"
    assert message.startswith(f"Count sheet {sheet} was typed back by test-manager at 20")
    with shop.connect() as owner:
        assert on_hand(owner, BOSTON, KETTLE) == 18


def test_product_corrected_since_the_count_is_refused_by_name(shop: OwnDatabase, act: Act) -> None:
    sheet, other = make(act), make(act)
    record(act, other, {KETTLE_LINE: 17})
    rule, message = refusal(act, sheet, {LAMP_LINE: 19, KETTLE_LINE: 17})
    assert rule == "count_sheets_product_was_not_corrected_since"
    assert message.startswith("Kettle 1.7 l (KET-1) was corrected at 20")
    with shop.connect() as owner:
        assert [on_hand(owner, BOSTON, product) for product in (LAMP, KETTLE)] == [20, 17]
    assert record(act, sheet, {LAMP_LINE: 19}) == (1, 1, -1)


def test_fewer_counted_than_have_left_since_is_refused_by_name(act: Act) -> None:
    sheet = make(act)
    with act("clerk") as c:
        buy(c, (KETTLE, 4))
    rule, message = refusal(act, sheet, {KETTLE_LINE: 3})
    assert rule == "count_sheets_count_covers_what_left_since"
    assert message.startswith(
        "Of Kettle 1.7 l (KET-1), 3 counted are fewer than the 4 that have left the shelf since"
    )


@pytest.mark.parametrize(
    ("counts", "rule"),
    [
        ({}, "stock_movements_lines_are_complete"),
        ({9: 1}, "stock_movements_product_is_known"),
        ({KETTLE_LINE: -1}, "stock_movements_quantity_is_whole"),
        ({KETTLE_LINE: "1.5"}, "stock_movements_quantity_is_whole"),
        ({KETTLE_LINE: None}, "stock_movements_quantity_is_whole"),
    ],
)
def test_count_that_is_none_is_refused_whole(act: Act, counts: dict[int, Any], rule: str) -> None:
    assert refusal(act, make(act), counts)[0] == rule


def test_time_of_counting_lies_between_making_and_now(act: Act) -> None:
    sheet = make(act)
    now = datetime.now(UTC).replace(tzinfo=None)
    for moment in (now - timedelta(hours=1), now + timedelta(hours=1)):
        assert refusal(act, sheet, {KETTLE_LINE: 20}, moment)[0] == "count_sheets_counted_after_it_was_made"
    # People type minutes: the minute in which the sheet was made will do.
    assert record(act, sheet, {KETTLE_LINE: 20}, now.replace(second=0, microsecond=0)) == (1, 0, 0)


def test_sheet_that_cannot_be_is_refused(shop: OwnDatabase, act: Act) -> None:
    assert refusal(act, 999, {1: 1})[0] == "count_sheets_sheet_is_known"
    with shop.connect() as owner:
        owner.execute("INSERT INTO crpm.categories (name) VALUES ('Books')")
        with pytest.raises(psycopg.IntegrityError) as refused:
            owner.execute("SELECT crpm.make_count_sheet(%s, 3)", [HAMBURG])
        assert refused.value.diag.constraint_name == "count_sheets_have_lines"
        owner.execute(
            "INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id) SELECT 'N-' || n, 'N ' || n, 1, 1 FROM generate_series(1, 2001) AS n"
        )
        owner.execute(
            "INSERT INTO crpm.stock_levels SELECT %s, product_id, 0 FROM crpm.products WHERE sku LIKE 'N-%%'",
            [HAMBURG],
        )
        with pytest.raises(psycopg.IntegrityError) as refused:
            owner.execute("SELECT crpm.make_count_sheet(%s)", [HAMBURG])
        assert refused.value.diag.constraint_name == "count_sheets_are_not_too_long"
