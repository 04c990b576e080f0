"""What the second of two who change the same setting is told."""

import gradio as gr
from markupsafe import Markup

from app.repositories.activity import ActivityFilter, ActivityRepository
from app.ui import format as written
from app.ui import panels
from app.ui.tabs import audit
from app.workspace import Workspace


def meanwhile(workspace: Workspace, request: gr.Request | None, record_type: str, key: str) -> Markup:
    """Who has changed the record since the form was opened, and what."""
    with workspace.transaction(request) as connection:
        last = ActivityRepository(connection).search(
            wanted=ActivityFilter(record_type=record_type, record_key=key), limit=1
        )
    who = (
        f"{last[0].acted_by} changed this at {written.timestamp(last[0].happened_at)}"
        if last
        else "somebody changed this"
    )
    return panels.notice(
        Markup(
            "Not saved: {}. <bdi>{}</bdi>. What you typed is still here; open the record again to edit it as it is now."
        ).format(who, audit.told(last[0]) if last else ""),
        "warn",
    )
