"""Line and bar charts over Gradio's native plots, drawn by the browser, with one look.

Figures become floats here, for drawing only. An axis of amounts always has zero on it. Its limits stay as they are when a plot is
drawn: Gradio's plot, told of other limits and other values at once, goes on showing the values that it had.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import gradio as gr
import pandas as pd

# Told apart with colour-blind eyes and on both backgrounds; the first is the accent.
SERIES_COLORS = ("#6366f1", "#f59e0b", "#0ea5a4", "#e05d8b", "#8a94a6", "#84a83c", "#b07be8", "#38a3e0")

# A blank title, since without one the plot writes the column's name.
_QUIET: dict[str, Any] = {
    "x_title": " ",
    "y_title": " ",
    "color_title": " ",
    "y_axis_format": "~s",
    "y_lim": [0, None],
    "elem_classes": "chart",
}


def line(
    title: str,
    *,
    x: str,
    y: str,
    color: str | None = None,
    series: Sequence[str] = (),
    height: int = 300,
    elem_id: str | None = None,
) -> gr.LinePlot:
    """A line over time; `color` is the column of the series, `series` their names in the order of colours."""
    return gr.LinePlot(
        x=x,
        y=y,
        color=color,
        color_map=dict(zip(series, SERIES_COLORS, strict=False)) or None,
        label=title,
        height=height,
        elem_id=elem_id,
        **_QUIET,
    )


def bar(
    title: str,
    *,
    x: str,
    y: str,
    color: str | None = None,
    series: Sequence[str] = (),
    sort: str | Sequence[str] | None = "-y",
    height: int = 300,
    elem_id: str | None = None,
) -> gr.BarPlot:
    """Bars by category, the largest first unless `sort` says otherwise (None: as given); stacked by `color`."""
    return gr.BarPlot(
        x=x,
        y=y,
        color=color,
        color_map=dict(zip(series, SERIES_COLORS, strict=False)) or None,
        sort=sort,  # type: ignore[arg-type]
        label=title,
        height=height,
        elem_id=elem_id,
        **_QUIET,
    )


def draw(plot: gr.LinePlot | gr.BarPlot, rows: Iterable[Any]) -> dict[str, Any]:
    """What a handler returns to fill a chart: `rows` (dataclasses or mappings) have its x, y and color fields."""
    x, y = str(plot.x), str(plot.y)
    names = [x, y, *([plot.color] if plot.color else [])]
    data = pd.DataFrame(
        {name: [_drawn(_field(row, name)) for row in rows] for rows in [list(rows)] for name in names},
        columns=names,
    )
    return gr.update(value=data)


def _field(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def _drawn(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return pd.Timestamp(value) if isinstance(value, date) else value
