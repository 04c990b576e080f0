"""Trends: what changed revenue, the months to come, the seasons."""

from calendar import month_abbr
from collections.abc import Sequence

from app.repositories.analytics import Row
from app.ui import format as written
from app.ui.grid import Column
from app.ui.insights import Chart, Insight
from app.ui.questions.parts import REVENUE, percent, tenths
from app.ui.waterfall import Waterfall

_MONTHS = tuple(month_abbr[1:])


def _years(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    fewest, most = (choose(row["years"] for row in rows) for choose in (min, max))
    return f"{most} years" if fewest == most else f"{fewest} to {most} years"


def _error(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    error, other = (written.percent(rows[0][name]) for name in ("error", "error_of_year_before"))
    return f"off by {error} in six months; \u201csame month last year\u201d by {other}"


BRIDGE = Insight(
    "revenue_bridge",
    "What changed revenue",
    "From the revenue compared with to that of this period. Of products sold in both: volume is the growth in pieces, mix the move "
    "between dear and cheap ones, prices and exchange rates what each piece brought more. New and lost were sold in one of them. It "
    "adds up to the cent.",
    columns=(
        Column("step", "Step"),
        Column("amount", "Amount", "money"),
        Column("share", "Of before", align="right", value=percent("share")),
    ),
    chart=Waterfall("step", "amount"),
    is_table_folded=True,
    empty=("Nothing to compare with", "There are no sales in this period, or none in the one compared with."),
)
SEASONALITY = Insight(
    "seasonality",
    "Months of the year",
    "A month's revenue in hundredths of the trend, the straight line through all complete months; the twelve average 100. "
    "Lowest and highest tell how far its years lie apart.",
    columns=(
        Column("month_name", "Month"),
        Column("index", "Index", align="right", value=tenths("index")),
        Column("lowest", "Lowest", align="right", is_hidden_on_phone=True, value=tenths("lowest")),
        Column("highest", "Highest", align="right", is_hidden_on_phone=True, value=tenths("highest")),
        Column("years", "Years", "integer"),
    ),
    chart=Chart("month_name", {"index": "Index"}, bars=_MONTHS),
    empty=("Too short to tell", "Seasons show from 24 complete months of sales on."),
    is_table_folded=True,
    extent=_years,
)
FORECAST = Insight(
    "sales_forecast",
    "The months to come",
    "The straight line through the months known, times the season. The last six months are expected without knowing them, "
    "to show how far off such a forecast is.",
    columns=(
        Column("starts_on", "Month", "date"),
        REVENUE,
        Column("expected", "Expected", "money"),
        Column("year_before", "A year before", "money", is_hidden_on_phone=True),
    ),
    chart=Chart("starts_on", {"revenue": "Revenue", "expected": "Expected", "year_before": "A year before"}),
    empty=("Too short to tell", "A forecast with its error needs 30 complete months of sales."),
    is_table_folded=True,
    extent=_error,
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = ((BRIDGE,), (FORECAST,), (SEASONALITY,))
