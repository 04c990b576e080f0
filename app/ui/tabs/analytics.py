"""Analytics: the questions of the business under one set of filters, section by section."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import gradio as gr
import pandas as pd
import psycopg
from markupsafe import Markup

from app.console import WHO_MAY_ASK
from app.errors import InputError
from app.repositories.analytics import (
    DAYS_OF_STEP,
    FIRST_DAY,
    LAST_DAY,
    AnalyticsRepository,
    Filters,
    Horizon,
    Step,
)
from app.repositories.customers import SEGMENTS
from app.ui import branches, panels, questions, readings, shell
from app.ui import format as written
from app.ui.branches import Branch
from app.ui.grid import Grid
from app.ui.insights import Insight, InsightView, may_see, read_or_say
from app.ui.questions import products, segments
from app.ui.readings import Reading, ReadingEndedError, ReadingNote, Readings
from app.workspace import Workspace

FROM_TO = "From-to"
# With older data, "this month" is the month of the last sale: history loaded from files ends where it ends.
_DAYS_FRESH = 31
_NO_SALES = panels.empty_state("No sales yet", "Record a purchase in Purchases, or load your files in Data.")
_NOT_READ = panels.empty_state("Not read", "Reading was cancelled.")
_SHOW_SEGMENT = (
    "() => document.querySelector('#analytics-segment_customers').scrollIntoView({ block: 'nearest' })"
)
_KINDS = {"store": "stores", "country": "countries", "category": "categories"}


def _months_back(day: date, months: int) -> date:
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()


# Each preset's first and last day, from the day that counts as today and the first day with data.
PERIODS: dict[str, Callable[[date, date], tuple[date, date]]] = {
    "Last 12 months": lambda today, first: (_months_back(today, 11).replace(day=1), today),
    "This month": lambda today, first: (today.replace(day=1), today),
    "Last month": lambda today, first: (
        _months_back(today, 1).replace(day=1),
        today.replace(day=1) - timedelta(days=1),
    ),
    "This year": lambda today, first: (today.replace(month=1, day=1), today),
    "Last year": lambda today, first: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    "All": lambda today, first: (first, today),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters as they come from the screen, in the order of its fields; an empty text means all."""

    period: str = "Last 12 months"
    from_text: str = ""
    to_text: str = ""
    store: str = ""
    country: str = ""
    category: str = ""
    segment: str = ""
    compare_with: Literal["previous", "year"] = "previous"
    grain: Step | Literal[""] = ""
    include_unsold: bool = False
    rank_products_by: Literal["units", "revenue", "customers"] = "units"
    dead_days: int = 180
    rank_customers_by: Literal["revenue", "orders"] = "revenue"
    branch: Branch = ()


def filters_of(choice: Choice, horizon: Horizon) -> Filters:
    """The filters of a choice; InputError where its days cannot be understood."""
    last = min(horizon.last_on or horizon.today, horizon.today)
    is_fresh = horizon.today - last <= timedelta(days=_DAYS_FRESH)
    today = horizon.today if is_fresh else last
    if choice.period == FROM_TO:
        days = _day(choice.from_text, "first"), _day(choice.to_text, "last")
    else:
        first, last = PERIODS[choice.period](today, horizon.first_on or today)
        days = max(first, FIRST_DAY), min(last, LAST_DAY)
    if days[0] > days[1]:
        raise InputError("The first day is after the last. Exchange them.")
    filters = Filters(
        *days,
        store_id=int(choice.store) if choice.store else None,
        country_code=choice.country or None,
        category_id=int(choice.category) if choice.category else None,
        segment=choice.segment or None,
        compare_with=choice.compare_with,
        include_unsold=choice.include_unsold,
        rank_products_by=choice.rank_products_by,
        dead_days=choice.dead_days,
        rank_customers_by=choice.rank_customers_by,
        grain=choice.grain or None,
    )
    return branches.within(filters, choice.branch)


