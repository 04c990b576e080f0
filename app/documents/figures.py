"""Panels of figures as files: every column of the answer as CSV and Excel, and the chart as a picture."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

from psycopg import Connection

from app.documents.exports import MOST_ROWS
from app.documents.tables import Cell, Field, Sheet
from app.errors import InputError, NotAllowedError, NotFoundError
from app.repositories.analytics import AnalyticsRepository, Filters, Row
from app.repositories.reference import ReferenceRepository
from app.ui import charts, questions
from app.ui import format as written
from app.ui.heat import Heat
from app.ui.insights import Chart, Insight, may_see
from app.ui.waterfall import Waterfall
from db.pool import Role

# Of several panels with one question the first: those of the dashboard are narrower.
_INSIGHTS: Mapping[str, Insight] = {panel.question: panel for panel in reversed(questions.PANELS)}
_FONTS = ["DejaVu Sans", "Droid Sans Fallback"]
_FONT_OF_CHINESE = Path(__file__).parent / "fonts" / "DroidSansFallback.ttf"
_INK, _QUIET = "#1e293b", "#64748b"
_ACCENT, _GOOD, _BAD = charts.SERIES_COLORS[0], "#15803d", "#b91c1c"


@dataclass(frozen=True, slots=True)
class _Line:
    values: Row
    minor_units: int


def insight_for(question: str, role: Role) -> Insight:
    """The panel of a question; NotFoundError where there is none, NotAllowedError where the role does not see it."""
    if question not in _INSIGHTS:
        raise NotFoundError(f"There are no figures named {question[:80]}.")
    if not may_see(role, _INSIGHTS[question]):
        raise NotAllowedError
    return _INSIGHTS[question]


def sheet(connection: Connection, insight: Insight, filters: Filters) -> Sheet:
    """The answer to a panel's question with every column it has."""
    rows = (
        AnalyticsRepository(connection)
        .answer(insight.question, replace(filters, most_rows=MOST_ROWS + 1))
        .rows
    )
    if len(rows) > MOST_ROWS:
        raise InputError(f"These are more than {MOST_ROWS:,} rows. Choose a shorter period or one store.")
    company = ReferenceRepository(connection).settings()
    minor_units = written.decimals(company.base_currency_code if company else None)
    shown = {column.name: column for column in insight.columns}
    fields = [
        Field(
            shown[name].label if name in shown else name.replace("_", " ").capitalize(),
            partial(_value, name),
            "money" if name in shown and shown[name].kind == "money" else "plain",
            width=34 if isinstance(value, str) else 16,
        )
        for name, value in (rows[0].items() if rows else ((column.name, None) for column in insight.columns))
    ]
    return Sheet("Figures", fields, [_Line(row, minor_units) for row in rows])


def picture(connection: Connection, insight: Insight, filters: Filters) -> bytes:
    """The chart of a panel as PNG; NotFoundError where it has none."""
    if insight.chart is None:
        raise NotFoundError(f"{insight.title} has no chart. Take its table.")
    rows = AnalyticsRepository(connection).answer(insight.question, filters).rows
    days = f"{written.date(filters.from_on)} to {written.date(filters.to_on)}"
    return drawn(insight, rows, caption=f"{days}. {insight.definition}")


def drawn(insight: Insight, rows: Sequence[Row], *, caption: str = "") -> bytes:
    """The chart of a panel as PNG, the same for the same rows; with a caption under its title, else without both."""
    # Importing it takes half a second, and few ask for a picture.
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    font_manager.fontManager.addfont(_FONT_OF_CHINESE)
    # A name such as "$1$" is no formula.
    matplotlib.rcParams.update({"text.parse_math": False, "font.family": _FONTS})
    figure = Figure(figsize=(9.6, 4.8 if caption else 3.6), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    if isinstance(insight.chart, Heat):
        _draw_heat(axes, insight.chart, rows)
    elif isinstance(insight.chart, Waterfall):
        _draw_waterfall(axes, insight.chart, rows)
    elif insight.chart:
        _draw(axes, insight.chart, rows)
    if caption:
        figure.suptitle(insight.title, x=0.01, ha="left", color=_INK, fontsize=13)
        axes.set_title(fill(caption, 130), loc="left", color=_QUIET, fontsize=8)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _value(name: str, line: _Line) -> Cell:
    value: Cell = line.values[name]
    return value


def _draw(axes: Any, chart: Chart, rows: Sequence[Row]) -> None:
    for color, (name, label) in zip(charts.SERIES_COLORS, chart.series.items(), strict=False):
        if chart.bars:
            heights = {row[chart.x]: row[name] for row in rows}
            places = [place for place in chart.bars if place in heights]
            axes.bar(places, [_height(heights[place]) for place in places], color=color)
        else:
            axes.plot(
                [row[chart.x] for row in rows], [_height(row[name]) for row in rows], color=color, label=label
            )
    if len(chart.series) > 1:
        axes.legend(frameon=False, fontsize=8)
    if rows:
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    _plain_axes(axes)


def _draw_waterfall(axes: Any, waterfall: Waterfall, rows: Sequence[Row]) -> None:
    bars = waterfall.bars(rows)
    colors = [_ACCENT if bar.is_total else _GOOD if bar.end >= bar.begin else _BAD for bar in bars]
    axes.bar(
        [bar.name for bar in bars],
        [_height(bar.end - bar.begin) for bar in bars],
        bottom=[_height(bar.begin) for bar in bars],
        color=colors,
    )
    for place, bar in enumerate(bars):
        top, amount = max(bar.begin, bar.end), written.integer(bar.end - bar.begin)
        axes.text(place, _height(top), amount, ha="center", va="bottom", fontsize=7, color=_INK)
    for place, bar in enumerate(bars[:-1]):
        axes.plot([place, place + 1], [_height(bar.end)] * 2, color=_QUIET, linewidth=0.5)
    low, high = waterfall.limits(rows)
    # Room for the amount above the highest bar.
    axes.set_ylim(_height(low), _height(high + (high - low) / 12))
    _plain_axes(axes)


def _plain_axes(axes: Any) -> None:
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=_QUIET, labelsize=8)


def _draw_heat(axes: Any, heat: Heat, rows: Sequence[Row]) -> None:
    columns, lines, figures = heat.columns(rows), heat.lines(rows), heat.figures(rows)
    cells = [[_height(figures.get((line, column))) for column in columns] for line in lines]
    if columns:
        # Light enough for the figures to be read on it.
        largest = max((height for line in cells for height in line if height > 0), default=1)
        axes.imshow(cells, aspect="auto", cmap="Purples", vmin=0, vmax=2 * largest)
    axes.set_xticks(range(len(columns)), [str(column) for column in columns])
    axes.set_yticks(range(len(lines)), [str(line) for line in lines])
    for y, line in enumerate(lines):
        for x, column in enumerate(columns):
            if (value := figures.get((line, column))) is not None:
                axes.text(x, y, heat.write(value), ha="center", va="center", fontsize=7, color=_INK)
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=_QUIET, labelsize=8, length=0)


def _height(value: Decimal | int | None) -> float:
    return math.nan if value is None else float(value)
