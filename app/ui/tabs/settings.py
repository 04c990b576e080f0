"""Settings: stores, exchange rates, taxes, the company and its users, each in a section of its own."""

import gradio as gr

from app.ui import shell
from app.ui.insights import is_at_least
from app.ui.tabs import settings_company, settings_rates, settings_stores, settings_tax, settings_users
from app.workspace import Workspace
from db.pool import Role

WHO_MAY_SET: frozenset[Role] = frozenset({"crpm_manager", "crpm_admin"})


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place and wire the sections; each is read whenever it comes on screen."""
    with gr.Tabs(elem_classes="sections", overflow_behavior="wrap"):
        with gr.Tab("Stores", elem_id="settings-stores") as stores:
            show_stores = settings_stores.build(workspace, stores)
        with gr.Tab("Exchange rates", elem_id="settings-rates") as rates:
            settings_rates.build(workspace, rates)
        with gr.Tab("Tax", elem_id="settings-tax") as tax:
            settings_tax.build(workspace, tax)
        with gr.Tab("Company", elem_id="settings-company", visible=False) as company:
            settings_company.build(workspace, company)
        with gr.Tab("Users", elem_id="settings-users", visible=False) as users:
            settings_users.build(workspace, users)

    def for_admins(request: gr.Request) -> list[dict[str, object]]:
        is_admin = is_at_least(workspace.actor(request).role, "crpm_admin")
        return [gr.update(visible=is_admin)] * 2

    context.on_select(for_admins, None, [company, users])
    show_stores(context.on_select)
