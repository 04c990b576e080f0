"""Settings, Tax: what share is added by class of product and country, from which day on."""

from typing import Any

import gradio as gr

from app.errors import InputError
from app.repositories.company import CompanyRepository
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.handlers import guarded
from app.workspace import Workspace

_HINT = "Where a class has no rate in a store's country, no tax is charged. What was sold keeps its tax."


def build(workspace: Workspace, tab: gr.Tab) -> None:
    """Place and wire the section."""
    grid = Grid(
        [
            Column("tax_class", "Class"),
            Column("country", "Country"),
            Column("valid_from", "From", "date"),
            Column("tax_rate", "Tax", "percent"),
            Column("state", "", value=lambda rate: panels.pill("now", "good") if rate.is_current else ""),
        ],
        label="Tax rates",
        empty=("No tax is charged", "Enter a rate for a class of products in a country."),
        elem_id="tax-grid",
    )
    panels.view(panels.notice(_HINT))
    with gr.Column(elem_classes="card"):
        panels.view(panels.heading("Enter a rate"))
        with gr.Row():
            tax_class = gr.Dropdown([], label="Class", min_width=150, elem_id="tax-class")
            country = gr.Dropdown([], label="Country", min_width=170, elem_id="tax-country")
            since = gr.Textbox(
                "", label="From", placeholder="2026-03-24", max_lines=1, min_width=130, elem_id="tax-from"
            )
            share = gr.Textbox(
                "", label="Percent", placeholder="19", max_lines=1, min_width=100, elem_id="tax-percent"
            )
            enter = gr.Button("Enter", variant="primary", scale=0, min_width=110, elem_id="tax-enter")
        with gr.Row():
            name = gr.Textbox("", label="Another class", max_lines=1, min_width=170, elem_id="tax-new-class")
            add = gr.Button("Add the class", scale=0, min_width=140, elem_id="tax-add-class")

    def show(request: gr.Request) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                repository = CompanyRepository(connection)
                rates, classes = repository.tax_rates(), repository.tax_classes()
                countries = ReferenceRepository(connection).countries()
        except Exception as error:
            return [panels.error_state("The taxes cannot be shown", explained(error)), gr.skip(), gr.skip()]
        return [
            grid.table(rates),
            gr.update(choices=[(one.name, one.tax_class_id) for one in classes]),
            gr.update(choices=[(one.name, one.country_code) for one in countries]),
        ]

    @guarded
    def enter_now(
        request: gr.Request, class_id: int | None, country_code: str | None, from_text: str, percent: str
    ) -> list[Any]:
        valid_from = typed.day(from_text, "The first day")
        if class_id is None or country_code is None or valid_from is None:
            raise InputError("Choose the class and the country, and say from which day on.")
        rate = typed.amount(percent.strip().removesuffix("%"), "The percentage") / 100
        with workspace.transaction(request) as connection:
            CompanyRepository(connection).set_tax_rate(
                tax_class_id=class_id, country_code=country_code, valid_from=valid_from, tax_rate=rate
            )
        gr.Info("The rate is entered.")
        return [*show(request), "", ""]

    @guarded
    def add_now(request: gr.Request, class_name: str) -> list[Any]:
        if not class_name.strip():
            raise InputError("A tax class needs a name.")
        with workspace.transaction(request) as connection:
            CompanyRepository(connection).add_tax_class(name=class_name.strip())
        return [*show(request), ""]

    shown = [grid, tax_class, country]
    tab.select(show, None, shown, **shell.READ)
    gr.on(
        [enter.click, share.submit],
        enter_now,
        [tax_class, country, since, share],
        [*shown, since, share],
        **shell.SAVE,
    )
    gr.on([add.click, name.submit], add_now, name, [*shown, name], **shell.SAVE)
