"""Data: loading files, the account of every load, and what was rejected."""

import re
from functools import partial
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from app.repositories.company import CompanyRepository
from app.repositories.loads import LoadsRepository
from app.repositories.reference import CompanySettings, ReferenceRepository
from app.ui import panels, shell
from app.ui.grid import GridState
from app.ui.handlers import guarded
from app.ui.insights import is_at_least, read_or_say
from app.ui.loads_view import LoadsView
from app.ui.tabs import data_mapping, data_upload, load_undo, setup
from app.workspace import Workspace

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
            with gr.Column(scale=2, min_width=320, elem_classes="for-managers"):
                upload = data_upload.place()
            with gr.Column(scale=5, min_width=320):
                mapping = data_mapping.place()
                view = LoadsView()
                view.place_account()
                undone = load_undo.place(workspace, loads, key, view.take_back)
        view.place_lists()
    loaded = data_upload.wire(workspace, loads, upload, mapping, key)
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

    context.on_select(show, states, shown)
    context.on_open(open_load, [listed], [key, rejects, conflicts, *shown])
    turned = (
        view.rejects.paged(turn_rejects, rejects, rejects, **shell.READ),
        view.conflicts.paged(turn_conflicts, conflicts, conflicts, **shell.READ),
        view.loads.paged(turn_loads, listed, listed, **shell.READ),
    )
    for event in (*turned, *form.ended, loaded, removed, undone):
        event.then(show, states, shown, **shell.READ)


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
        ask = gr.Button(
            "Remove demo data",
            scale=0,
            min_width=180,
            visible=False,
            elem_id="data-remove-demo",
            elem_classes="for-admins",
        )
    with gr.Column(visible=False, elem_classes="card") as question:
        panels.view(panels.notice(_REMOVAL, "warn"))
        with gr.Row():
            remove = gr.Button("Remove everything", variant="stop", scale=0, min_width=180)
            keep = gr.Button("Keep it", scale=0, min_width=120, elem_classes="closes")

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
