"""Settings, Company: name, base currency, what receipts say, and what new products and records begin with."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import ChangedMeanwhileError, InputError
from app.repositories.company import CompanyRepository, SettingsDetails
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.ui.tabs.settings_meanwhile import meanwhile
from app.ui.tabs.settings_stores import TIME_ZONES
from app.workspace import Workspace

_BASE = "Every figure is kept in the base currency: it is fixed once there is a purchase."


def build(workspace: Workspace, tab: gr.Tab) -> None:
    """Place and wire the section."""
    head = panels.view()
    with gr.Column(elem_classes="card", visible=False, elem_id="company-form") as form:
        panels.view(panels.heading("Company", detail=_BASE))
        with gr.Row():
            name = gr.Textbox("", label="Name", max_lines=1, scale=2, min_width=200)
            base = gr.Dropdown([], label="Base currency", min_width=170, elem_id="company-base")
            time_zone = gr.Dropdown(TIME_ZONES, label="Time zone", min_width=180, elem_id="company-zone")
        panels.view(
            panels.heading("Receipts", detail="What every receipt says, those of earlier orders too.")
        )
        with gr.Row():
            address = gr.Textbox("", label="Address", lines=3, max_lines=5, min_width=260)
            footer = gr.Textbox("", label="Line at the foot", lines=3, max_lines=5, min_width=260)
            tax_number = gr.Textbox("", label="Tax number", max_lines=1, min_width=180)
        panels.view(panels.heading("Rules"))
        with gr.Row():
            rate_age = gr.Textbox(
                "", label="Days that an exchange rate may be old", max_lines=1, min_width=200
            )
            reorder = gr.Textbox("", label="Reorder point of products from files", max_lines=1, min_width=200)
            months = gr.Textbox(
                "", label="Months to keep the audit log", placeholder="For ever", max_lines=1, min_width=200
            )
        note = panels.view(elem_id="company-note")
        save = gr.Button("Save", variant="primary", scale=0, min_width=120, elem_id="company-save")
    version = gr.State(0)
    fields = [name, base, time_zone, address, tax_number, footer, rate_age, reorder, months]

    def show(request: gr.Request) -> list[Any]:
        unread = [gr.update(visible=False), *[gr.skip()] * (len(fields) + 2)]
        try:
            with workspace.transaction(request) as connection:
                reference = ReferenceRepository(connection)
                company, currencies = reference.settings(), reference.currencies()
        except Exception as error:
            return [panels.error_state("The settings cannot be shown", explained(error)), *unread]
        if company is None:
            told = Markup("The company is set up on the {}.").format(panels.link("Data tab", "data", ""))
            return [panels.notice(told), *unread]
        return [
            "",
            gr.update(visible=True),
            company.row_version,
            "",
            company.company_name,
            gr.update(
                choices=[(f"{one.currency_code}, {one.name}", one.currency_code) for one in currencies],
                value=company.base_currency_code,
            ),
            company.time_zone,
            company.address or "",
            company.tax_number or "",
            company.receipt_footer or "",
            str(company.max_rate_age_days),
            str(company.default_reorder_point),
            "" if company.records_kept_months is None else str(company.records_kept_months),
        ]

    @guarded
    def save_now(request: gr.Request, row_version: int, *values: Any) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                CompanyRepository(connection).update_settings(
                    details=settings_details(*values), row_version=row_version
                )
        except ChangedMeanwhileError:
            told = meanwhile(workspace, request, "settings", "1")
            return [gr.skip(), gr.skip(), gr.skip(), told, *[gr.skip()] * len(fields)]
        gr.Info("Saved. Receipts say so from now on.")
        return show(request)

    outputs = [head, form, version, note, *fields]
    tab.select(show, None, outputs, **shell.READ)
    save.click(save_now, [version, *fields], outputs, **shell.SAVE)


def settings_details(
    name: str,
    base: str | None,
    time_zone: str | None,
    address: str,
    tax_number: str,
    footer: str,
    rate_age: str,
    reorder: str,
    months: str,
) -> SettingsDetails:
    """The settings as typed; InputError for what cannot be understood."""
    if not base:
        raise InputError("Choose the base currency.")
    if time_zone not in TIME_ZONES:
        raise InputError("Choose the time zone.")
    return SettingsDetails(
        company_name=name.strip(),
        base_currency_code=base,
        time_zone=time_zone,
        address=address.strip() or None,
        tax_number=tax_number.strip() or None,
        receipt_footer=footer.strip() or None,
        max_rate_age_days=typed.whole_number(rate_age, "The age of a rate"),
        default_reorder_point=typed.whole_number(reorder, "The reorder point"),
        records_kept_months=typed.whole_number(months, "The months") if months.strip() else None,
    )
