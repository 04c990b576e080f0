from decimal import Decimal

import pytest
from markupsafe import Markup

from app.ui import format as written
from app.ui import panels
from tests.ui_kit.prototype import HOSTILE

ATTACK = "\"'><script>alert(1)</script>"


@pytest.mark.parametrize(
    "html",
    [
        panels.kpi_strip([panels.Kpi(ATTACK, ATTACK, written.Delta(ATTACK, "good"), ATTACK)]),
        panels.pill(ATTACK),
        panels.link(ATTACK, ATTACK, ATTACK),
        panels.definition_list([(ATTACK, ATTACK)]),
        panels.ranking([(ATTACK, ATTACK, Decimal("0.5"))]),
        panels.section(ATTACK, ATTACK, hint=ATTACK),
        panels.heading(ATTACK, detail=ATTACK, status=ATTACK, back=ATTACK),
        panels.timeline([panels.Happening(ATTACK, ATTACK, ATTACK)]),
        panels.empty_state(ATTACK, ATTACK),
        panels.error_state(ATTACK, ATTACK),
        panels.notice(ATTACK),
        panels.stack(ATTACK),
    ],
)
def test_panels_escape_whatever_they_are_given(html: Markup) -> None:
    assert "<script" not in html
    assert "\"'>" not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_panels_can_be_nested_without_being_escaped_twice(text: str) -> None:
    nested = panels.section("Facts", panels.definition_list([("Name", panels.pill(text))]))
    assert panels.pill(text) in nested


def test_a_known_status_brings_its_tone_and_an_unknown_one_stays_quiet() -> None:
    assert 'class="pill good"' in panels.pill("Active")
    assert 'class="pill neutral"' in panels.pill("whatever")


def test_an_empty_fact_is_a_dash() -> None:
    assert panels.definition_list([("Note", "")]).count(written.MISSING) == 1
    assert written.MISSING not in panels.definition_list([("On hand", 0)])


def test_a_trend_needs_two_values_and_survives_equal_ones() -> None:
    assert panels.sparkline([1]) == ""
    assert "polyline" in panels.sparkline([Decimal(3), Decimal(3)])
