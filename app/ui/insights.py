"""Panels of figures: each is one declaration, and one renderer shows them all, with the SQL behind every figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.repositories.analytics import Answer, Filters, Row
from app.ui import charts, figure_address, panels
from app.ui import format as written
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.heat import Heat
from app.ui.waterfall import Waterfall
from db.pool import Role

# The column with the filters that each row of a panel's table is of, for links to what is behind it.
FILTERS = "filters"
_STATEMENT = Markup('<div><button type="button" data-copy>Copy</button><pre tabindex="0">{}</pre></div>{}')
_NOT_FOR_CONSOLE = Markup("<p>{}</p>").format(
    "The SQL console cannot open this one: it reads names or birthdays."
)

# An analyst changes as little as a viewer.
_RANKS: dict[Role, int] = {
    "crpm_viewer": 0,
    "crpm_analyst": 0,
    "crpm_clerk": 1,
    "crpm_manager": 2,
    "crpm_admin": 3,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over the column `x`; `series` names the columns drawn, the first in the accent colour.

    With `bars`, bars for these values of `x` alone, in this order, instead.
    """

    x: str
    series: Mapping[str, str]
    bars: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Insight:
    """One panel.

    `question` is its query file in db/queries/analytics, `definition` says in one line what is counted, and in which
    days. It shows figures made from its one row, or a table of `columns`, under a chart or on its own. `opens` is
    the tab in which a row opens its record, by the column `row_key`. The SQL console opens its statement, unless
    `is_personal` says that it reads what names or describes a person. `extent` makes the words in the corner from the
    rows, in the place of the period. Roles below `role` do not see it.
    """

    question: str
    title: str
    definition: str
    figures: Callable[[Row, Filters, str], Sequence[panels.Kpi]] | None = None
    columns: Sequence[Column] = ()
    chart: Chart | Heat | Waterfall | None = None
    row_key: str | None = None
    opens: str = ""
    role: Role = "crpm_viewer"
    is_personal: bool = False
    empty: tuple[str, str] = ("No sales in this period", "Choose a longer one.")
    is_table_folded: bool = False
    extent: Callable[[Sequence[Row]], str] | None = None


def is_at_least(role: Role, needed: Role) -> bool:
    """Whether a role holds what another one holds."""
    return _RANKS[role] >= _RANKS[needed]


def may_see(role: Role, insight: Insight) -> bool:
    """Whether a role may read what answers a question: an analyst reads costs too, but nothing of persons."""
    return not insight.is_personal if role == "crpm_analyst" else is_at_least(role, insight.role)


def share_of(name: str) -> Callable[[Row], Markup]:
    """The value of a column for a share of the whole: a small bar with its percentage."""

    def drawn(row: Row) -> Markup:
        share: Decimal | None = row[name]
        width = min(max(share or Decimal(0), Decimal(0)), Decimal(1)) * 100
        return Markup(
            '<span class="share"><i style="width:{}%"></i></span><span class="percent">{}</span>'
        ).format(f"{width:.1f}", written.percent(share))

    return drawn


