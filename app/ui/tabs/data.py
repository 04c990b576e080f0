"""Data: loading files, the account of every load, and what was rejected."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from app.repositories.company import CompanyRepository
from app.repositories.loads import LoadsRepository
from app.repositories.reference import CompanySettings, ReferenceRepository
from app.ui import format as written
from app.ui import panels, progress, shell, uploads
from app.ui.failures import explained
from app.ui.grid import GridState
from app.ui.handlers import guarded
from app.ui.insights import is_at_least, read_or_say
from app.ui.loads_view import LoadsView
from app.ui.tabs import load_undo, receipt_details, setup
from app.workspace import Workspace
from loader.account import Report, Trial
from loader.errors import UndecidedDateOrderError
from loader.staging import DateOrder, Progress

_DATE_ORDERS = [("Month first: 12/31/2024", "mdy"), ("Day first: 31/12/2024", "dmy")]
_REMOVAL = (
    "This takes out every customer, product, store, purchase and load, also those that were added while trying it out. "
    "It cannot be undone. Then you set up your own company."
)
_REJECTS = GridState(page_size=10)
_LOADS = GridState(page_size=10)
_CONFLICTS = GridState(page_size=10)


def build(workspace: Workspace, loads: setup.Loads, context: shell.TabContext) -> None:
    """Place and wire the tab."""
    key, rejects, listed = gr.State(""), gr.State(_REJECTS), gr.State(_LOADS)
    conflicts = gr.State(_CONFLICTS)
    form = setup.place(workspace, loads)
    with gr.Column(visible=False) as page:
        heading, demo, removed = _place_heading(workspace)
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                loaded = _place_upload(workspace, loads, key)
            with gr.Column(scale=5, min_width=320):
                view = LoadsView()
                view.place_account()
                undone = load_undo.place(workspace, loads, key, view.take_back)
        view.place_lists()
        details = receipt_details.place(workspace)
    shown = [form.column, *form.choices, page, heading, demo, *view.outputs]
    states = [key, rejects, listed, conflicts]

    def show(
        request: gr.Request, key: str, rejects: GridState, listed: GridState, conflicts: GridState
    ) -> list[Any]:
        return read_or_say(
            lambda: read(workspace, view, request, key, rejects, listed, conflicts),
            lambda message: [
                *[gr.skip()] * 4,
                gr.update(visible=True),
                message,
                *[gr.skip()] * (1 + len(view.outputs)),
            ],
        )

    def turn_rejects(event: gr.EventData, state: GridState) -> GridState:
        return view.rejects.follow(state, event)

    def turn_conflicts(event: gr.EventData, state: GridState) -> GridState:
        return view.conflicts.follow(state, event)

    def turn_loads(event: gr.EventData, state: GridState) -> GridState:
        return view.loads.follow(state, event)

    def open_load(request: gr.Request, opened: str, listed: GridState) -> list[Any]:
        # The key is from the address, so it may be anything.
        key = opened if re.fullmatch("[0-9]{1,9}", opened) else ""
        return [key, _REJECTS, _CONFLICTS, *show(request, key, _REJECTS, listed, _CONFLICTS)]

    def show_details(request: gr.Request) -> list[Any]:
        return receipt_details.read(workspace, details, request)

    context.on_select(show, states, shown)
    context.on_select(show_details, outputs=list(details.outputs))
    context.on_open(open_load, [listed], [key, rejects, conflicts, *shown])
    turned = (
        view.rejects.paged(turn_rejects, rejects, rejects, **shell.READ),
        view.conflicts.paged(turn_conflicts, conflicts, conflicts, **shell.READ),
        view.loads.paged(turn_loads, listed, listed, **shell.READ),
    )
    for event in (*turned, *form.ended, loaded, removed, undone):
        event.then(show, states, shown, **shell.READ)
    for event in (*form.ended, removed):
        event.then(show_details, outputs=list(details.outputs), **shell.READ)


def read(
    workspace: Workspace,
    view: LoadsView,
    request: gr.Request | None,
    key: str,
    rejects: GridState,
    listed: GridState,
    conflicts: GridState,
) -> list[Any]:
    """New values for the whole tab: the form of the first run, or the loads."""
    with workspace.transaction(request) as connection:
        reference = ReferenceRepository(connection)
        company = reference.settings()
        if company is None:
            untouched = [gr.skip()] * (2 + len(view.outputs))
            return [gr.update(visible=True), *setup.choices(reference), gr.update(visible=False), *untouched]
        return [
            gr.update(visible=False),
            *[gr.skip()] * 3,
            gr.update(visible=True),
            _heading(company),
            gr.update(visible=company.is_demo),
            *view.filled(
                LoadsRepository(connection),
                key,
                rejects,
                listed,
                conflicts,
                may_see_rejects=is_at_least(workspace.actor(request).role, "crpm_manager"),
            ),
        ]


def _heading(company: CompanySettings) -> Markup:
    return panels.heading(
        company.company_name,
        detail=f"Amounts in {company.base_currency_code}",
        status="Demo data" if company.is_demo else "",
    )


def _place_heading(workspace: Workspace) -> tuple[gr.HTML, gr.Button, Dependency]:
    """The company, and the way out of the demo data, asked twice: heading, button, and the event that has removed it."""
    with gr.Row():
        heading = panels.view(elem_id="data-heading")
        ask = gr.Button("Remove demo data", scale=0, min_width=180, visible=False, elem_id="data-remove-demo")
    with gr.Column(visible=False, elem_classes="card") as question:
        panels.view(panels.notice(_REMOVAL, "warn"))
        with gr.Row():
            remove = gr.Button("Remove everything", variant="stop", scale=0, min_width=180)
            keep = gr.Button("Keep it", scale=0, min_width=120)

    @guarded
    def remove_now(request: gr.Request) -> Any:
        with workspace.transaction(request) as connection:
            CompanyRepository(connection).remove_demo_data()
        gr.Info("The demo data is gone.")
        return _shown(is_visible=False)

    ask.click(partial(_shown, is_visible=True), None, question, **shell.READ)
    keep.click(partial(_shown, is_visible=False), None, question, **shell.READ)
    return heading, ask, remove.click(remove_now, None, question, **shell.SAVE)


def _shown(*, is_visible: bool) -> Any:
    return gr.update(visible=is_visible)


def _place_upload(workspace: Workspace, loads: setup.Loads, key: gr.State) -> Dependency:
    """Choosing files and loading them; the event after which there is a new load."""
    with gr.Column(elem_classes="card", elem_id="data-upload"):
        panels.view(
            panels.heading(
                "Load files",
                detail="Customers, products, stores, exchange rates, sales and stock as CSV files, or a ZIP of them. "
                "Loading a file twice changes nothing.",
            )
        )
        chosen = gr.File(
            label="Files",
            file_count="multiple",
            file_types=[".csv", ".zip"],
            height=150,
            elem_id="data-files-chosen",
        )
        date_order = gr.Radio(
            _DATE_ORDERS, label="How these files write a date", visible=False, elem_id="data-date-order"
        )
        is_live = gr.Checkbox(
            value=False,
            label="The sales are new: take them out of stock",
            info="Otherwise they are history, which moves no stock. An order for more than is on hand is rejected.",
            elem_id="data-is-live",
        )
        is_dry_run = gr.Checkbox(
            value=False,
            label="Only try it out",
            info="Shows what would become of every row, and how the figures would move. Nothing is written.",
            elem_id="data-is-dry-run",
        )
        start = gr.Button("Load", variant="primary", scale=0, min_width=120, elem_id="data-load")
        status = panels.view(elem_id="data-status")

    def load_now(
        request: gr.Request,
        files: Sequence[str] | None,
        order: DateOrder | None,
        is_live: bool,
        is_dry_run: bool,
    ) -> Iterator[list[Any]]:
        yield from load(
            files or (),
            lambda folder, tell: loads.load_files(
                folder, order, workspace.actor(request), tell, is_live=is_live, is_dry_run=is_dry_run
            ),
        )

    return start.click(
        load_now,
        [chosen, date_order, is_live, is_dry_run],
        [status, date_order, is_live, chosen, key],
        **shell.SAVE,
    )


def load(files: Sequence[str | Path], load_folder: Callable[[Path, Progress], Report]) -> Iterator[list[Any]]:
    """Load uploaded files: values for status, date order, `is_live`, files and the load shown, step by step."""
    try:
        with uploads.gathered(files) as folder:
            for step in progress.steps_then_result(lambda tell: load_folder(folder, tell)):
                if isinstance(step, str):
                    yield [progress.bar(step), *[gr.skip()] * 4]
                elif step.trial:
                    yield [tried(step, step.trial), *[gr.skip()] * 4]
                else:
                    yield [outcome(step), gr.update(visible=False, value=None), False, None, ""]
    except UndecidedDateOrderError as error:
        question = f"{error} Choose how these files write a date, and load again."
        yield [panels.notice(question, "warn"), gr.update(visible=True), *[gr.skip()] * 3]
    except Exception as error:
        yield [panels.notice(explained(error), "bad"), *[gr.skip()] * 4]


def outcome(report: Report) -> Markup:
    """What became of a load, in one line."""
    if report.is_unchanged:
        return panels.notice("Nothing changed: all of this had been loaded before.")
    text, has_rejects = _counts(report)
    return panels.notice(f"Load {report.load_id}: {text}.", "warn" if has_rejects else "good")


def tried(report: Report, trial: Trial) -> Markup:
    """What would become of a load, and of the figures."""
    text, has_rejects = _counts(report)
    currency = report.base_currency
    before, after = trial.before, trial.after
    facts = [
        (name, f"{written.integer(was)} \N{RIGHTWARDS ARROW} {written.integer(would_be)}")
        for name, was, would_be in (
            ("Customers", before.customers, after.customers),
            ("Products", before.products, after.products),
            ("Orders", before.orders, after.orders),
            ("Order lines", before.lines, after.lines),
        )
    ]
    revenue = [written.money(amount, currency) for amount in (before.revenue, after.revenue)]
    facts.append(("Revenue", " \N{RIGHTWARDS ARROW} ".join(revenue)))
    told = panels.notice(f"Tried out, and nothing was written: {text}.", "warn" if has_rejects else "good")
    return panels.stack(told, panels.definition_list(facts))


def _counts(report: Report) -> tuple[str, bool]:
    """What became of the rows of all files, in words, and whether some were rejected."""
    counts = {
        name: sum(getattr(file, name) for file in report.files)
        for name in ("read", "loaded", "updated", "rejected")
    }
    text = ", ".join(f"{written.integer(count)} {name}" for name, count in counts.items())
    return text, counts["rejected"] > 0
