import re
from decimal import Decimal
from typing import Any

from app.ui.waterfall import Waterfall

WATERFALL = Waterfall("step", "amount")


def rows(*amounts: int) -> list[dict[str, Any]]:
    """From 100 by the amounts to what they make."""
    steps = [{"step": f"Step {place}", "amount": Decimal(amount)} for place, amount in enumerate(amounts)]
    return [
        {"step": "Before", "amount": Decimal(100)},
        *steps,
        {"step": "Now", "amount": Decimal(100 + sum(amounts))},
    ]


def test_each_bar_begins_where_the_one_before_it_ends_and_the_last_is_reached() -> None:
    bars = WATERFALL.bars(rows(60, -90))
    assert [(bar.begin, bar.end) for bar in bars] == [(0, 100), (100, 160), (160, 70), (0, 70)]
    assert [bar.is_total for bar in bars] == [True, False, False, True]


def test_the_axis_begins_at_zero_unless_the_steps_are_small_beside_what_they_lead_from() -> None:
    assert WATERFALL.limits(rows(60, -90)) == (0, 160)
    assert WATERFALL.limits(rows(4, -2)) == (99, 104)
    assert WATERFALL.limits(rows(-130)) == (-30, 100)
    assert WATERFALL.limits(rows(0)) == (0, 100)
    assert WATERFALL.limits([]) == (0, 0)


def test_a_line_has_name_bar_and_signed_amount_as_text() -> None:
    some = rows(60, -90)
    some[1]["step"] = "<script>"
    shown = str(WATERFALL.table(some, label="Bridge", currency="USD"))
    assert "<script>" not in shown
    assert re.findall(r"left:([\d.]+)%;width:([\d.]+)%", shown) == [
        ("0.00", "62.50"),
        ("62.50", "37.50"),
        ("43.75", "56.25"),
        ("0.00", "43.75"),
    ]
    assert re.findall(r"<td>([^<]*)</td></tr>", shown) == ["100.00", "+60.00", "-90.00", "70.00"]
    assert "cut" not in shown
    assert "total cut" in str(WATERFALL.table(rows(4, -2), label="Bridge", currency="USD"))
