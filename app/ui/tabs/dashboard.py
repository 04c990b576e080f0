"""Dashboard: what an owner wants to know in the morning, also on a phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import gradio as gr
import pandas as pd
from markupsafe import Markup

from app.console import WHO_MAY_ASK
from app.errors import CrpmError
from app.repositories.analytics import AnalyticsRepository, Filters, Horizon
from app.repositories.loads import Load, LoadsRepository
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui import panels, shell
from app.ui.insights import InsightView, may_see, read_or_say
from app.ui.questions import customers, products, sales, stock
from app.workspace import Workspace

_TO_DATA = panels.link("Data", "data", "")
_TO_PURCHASES = panels.link("Purchases", "purchases", "")
_NOT_SET_UP = panels.empty_state(
    "Nothing is set up yet",
    Markup("Name your company and its first store, or load the demo data, in {}.").format(_TO_DATA),
)
_NO_SALES = panels.empty_state(
    "No sales yet", Markup("Record one in {}, or load your files in {}.").format(_TO_PURCHASES, _TO_DATA)
)


@dataclass(frozen=True, slots=True)
class Span:
    """The days a panel is about, and what they are called; an empty title leaves the panel's own."""

    filters: Filters
    title: str = ""

    @property
    def period(self) -> str:
        days = self.filters
        if days.from_on == days.to_on:
            return written.date(days.to_on)
        return f"{written.date(days.from_on)} to {written.date(days.to_on)}"


def spans(horizon: Horizon) -> Mapping[str, Span]:
    """The days each panel of the dashboard is about.

    Yesterday is the last day that is over; where the data is older than that, the last day with data takes its
    place, so that a shop that was closed, or history loaded from files, shows figures and not zeros.
    """
    last = min(horizon.last_on or horizon.today, horizon.today)
    yesterday = horizon.today - timedelta(days=1)
    day = min(last, yesterday)
    month = Filters(last.replace(day=1), last)
    year_before = (pd.Timestamp(last) - pd.DateOffset(months=11)).date().replace(day=1)
    thirty_days = Filters(last - timedelta(days=29), last)
    twelve_months = Filters(year_before, last)
    return {
        "day": Span(
            Filters(day, day), "Yesterday" if day == yesterday else f"{day:%A}, the last day with sales"
        ),
        "month": Span(month, f"{last:%B} to date"),
        "daily": Span(thirty_days, "Revenue by day"),
        "monthly": Span(twelve_months, "Revenue by month"),
        "best": Span(thirty_days),
        "stock": Span(Filters(last, last)),
        "customers": Span(twelve_months),
    }


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place the panels and read them whenever the tab comes on screen."""
    note = panels.view(elem_id="dashboard-note")
    with gr.Column(visible=False) as figures:
        views = {
            "day": InsightView(sales.HEADLINE, elem_id="dashboard-day"),
            "month": InsightView(sales.HEADLINE, elem_id="dashboard-month"),
        }
        with gr.Row(equal_height=True):
            views["daily"] = InsightView(sales.OVER_TIME_COMPARED, elem_id="dashboard-daily")
            views["monthly"] = InsightView(sales.OVER_TIME_COMPARED, elem_id="dashboard-monthly")
        with gr.Row(equal_height=True):
            views["best"] = InsightView(products.BEST_SELLERS_SHORT, elem_id="dashboard-best", scale=5)
            views["customers"] = InsightView(
                customers.TOP_CUSTOMERS_SHORT, elem_id="dashboard-customers", scale=4
            )
            views["stock"] = InsightView(stock.LOW_STOCK, elem_id="dashboard-stock", scale=6)
        load = panels.view(elem_id="dashboard-load")
    outputs = [note, figures, load, *(output for view in views.values() for output in view.outputs)]

    def show(request: gr.Request) -> list[Any]:
        return read_or_say(lambda: read(workspace, views, request), lambda message: _only(views, message))

    def begin(request: gr.Request) -> Any:
        return context.go("data") if is_new(workspace, request) else gr.skip()

    context.on_select(show, outputs=outputs)
    context.on_select(begin, outputs=context.navigator)


def is_new(workspace: Workspace, request: gr.Request | None) -> bool:
    """Whether the business is still to be set up, which is then the first page."""
    try:
        with workspace.transaction(request) as connection:
            return ReferenceRepository(connection).settings() is None
    except CrpmError:
        return False  # The panels say so.


def read(workspace: Workspace, views: Mapping[str, InsightView], request: gr.Request | None) -> list[Any]:
    """New values for the note, the column of figures, and every panel."""
    with workspace.transaction(request) as connection:
        repository = AnalyticsRepository(connection)
        horizon = repository.find_horizon()
        if horizon is None or horizon.last_on is None:
            return _only(views, _NO_SALES if horizon else _NOT_SET_UP)
        filled = []
        role = workspace.actor(request).role
        for key, span in ((key, spans(horizon)[key]) for key in views):
            if not may_see(role, views[key].insight):
                filled.append(views[key].hidden())
                continue
            answer = repository.answer(views[key].insight.question, span.filters)
            filled.append(
                views[key].filled(
                    answer,
                    span.filters,
                    horizon.base_currency_code,
                    title=span.title,
                    period=span.period,
                    has_console=workspace.actor(request).role in WHO_MAY_ASK,
                )
            )
        # Loads name who began them, which an analyst does not read either.
        load = "" if role == "crpm_analyst" else _last_load(LoadsRepository(connection).find_last())
    return [
        _note(horizon, workspace.actor(request).store),
        gr.update(visible=True),
        load,
        *(value for values in filled for value in values),
    ]


def _note(horizon: Horizon, store: str | None) -> Markup:
    where = f" \u00b7 in your store alone, {store}" if store else ""
    is_old = horizon.last_on and horizon.last_on < horizon.today - timedelta(days=1)
    return panels.heading(
        horizon.company_name,
        detail=f"Amounts in {horizon.base_currency_code}{where}",
        status=f"Data up to {written.date(horizon.last_on)}" if is_old else "",
    )


def _last_load(load: Load | None) -> Markup:
    if load is None:
        return Markup('<p class="quiet">{}</p>').format("No files have been loaded.")
    name = panels.link(f"Load {load.load_id}", "data", load.load_id)
    counts = (
        f"{written.integer(getattr(load, f'rows_{outcome}'))} {outcome}"
        for outcome in ("read", "loaded", "updated", "duplicate", "rejected")
    )
    when = written.timestamp(load.started_at)
    return Markup('<p class="quiet">Last load: {}, {}. Rows: {}.</p>').format(name, when, ", ".join(counts))


def _only(views: Mapping[str, InsightView], message: Markup) -> list[Any]:
    return [
        message,
        gr.update(visible=False),
        gr.skip(),
        *(value for view in views.values() for value in view.skipped()),
    ]