def _day(text: str, which: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"Type the {which} day as year-month-day, such as 2024-03-31.") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError(f"Choose a {which} day from {FIRST_DAY} to {LAST_DAY}.")
    return day


class Sections:
    """The sections' panels, and what a reading puts into them.

    A section is read in several answers where it takes long, see `app.ui.readings`: values are those of the note, of how far
    the reading has come, and of the section's panels.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._readings = Readings()
        self._views: dict[str, dict[str, InsightView]] = {}

    def place(self, section: str) -> None:
        """Create the components of a section, in the tab that is being built."""
        views = self._views[section] = {}
        for row in questions.SECTIONS[section]:
            with gr.Row(equal_height=True):
                for insight in row:
                    views[insight.question] = InsightView(insight, elem_id=f"analytics-{insight.question}")

    def outputs(self, section: str) -> list[Any]:
        """The components of a section's panels."""
        return [output for view in self._views[section].values() for output in view.outputs]

    def view(self, insight: Insight) -> InsightView:
        """The components of a panel."""
        return next(views[insight.question] for views in self._views.values() if insight.question in views)

    def begin(self, request: gr.Request | None, section: str, choice: Choice) -> list[Any]:
        """The first values of a section that is read from now on, and no longer what the page has read before."""
        role = self._workspace.actor(request).role
        shown = [name for name, view in self._views[section].items() if may_see(role, view.insight)]
        reading = self._readings.begin(readings.page_of(request), (section, choice), shown)
        return self._read(request, reading, is_first=True)

    def go_on(self, request: gr.Request | None, section: str, number: int) -> list[Any]:
        """The next values of a reading; none where something else has been asked for meanwhile."""
        reading = self._readings.find(readings.page_of(request), number)
        if reading is None or reading.asked[0] != section:
            return self._values(section, gr.skip(), gr.skip(), {})
        return self._read(request, reading)

    def cancel(self, request: gr.Request | None) -> None:
        """Read no further; the answer on its way says so."""
        self._readings.cancel(readings.page_of(request))

    def read_one(self, request: gr.Request | None, choice: Choice, view: InsightView) -> list[Any]:
        """New values for one panel."""
        with self._workspace.transaction(request) as connection:
            repository = AnalyticsRepository(connection)
            horizon = repository.find_horizon()
            if horizon is None or horizon.last_on is None:
                return view.unread(_NO_SALES)
            return self._filled(request, repository, view, filters_of(choice, horizon), horizon)

    def say(self, section: str, message: Markup) -> list[Any]:
        """Values that show a message in the place of the section's panels."""
        hidden = {name: view.hidden() for name, view in self._views[section].items()}
        return self._values(section, message, "", hidden)

    def _read(self, request: gr.Request | None, reading: Reading, *, is_first: bool = False) -> list[Any]:
        """Values for the next panels of a reading."""
        section, choice = reading.asked
        views = self._views[section]
        shown: dict[str, list[Any]] = {}
        words: Any = gr.skip()
        with self._workspace.transaction(request) as connection:
            horizon = AnalyticsRepository(connection).find_horizon()
        if horizon is None or horizon.last_on is None:
            return self.say(section, _NO_SALES)
        filters = filters_of(choice, horizon)
        if is_first:
            words = _note(filters, horizon, self._workspace.actor(request).store)
            shown = {
                name: view.waiting() if name in reading.left else view.hidden()
                for name, view in views.items()
            }
        for place, name in enumerate(
            reading.panels(readings.FIRST_SECONDS if is_first else readings.NEXT_SECONDS)
        ):
            # What takes long comes alone: first in its answer, after another that says so.
            may_take_long = place == 0 and not is_first
            patience = None if may_take_long else readings.PATIENCE_SECONDS
            with self._workspace.transaction(request, statement_seconds=patience) as connection:
                repository = AnalyticsRepository(connection)
                try:
                    with reading.running(connection):
                        shown[name] = self._filled(request, repository, views[name], filters, horizon)
                except ReadingEndedError:
                    break  # The values below say so.
                except psycopg.errors.QueryCanceled:
                    if may_take_long:
                        raise
                    break
        if reading.is_replaced:
            return self._values(section, gr.skip(), gr.skip(), {})
        if reading.is_cancelled:
            shown |= {name: views[name].unread(_NOT_READ) for name in reading.left}
        progress = readings.note(reading, lambda name: views[name].insight.title, is_first=is_first)
        if reading.is_cancelled or not reading.left:
            self._readings.finish(readings.page_of(request), reading)
        return self._values(section, words, progress, shown)

    def _filled(
        self,
        request: gr.Request | None,
        repository: AnalyticsRepository,
        view: InsightView,
        filters: Filters,
        horizon: Horizon,
    ) -> list[Any]:
        answer, title = repository.answer(view.insight.question, filters), ""
        if view.insight is products.PROFIT_DRILL_DOWN:
            title = branches.title(view.insight, answer)
            answer = branches.with_way_up(view.insight, answer, filters)
        return view.filled(
            answer,
            filters,
            horizon.base_currency_code,
            title=title,
            has_console=self._workspace.actor(request).role in WHO_MAY_ASK,
        )

    def _values(self, section: str, words: Any, progress: Any, shown: Mapping[str, list[Any]]) -> list[Any]:
        filled = [shown.get(name) or view.skipped() for name, view in self._views[section].items()]
        return [words, progress, *(value for values in filled for value in values)]


