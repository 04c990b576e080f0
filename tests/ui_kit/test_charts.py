from datetime import date
from decimal import Decimal

import pytest

from app.ui import charts


def test_figures_become_numbers_and_days_become_times_only_when_drawn() -> None:
    plot = charts.line("Revenue", x="day", y="revenue")
    update = charts.draw(plot, [{"day": date(2026, 3, 4), "revenue": Decimal("12.5"), "other": 1}])
    drawn = plot.postprocess(update["value"])
    assert drawn is not None
    assert drawn.columns == ["day", "revenue"]
    assert drawn.datatypes == {"day": "temporal", "revenue": "quantitative"}


@pytest.mark.parametrize(
    ("amounts", "limits"),
    [
        ([1, 4], [0, 4]),
        ([410], [0, 450]),
        ([99_700], [0, 100_000]),
        ([-3, 7], [-3, 7]),
        ([0], [0, 1]),
        ([], [0, 1]),
    ],
)
def test_the_axis_has_zero_and_ends_above_the_highest_value(amounts: list[int], limits: list[float]) -> None:
    plot = charts.line("Revenue", x="day", y="revenue")
    rows = [{"day": date(2026, 3, day), "revenue": Decimal(amount)} for day, amount in enumerate(amounts, 1)]
    assert charts.draw(plot, rows)["y_lim"] == limits


def test_the_axis_of_stacked_bars_holds_their_sum() -> None:
    plot = charts.bar("Revenue", x="country", y="revenue", color="kind", series=("a", "b"))
    rows = [{"country": "FR", "revenue": Decimal(60), "kind": kind} for kind in "ab"]
    assert charts.draw(plot, rows)["y_lim"] == [0, 150]