class InsightView:
    """The components of one panel; `outputs` lists them, `filled` makes their new values, `body` is its table."""

    def __init__(self, insight: Insight, *, elem_id: str, scale: int = 1, min_width: int = 320) -> None:
        self.insight = insight
        self._plot: gr.LinePlot | gr.BarPlot | None = None
        self._classes = ["insight", "strip" if insight.figures else "card"]
        with gr.Column(
            elem_classes=self._classes, elem_id=elem_id, scale=scale, min_width=min_width
        ) as self._card:
            self._head = panels.view(self._heading(""))
            if isinstance(insight.chart, Chart):
                self._plot = _plot(insight.chart)
            self.body = _Body(insight)
        self.outputs: list[Any] = [self._card, self._head, *([self._plot] if self._plot else []), self.body]

    def filled(
        self,
        answer: Answer,
        filters: Filters,
        currency: str,
        *,
        title: str = "",
        period: str = "",
        has_console: bool = False,
    ) -> list[Any]:
        """New values for `outputs`; `period` says in words what days the figures are of.

        With `has_console`, whoever sees the panel may open its statement in the SQL console.
        """
        rows = answer.rows
        if self.insight.extent:
            period = self.insight.extent(rows)
        values: list[Any] = [self._seen(), self._heading(period, title=title)]
        if self._plot and isinstance(self.insight.chart, Chart):
            values.append(
                charts.draw(self._plot, _drawn_rows(self.insight.chart, rows)) | {"visible": bool(rows)}
            )
        foot = [self._files(filters), self._statement(answer.sql.strip(), has_console=has_console)]
        if self.insight.figures:
            strip = panels.kpi_strip(self.insight.figures(rows[0], filters, currency))
            definition = Markup("<p>{}</p>").format(self.insight.definition)
            return [*values, _with_foot(strip, definition, *foot)]
        table = self.body.table([{**row, FILTERS: filters} for row in rows], currency=currency)
        if self.insight.is_table_folded and rows:
            shown = Markup("")
            if isinstance(self.insight.chart, Heat):
                shown = self.insight.chart.table(rows, label=self.insight.title)
            elif isinstance(self.insight.chart, Waterfall):
                shown = self.insight.chart.table(rows, label=self.insight.title, currency=currency)
            return [
                *values,
                _with_foot(shown, _folded("Figures", table, of=self.insight.title), *foot),
            ]
        return [*values, _with_foot(table, *foot)]

    def waiting(self) -> list[Any]:
        """New values for `outputs` that leave them as they are, and show that others are on their way."""
        return [self._seen("waiting"), *([gr.skip()] * (len(self.outputs) - 1))]

    def unread(self, state: Markup) -> list[Any]:
        """New values for `outputs` that show a state in the place of the figures."""
        plot = [gr.update(visible=False)] if self._plot else []
        return [self._seen(), self._heading(""), *plot, state]

    def _seen(self, *classes: str) -> Any:
        return gr.update(visible=True, elem_classes=[*self._classes, *classes])

    def hidden(self) -> list[Any]:
        """New values for `outputs` for a person who may not see the panel."""
        return [gr.update(visible=False), *([gr.skip()] * (len(self.outputs) - 1))]

    def skipped(self) -> list[Any]:
        """Values that leave `outputs` as they are."""
        return [gr.skip()] * len(self.outputs)

    def _files(self, filters: Filters) -> Markup:
        kinds = ("csv", "xlsx", "png") if self.insight.chart else ("csv", "xlsx")
        asked = figure_address.written(filters)
        links = (
            Markup('<a href="{}" target="_blank" rel="noopener" aria-label="{} as {}">{}</a>').format(
                f"exports/analytics/{self.insight.question}.{kind}?{asked}",
                self.insight.title,
                kind.upper(),
                kind.upper(),
            )
            for kind in kinds
        )
        return Markup('<span class="files">{}</span>').format(Markup(" ").join(links))

    def _statement(self, sql: str, *, has_console: bool) -> Markup:
        console = Markup("")
        if has_console:
            console = (
                _NOT_FOR_CONSOLE if self.insight.is_personal else panels.link("Open in console", "sql", sql)
            )
        return _folded("SQL", _STATEMENT.format(sql, console), of=self.insight.title)

    def _heading(self, period: str, *, title: str = "") -> Markup:
        definition = Markup("<p>{}</p>").format(self.insight.definition) if not self.insight.figures else ""
        return Markup("<header><h3>{}</h3><span>{}</span>{}</header>").format(
            title or self.insight.title, period, definition
        )


class _Body(Grid):
    """The table or the figures of a panel, and below them its statement with a button that copies it."""

    # Gradio makes a component anew for an update that leaves its value alone, and then asks not to render it.
    def __init__(self, insight: Insight, *, render: bool = True) -> None:
        super().__init__(
            insight.columns,
            label=insight.title,
            row_key=insight.row_key,
            empty=insight.empty,
            opens=insight.opens,
        )


def read_or_say(read: Callable[[], list[Any]], say: Callable[[Markup], list[Any]]) -> list[Any]:
    """What `read` returns; where it fails, what `say` makes of the message, since a read shows no toasts."""
    try:
        return read()
    except Exception as error:
        return say(panels.error_state("This could not be read", explained(error)))


def _plot(chart: Chart) -> gr.LinePlot | gr.BarPlot:
    names = tuple(chart.series.values())
    if chart.bars:
        return charts.bar("", x=chart.x, y=next(iter(chart.series)), sort=list(chart.bars), height=220)
    if len(names) == 1:
        return charts.line("", x=chart.x, y=next(iter(chart.series)), height=290)
    return charts.line("", x=chart.x, y="value", color="series", series=names, height=240)


def _drawn_rows(chart: Chart, rows: Sequence[Row]) -> list[Row]:
    if len(chart.series) == 1:
        return [row for row in rows if not chart.bars or row[chart.x] in chart.bars]
    return [
        {chart.x: row[chart.x], "value": row[column], "series": name}
        for column, name in chart.series.items()
        for row in rows
        if row[column] is not None
    ]


def _folded(summary: str, content: Markup, *, of: str) -> Markup:
    return Markup('<details class="{}"><summary aria-label="{} of {}">{}</summary>{}</details>').format(
        summary.lower(), summary, of, summary, content
    )


def _with_foot(shown: Markup, *parts: Markup) -> Markup:
    return Markup('{}<div class="foot">{}</div>').format(shown, Markup("").join(parts))
