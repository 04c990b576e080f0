from datetime import date
from decimal import Decimal

from app.ui import charts


def test_figures_become_numbers_and_days_become_times_only_when_drawn() -> None:
    plot = charts.line("Revenue", x="day", y="revenue")
    update = charts.draw(plot, [{"day": date(2026, 3, 4), "revenue": Decimal("12.5"), "other": 1}])
    drawn = plot.postprocess(update["value"])
    assert drawn is not None
    assert drawn.columns == ["day", "revenue"]
    assert drawn.datatypes == {"day": "temporal", "revenue": "quantitative"}


def test_the_axis_has_zero_and_its_limits_stay_when_other_values_are_drawn() -> None:
    for plot in (charts.line("Revenue", x="day", y="revenue"), charts.bar("Revenue", x="day", y="revenue")):
        assert plot.y_lim == [0, None]
        assert "y_lim" not in charts.draw(plot, [{"day": date(2026, 3, 1), "revenue": Decimal(4)}])
