"""Taking back the load that the Data tab shows: a question first, and a refusal in full."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from app.repositories.loads import LoadsRepository
from app.ui import panels, progress, shell
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.ui.tabs import setup
from app.workspace import Workspace
from loader.progress import Progress

_QUESTION = (
    "Take back load {}? What it added goes, what it updated is again what it was, and its sales give their stock back. "
    "Its account stays on record, and its files can be loaded again. Where anything depends on it, nothing happens and "
    "you are told what."
)


def place(workspace: Workspace, loads: setup.Loads, key: gr.State, ask: gr.Button) -> Dependency:
    """The question behind the button `ask` about the load `key`, else the last one; the event after which it is gone."""
    asked_about = gr.State(0)
    with gr.Column(visible=False, elem_classes="card", elem_id="data-undo") as question:
        words = panels.view()
        with gr.Row():
            confirm = gr.Button("Take it back", variant="stop", scale=0, min_width=160)
            keep = gr.Button("Keep it", scale=0, min_width=120, elem_classes="closes")
    status = panels.view(elem_id="data-undo-status")

    @guarded
    def ask_now(request: gr.Request, key: str) -> Any:
        with workspace.transaction(request) as connection:
            repository = LoadsRepository(connection)
            load = repository.get(load_id=int(key)) if key else repository.find_last()
        if load is None:
            return gr.skip()
        asking = panels.notice(_QUESTION.format(load.load_id), "warn")
        return [load.load_id, asking, gr.update(visible=True), ""]

    def undo_now(request: gr.Request, load_id: int) -> Iterator[list[Any]]:
        for shown in undone(loads, workspace, request, load_id):
            yield [shown, gr.update(visible=False)]

    ask.click(ask_now, key, [asked_about, words, question, status], **shell.READ)
    keep.click(partial(gr.update, visible=False), None, question, **shell.READ)
    return confirm.click(undo_now, asked_about, [status, question], **shell.SAVE)


def undone(
    loads: setup.Loads, workspace: Workspace, request: gr.Request | None, load_id: int
) -> Iterator[Markup]:
    """What to show while a load is taken back, and when it has ended, well or not."""

    def work(tell: Progress) -> bool:
        loads.undo(load_id, workspace.actor(request), tell)
        return True

    try:
        for step in progress.steps_then_result(work):
            if isinstance(step, str):
                yield progress.bar(step)
            else:
                yield panels.notice(f"Load {load_id} is taken back.", "good")
    except Exception as error:
        yield refusal(explained(error))


def refusal(message: str) -> Markup:
    """A message of several lines: the first one above a list of the others."""
    first, *reasons = message.splitlines()
    if not reasons:
        return panels.notice(first, "bad")
    rows = Markup().join(Markup("<li>{}</li>").format(reason.removeprefix("- ")) for reason in reasons)
    return panels.notice(Markup("{}<ul>{}</ul>").format(first, rows), "bad")
