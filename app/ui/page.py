"""The modules of the app, in the order of their tabs."""

from collections.abc import Callable
from functools import partial

import gradio as gr
from markupsafe import Markup

from app.ui.shell import TabSpec
from app.ui.tabs import analytics, customers, dashboard, data, products, purchases
from app.ui.tabs.setup import Loads
from app.workspace import Workspace


def tabs(workspace: Workspace, loads: Loads) -> list[TabSpec]:
    """All tabs over a database, with what loads files into it."""
    return [
        TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace)),
        TabSpec("customers", "Customers", partial(customers.build, workspace)),
        TabSpec("products", "Products", partial(products.build, workspace)),
        TabSpec("purchases", "Purchases", partial(purchases.build, workspace)),
        TabSpec("analytics", "Analytics", partial(analytics.build, workspace)),
        TabSpec("data", "Data", partial(data.build, workspace, loads)),
    ]


def identity(workspace: Workspace) -> str | Callable[[gr.Request], Markup]:
    """What the head line says of who is signed in."""
    if not workspace.needs_sign_in:
        return "local · admin · no sign-in"

    def told(request: gr.Request) -> Markup:
        actor = workspace.actor(request)
        role = actor.role.removeprefix("crpm_")
        where = f" \u00b7 {actor.store} alone" if actor.store else ""
        return Markup('<a href="account" title="Your account">{} · {}{}</a>').format(
            actor.user_name, role, where
        )

    return told
