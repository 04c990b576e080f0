"""SQL: a query of one's own on the business's figures, with the schema beside it, what was run before, and a chart."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.console import WHO_MAY_ASK, Answer, SqlConsole
from app.errors import CrpmError, InputError, NotAllowedError
from app.repositories.console import ConsoleRepository
from app.ui import charts, console_view, panels, shell
from app.ui.failures import explained
from app.ui.grid import Grid
from app.ui.handlers import guarded
from app.ui.progress import bar
from app.workspace import Workspace
from db.console import Caller

_SCRIPT = (Path(__file__).parents[1] / "assets" / "console.js").read_text(encoding="utf-8")
_NO_CHART = "No chart"
_FIRST = "SELECT * FROM analytics.headline"
_NO_LOGIN = panels.empty_state(
    "The SQL console has no login yet",
    "On a PostgreSQL of your own, give crpm_console a password and start the app with CONSOLE_DATABASE_URL: see README.md.",
)
_NO_RIGHT = panels.empty_state(
    "This is for managers and administrators", "Ask one of them for the figure that you need."
)
_BEGIN = panels.empty_state("No result yet", "Type a query and press Ctrl+Enter.")


class SchemaView(gr.HTML):
    """The schema, whose names are written into the editor by a click."""

    def __init__(self, value: str = "", *, render: bool = True) -> None:
        super().__init__(
            value,
            js_on_load=_SCRIPT,
            apply_default_css=False,
            padding=False,
            elem_id="console-schema",
            render=render,
        )


@dataclass(frozen=True, slots=True)
class _Chart:
    """The choices of a chart, and its two forms."""

    row: gr.Row
    form: gr.Radio
    over: gr.Dropdown
    figure: gr.Dropdown
    bars: gr.BarPlot
    line: gr.LinePlot
    kept: gr.State

    @property
    def outputs(self) -> list[Any]:
        return [self.row, self.form, self.over, self.figure, self.bars, self.line, self.kept]


@dataclass(frozen=True, slots=True)
class _Place:
    """The components of the tab."""

    page: gr.Column
    closed: gr.HTML
    editor: gr.Code
    run: gr.Button
    cancel: gr.Button
    explain: gr.Button
    analyze: gr.Button
    note: gr.HTML
    result: gr.HTML
    chart: _Chart
    schema: SchemaView
    runs: Grid
    saved: Grid
    name: gr.Textbox
    save: gr.Button
    delete: gr.Button


class Desk:
    """What the handlers of the tab do, without Gradio."""

    def __init__(self, workspace: Workspace, console: SqlConsole | None) -> None:
        self._workspace = workspace
        self._console = console

    def why_closed(self, request: gr.Request | None) -> Markup | None:
        """Why the tab cannot be used by whoever asks, or None where it can."""
        if self._workspace.actor(request).role not in WHO_MAY_ASK:
            return _NO_RIGHT
        return None if self._console else _NO_LOGIN

    def run(self, request: gr.Request | None, text: str) -> tuple[Answer, int]:
        """Run a statement and note it; the answer and the number of the run."""
        console = self._opened(request)
        with self._workspace.transaction(request) as connection:
            run_id = ConsoleRepository(connection).add_run(statement=text)
        began = time.perf_counter()
        answer: Answer | None = None
        try:
            answer = console.run(text, self._caller(request))
        finally:
            with self._workspace.transaction(request) as connection:
                ConsoleRepository(connection).end_run(
                    run_id=run_id,
                    outcome="answered" if answer else "refused",
                    seconds=round(Decimal(time.perf_counter() - began), 3),
                    row_count=len(answer.rows) if answer else None,
                )
        return answer, run_id

    def explain(self, request: gr.Request | None, text: str, *, is_run: bool) -> list[str]:
        """The plan of a statement."""
        return self._opened(request).explain(text, self._caller(request), is_run=is_run)

    def cancel(self, request: gr.Request | None) -> int:
        """End what runs on this page; how many statements that were."""
        return self._opened(request).cancel(self._caller(request))

    def schema(self, request: gr.Request | None) -> Markup:
        """What can be read."""
        return console_view.schema(self._opened(request).readable_columns(self._caller(request)))

    def save(self, request: gr.Request | None, name: str, text: str) -> None:
        """Save a query under a name."""
        if not text.strip():
            raise InputError("Type the query to save first.")
        with self._workspace.transaction(request) as connection:
            ConsoleRepository(connection).save_query(name=name, statement=text)

    def delete(self, request: gr.Request | None, name: str) -> None:
        """Delete a saved query."""
        with self._workspace.transaction(request) as connection:
            ConsoleRepository(connection).delete_query(name=name)

    def shelves(self, place: _Place, request: gr.Request | None) -> list[Any]:
        """What was run and saved, as tables."""
        with self._workspace.transaction(request) as connection:
            repository = ConsoleRepository(connection)
            return [place.runs.table(repository.runs()), place.saved.table(repository.saved_queries())]

    def statement(self, request: gr.Request | None, key: str, *, is_saved: bool) -> str | None:
        """The statement of a row of either table."""
        with self._workspace.transaction(request) as connection:
            repository = ConsoleRepository(connection)
            found = repository.saved_queries() if is_saved else repository.runs()
        return console_view.statement_of(found, key)

    def _opened(self, request: gr.Request | None) -> SqlConsole:
        if self._console is None or self.why_closed(request) is not None:
            raise NotAllowedError
        return self._console

    def _caller(self, request: gr.Request | None) -> Caller:
        page = getattr(request, "session_hash", None) or ""
        return Caller(self._workspace.actor(request).user_name, str(page))


def build(workspace: Workspace, console: SqlConsole | None, context: shell.TabContext) -> None:
    """Place and wire the tab."""
    desk = Desk(workspace, console)
    place = _placed()
    _wire_running(desk, place)
    _wire_chart(place.chart)
    _wire_shelves(desk, place)
    _wire_coming(desk, place, context)


def _placed() -> _Place:
    closed = panels.view()
    with gr.Column(visible=False) as page, gr.Row():
        with gr.Column(scale=3, min_width=320):
            editor = gr.Code(
                _FIRST,
                language="sql",
                lines=8,
                max_lines=24,
                label="Query",
                elem_id="console-editor",
                buttons=["copy"],
            )
            with gr.Row():
                run = gr.Button("Run", variant="primary", scale=0, min_width=110, elem_id="console-run")
                cancel = gr.Button("Cancel", scale=0, min_width=90, elem_id="console-cancel")
                explain = gr.Button("Explain", scale=0, min_width=90, elem_id="console-explain")
                analyze = gr.Button("Explain and run", scale=0, min_width=130, elem_id="console-analyze")
            note = panels.view(elem_id="console-note")
            chart = _placed_chart()
            result = panels.view(_BEGIN, elem_id="console-result")
        with gr.Column(scale=1, min_width=300), gr.Tabs(elem_classes="sections"):
            with gr.Tab("Schema"):
                schema = SchemaView()
            with gr.Tab("History"):
                runs = Grid(
                    console_view.RUN_COLUMNS,
                    label="What you have run",
                    row_key="run_id",
                    empty=("Nothing run yet", "What you run is kept here, for you alone."),
                    elem_id="console-runs",
                )
            with gr.Tab("Saved"):
                saved = Grid(
                    console_view.SAVED_COLUMNS,
                    label="Saved queries",
                    row_key="name",
                    empty=("Nothing saved yet", "Give the query in the editor a name."),
                    elem_id="console-saved",
                )
                name = gr.Textbox("", label="Name", max_lines=1, elem_id="console-name")
                with gr.Row():
                    save = gr.Button("Save", scale=0, min_width=90, elem_id="console-save")
                    delete = gr.Button(
                        "Delete", variant="stop", scale=0, min_width=90, elem_id="console-delete"
                    )
    return _Place(
        page, closed, editor, run, cancel, explain, analyze, note, result, chart, schema, runs, saved, name, save, delete
    )  # fmt: skip


def _placed_chart() -> _Chart:
    with gr.Row(visible=False, elem_id="console-chart") as row:
        form = gr.Radio([_NO_CHART, "Bars", "Line"], value=_NO_CHART, label="Chart", min_width=230)
        over = gr.Dropdown([], label="Over", min_width=160)
        figure = gr.Dropdown([], label="Figure", min_width=160)
    bars = charts.bar("", x="x", y="y", sort=None, height=300, elem_id="console-bars")
    line = charts.line("", x="x", y="y", height=300, elem_id="console-line")
    bars.visible = line.visible = False
    return _Chart(row, form, over, figure, bars, line, gr.State(None))


def _wire_running(desk: Desk, place: _Place) -> None:
    shown = [place.note, place.result, *place.chart.outputs]
    no_chart = [
        gr.update(visible=False),
        _NO_CHART,
        gr.skip(),
        gr.skip(),
        *[gr.update(visible=False)] * 2,
        None,
    ]

    def say(note: Markup, shown: Any) -> list[Any]:
        return [note, shown, *no_chart]

    def run(request: gr.Request, text: str) -> Iterator[list[Any]]:
        yield [bar("Running"), *[gr.skip()] * (len(shown) - 1)]
        try:
            answer, run_id = desk.run(request, text or "")
        except Exception as error:
            yield say(Markup(""), _failure(error))
            return
        over, figures = console_view.chart_columns(answer)
        empty = panels.empty_state("No rows", "The query has run; nothing meets its conditions.")
        yield [
            console_view.account(answer, run_id),
            console_view.result(answer) if answer.rows else empty,
            gr.update(visible=bool(figures and answer.rows)),
            _NO_CHART,
            gr.update(choices=over, value=over[0] if over else None),
            gr.update(choices=figures, value=figures[-1] if figures else None),
            *[gr.update(visible=False)] * 2,
            console_view.kept_for_chart(answer),
        ]

    def explain(request: gr.Request, text: str, *, is_run: bool) -> Iterator[list[Any]]:
        yield [bar("Planning"), *[gr.skip()] * (len(shown) - 1)]
        try:
            lines = desk.explain(request, text or "", is_run=is_run)
        except Exception as error:
            yield say(Markup(""), _failure(error))
            return
        yield say(Markup(""), console_view.plan(lines))

    def analyze(request: gr.Request, text: str) -> Iterator[list[Any]]:
        yield from explain(request, text, is_run=True)

    def only_explain(request: gr.Request, text: str) -> Iterator[list[Any]]:
        yield from explain(request, text, is_run=False)

    def cancel(request: gr.Request) -> Any:
        try:
            return gr.skip() if desk.cancel(request) else panels.notice("Nothing is running.")
        except Exception as error:
            return panels.notice(explained(error), "bad")

    def shelves(request: gr.Request) -> list[Any]:
        try:
            return desk.shelves(place, request)
        except CrpmError as error:
            return [panels.error_state("This could not be read", str(error))] * 2

    place.run.click(run, place.editor, shown, **shell.SAVE).then(
        shelves, None, [place.runs, place.saved], **shell.READ
    )
    place.explain.click(only_explain, place.editor, shown, **shell.SAVE)
    place.analyze.click(analyze, place.editor, shown, **shell.SAVE)
    place.cancel.click(cancel, None, place.note, **shell.READ)


def _failure(error: Exception) -> Markup:
    return console_view.error(error if isinstance(error, CrpmError) else CrpmError(explained(error)))


def _wire_chart(chart: _Chart) -> None:
    def draw(form: str, over: str | None, figure: str | None, kept: dict[str, Any] | None) -> list[Any]:
        found = console_view.points(kept, over or "", figure or "") if kept and form != _NO_CHART else []
        if not found:
            return [gr.update(visible=False)] * 2
        if form == "Bars":
            bars = [point | {"x": str(point["x"])} for point in found[: console_view.MOST_BARS]]
            return [charts.draw(chart.bars, bars) | {"visible": True}, gr.update(visible=False)]
        return [gr.update(visible=False), charts.draw(chart.line, found) | {"visible": True}]

    choices = [chart.form, chart.over, chart.figure]
    gr.on(
        [chart.form.input, chart.over.input, chart.figure.input],
        draw,
        [*choices, chart.kept],
        [chart.bars, chart.line],
        **shell.READ,
    )


def _wire_shelves(desk: Desk, place: _Place) -> None:
    def opened_run(request: gr.Request, event: gr.EventData) -> Any:
        return desk.statement(request, Grid.opened_key(event), is_saved=False) or gr.skip()

    def opened_saved(request: gr.Request, event: gr.EventData) -> list[Any]:
        statement = desk.statement(request, Grid.opened_key(event), is_saved=True)
        return [statement, Grid.opened_key(event)] if statement else [gr.skip()] * 2

    @guarded
    def save(request: gr.Request, name: str, text: str) -> Any:
        desk.save(request, name, text or "")
        gr.Info("Saved.")
        return desk.shelves(place, request)

    @guarded
    def delete(request: gr.Request, name: str) -> Any:
        desk.delete(request, name)
        gr.Info("Deleted.")
        return desk.shelves(place, request)

    place.runs.opened(opened_run, None, place.editor, **shell.READ)
    place.saved.opened(opened_saved, None, [place.editor, place.name], **shell.READ)
    place.save.click(save, [place.name, place.editor], [place.runs, place.saved], **shell.SAVE)
    place.delete.click(delete, place.name, [place.runs, place.saved], **shell.SAVE)


def _wire_coming(desk: Desk, place: _Place, context: shell.TabContext) -> None:
    outputs = [place.page, place.closed, place.schema, place.runs, place.saved]

    def come(request: gr.Request) -> list[Any]:
        try:
            closed = desk.why_closed(request)
            if closed is None:
                return [gr.update(visible=True), "", desk.schema(request), *desk.shelves(place, request)]
        except Exception as error:
            closed = panels.error_state("This could not be read", explained(error))
        return [gr.update(visible=False), closed, *[gr.skip()] * 3]

    context.on_select(come, None, outputs)
    # A link of a figure carries its statement. It is shown, and run by whoever has read it.
    context.on_open(lambda key: key or gr.skip(), outputs=place.editor)