def _note(filters: Filters, horizon: Horizon, store: str | None) -> Markup:
    days, before = (
        f"{written.date(first)} to {written.date(last)}"
        for first, last in ((filters.from_on, filters.to_on), filters.compared)
    )
    text = Markup("{}, compared with {}. Amounts in {}").format(days, before, horizon.base_currency_code)
    text += Markup(", in your store alone, {}.").format(store) if store else Markup(".")
    if horizon.last_on and horizon.last_on < horizon.today - timedelta(days=1):
        text += Markup(" Data up to {}.").format(written.date(horizon.last_on))
    return Markup('<p class="quiet">{}</p>').format(text)


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place filters and sections, and read the section on screen whenever either changes."""
    branch = gr.State(())
    filters = _place_filters()
    note = panels.view(elem_id="analytics-note")
    sections = Sections(workspace)
    tabs: dict[str, gr.Tab] = {}
    progress: dict[str, ReadingNote] = {}
    with gr.Tabs(elem_classes="sections", overflow_behavior="wrap"):
        for name in questions.SECTIONS:
            with gr.Tab(name) as tabs[name]:
                filters += _place_controls(name)
                progress[name] = ReadingNote()
                sections.place(name)
    asked = [*filters, branch]

    def wire(name: str) -> None:
        outputs = [note, progress[name], *sections.outputs(name)]

        def show(request: gr.Request, *chosen: Any) -> list[Any]:
            return read_or_say(
                lambda: sections.begin(request, name, Choice(*chosen)),
                lambda message: sections.say(name, message),
            )

        def go_on(request: gr.Request, event: gr.EventData) -> list[Any]:
            return read_or_say(
                lambda: sections.go_on(request, name, readings.number_of(event)),
                lambda message: sections.say(name, message),
            )

        progress[name].wanted(show, asked, outputs, **shell.READ)
        progress[name].continued(go_on, None, outputs, **shell.READ)
        progress[name].cancelled(sections.cancel, None, None, **shell.READ)

    def go_down(request: gr.Request, event: gr.EventData, *chosen: Any) -> list[Any]:
        choice, key = Choice(*chosen), Grid.opened_key(event)
        before = branches.effective(choice.branch, int(choice.category) if choice.category else None)
        after = branches.opened(before, key)
        if after is None:
            return [*drilled.skipped(), gr.skip(), context.go("products", key)]
        choice = replace(choice, branch=after)
        shown = read_or_say(
            lambda: sections.read_one(request, choice, drilled), lambda message: drilled.unread(message)
        )
        return [*shown, after, gr.skip()]

    def choose_segment(event: gr.EventData, chosen: str) -> str:
        key = Grid.opened_key(event)
        return "" if key == chosen or key not in SEGMENTS else key

    def offer(request: gr.Request) -> list[Any]:
        return read_or_say(lambda: choices(workspace, request), lambda message: [gr.skip()] * len(_KINDS))

    for name in questions.SECTIONS:
        wire(name)
    period, from_text, to_text, store, country, category, segment, *_ = filters
    period.change(_show_days, period, [from_text, to_text], **shell.READ)
    gr.on(
        [
            *(tab.select for tab in (context.tab, *tabs.values())),
            *(component.change for component in filters),
        ],
        None,
        js=readings.READ_ON_SCREEN,
    )
    drilled = sections.view(products.PROFIT_DRILL_DOWN)
    drilled.body.opened(go_down, asked, [*drilled.outputs, branch, context.navigator], **shell.READ)
    sections.view(segments.SEGMENTS).body.opened(choose_segment, segment, segment, **shell.READ).then(
        None, js=_SHOW_SEGMENT
    )
    context.on_select(offer, outputs=[store, country, category])


def _place_filters() -> list[Any]:
    """Create the filters of all sections, in the order of Choice."""
    with gr.Row(elem_classes="filters"):
        period = gr.Dropdown(
            [*PERIODS, FROM_TO], value="Last 12 months", label="Period", elem_id="analytics-period"
        )
        from_text = gr.Textbox("", label="From", placeholder="2024-01-01", visible=False, max_lines=1)
        to_text = gr.Textbox("", label="To", placeholder="2024-12-31", visible=False, max_lines=1)
        kinds = [
            gr.Dropdown(
                [(f"All {plural}", "")], value="", label=kind.capitalize(), elem_id=f"analytics-{kind}"
            )
            for kind, plural in _KINDS.items()
        ]
        names = [("All customers", ""), *((name, name) for name in SEGMENTS)]
        segment = gr.Dropdown(names, value="", label="Segment", elem_id="analytics-segment")
        compare_with = gr.Dropdown(
            [("The period before", "previous"), ("The year before", "year")],
            value="previous",
            label="Compared with",
            elem_id="analytics-compare-with",
        )
    return [period, from_text, to_text, *kinds, segment, compare_with]


def _place_controls(section: str) -> list[Any]:
    """Create what is chosen in one section alone, in the order of Choice."""
    if section == "Sales":
        steps = [("Automatic", ""), *((f"By {step}", step) for step in DAYS_OF_STEP)]
        return [gr.Radio(steps, value="", label="Revenue over time")]
    if section == "Products":
        with gr.Row():
            rank = gr.Radio(
                [("Pieces", "units"), ("Revenue", "revenue"), ("Customers", "customers")],
                value="units",
                label="Best and least selling by",
            )
            include = gr.Checkbox(label="Include products without a sale among the least selling")
        return [include, rank]
    if section == "Stock":
        return [gr.Radio([90, 180, 365], value=180, label="Dead after days without a sale")]
    if section == "Customers":
        by = gr.Radio(
            [("Revenue", "revenue"), ("Orders", "orders")], value="revenue", label="Top customers by"
        )
        return [by]
    return []


def _show_days(period: str) -> tuple[Any, Any]:
    return gr.update(visible=period == FROM_TO), gr.update(visible=period == FROM_TO)


def choices(workspace: Workspace, request: gr.Request | None) -> list[Any]:
    """New choices for the filters by store, country and category."""
    with workspace.transaction(request) as connection:
        found = AnalyticsRepository(connection).list_filter_choices()
    return [
        gr.update(
            choices=[(f"All {plural}", ""), *((one.label, one.value) for one in found if one.kind == kind)]
        )
        for kind, plural in _KINDS.items()
    ]
