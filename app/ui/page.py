"""The modules of the app, in the order of their tabs."""

from collections.abc import Callable
from functools import partial

import gradio as gr
from markupsafe import Markup

from app.console import WHO_MAY_ASK, SqlConsole
from app.demo import Demo
from app.ui.shell import EVERYBODY, Identity, TabSpec
from app.ui.tabs import (
    analytics,
    audit,
    customers,
    dashboard,
    data,
    products,
    purchases,
    settings,
    sql_console,
)
from app.ui.tabs.setup import Loads
from app.workspace import Workspace

# An analyst reads every figure and no person: what is about people, or changes something, is not there.
_NOT_ANALYSTS = EVERYBODY - {"crpm_analyst"}


def tabs(workspace: Workspace, loads: Loads, console: SqlConsole | None = None) -> list[TabSpec]:
    """All tabs over a database, with what loads files into it, and its SQL console where that has a login."""
    return [
        TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace)),
        TabSpec("customers", "Customers", partial(customers.build, workspace), _NOT_ANALYSTS),
        TabSpec("products", "Products", partial(products.build, workspace)),
        TabSpec("purchases", "Purchases", partial(purchases.build, workspace), _NOT_ANALYSTS),
        TabSpec("analytics", "Analytics", partial(analytics.build, workspace)),
        TabSpec("sql", "SQL", partial(sql_console.build, workspace, console), WHO_MAY_ASK),
        TabSpec("data", "Data", partial(data.build, workspace, loads), _NOT_ANALYSTS),
        TabSpec("settings", "Settings", partial(settings.build, workspace), settings.WHO_MAY_SET),
        TabSpec("audit", "Audit", partial(audit.build, workspace), audit.WHO_MAY_LOOK),
    ]


def identity(workspace: Workspace, *, demo: Demo | None = None) -> str | Callable[[gr.Request], Identity]:
    """Who is signed in, and when a demo goes back."""
    if not workspace.needs_sign_in:
        return "local · admin · no sign-in"

    def told(request: gr.Request) -> Identity:
        actor = workspace.actor(request)
        role = actor.role.removeprefix("crpm_")
        where = f" \u00b7 {actor.store} alone" if actor.store else ""
        until = f" \u00b7 goes back at {demo.next_return():%H:%M} UTC" if demo else ""
        text = Markup('<a href="account" title="Your account">{} \u00b7 {}{}{}</a>').format(
            actor.user_name, role, where, until
        )
        return Identity(text, actor.role)

    return told
