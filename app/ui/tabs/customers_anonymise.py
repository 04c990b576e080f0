"""Taking the person out of a customer: what that means, the name typed to confirm it, and doing it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.repositories.customers import Customer, CustomersRepository
from app.ui import panels, shell
from app.ui.handlers import guarded
from app.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AnonymisePanel:
    """The button on a card, and the question that it opens."""

    open: gr.Button
    column: gr.Column
    asked: gr.HTML
    name: gr.Textbox
    now: gr.Button
    keep: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """What changes with the customer on the card."""
        return [self.open, self.column]


def place_button() -> gr.Button:
    """The button at the head of a card."""
    return gr.Button("Anonymise", scale=0, min_width=110, visible=False, elem_id="customer-anonymise")


def place_question(button: gr.Button) -> AnonymisePanel:
    """Create the question."""
    with gr.Column(visible=False, elem_classes="card", elem_id="customer-anonymising") as column:
        asked = panels.view()
        name = gr.Textbox(
            "",
            label="Type the customer's name to confirm",
            max_lines=1,
            elem_id="customer-anonymise-name",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        with gr.Row():
            now = gr.Button("Anonymise for good", variant="stop", scale=0, min_width=170)
            keep = gr.Button("Keep the person", scale=0, min_width=140, elem_classes="closes")
    return AnonymisePanel(button, column, asked, name, now, keep)


def wire(workspace: Workspace, panel: AnonymisePanel, customer: gr.State, context: shell.TabContext) -> None:
    """Connect the components; `customer` is the one on the card."""

    @guarded
    def anonymise(customer: Customer, name: str, request: gr.Request) -> Any:
        with workspace.transaction(request) as connection:
            CustomersRepository(connection).anonymise(customer_id=customer.customer_id, name=name)
        gr.Info("The person is taken out. What was bought stays.")
        return context.go("customers", customer.customer_id)

    panel.open.click(
        lambda customer: (gr.update(visible=True), _question(customer), ""),
        customer,
        [panel.column, panel.asked, panel.name],
        **shell.READ,
    ).then(None, js=shell.focus_when_drawn("#customer-anonymise-name :is(input, textarea)"))
    panel.keep.click(lambda: gr.update(visible=False), None, panel.column, **shell.READ)
    gr.on(
        [panel.now.click, panel.name.submit],
        anonymise,
        [customer, panel.name],
        context.navigator,
        **shell.SAVE,
    )


def shown(customer: Customer | None, *, may_anonymise: bool) -> list[Any]:
    """New values for the panel's outputs."""
    is_person = customer is not None and customer.anonymised_at is None
    return [gr.update(visible=may_anonymise and is_person), gr.update(visible=False)]


def _question(customer: Customer) -> Markup:
    return panels.notice(
        Markup(
            "Take the person out of <bdi>{}</bdi>? Name, contacts, address, birth date and notes go for good, here, in "
            "the change history, in what files have brought and in every record merged with this one. Purchases, every "
            "total and the country stay. This cannot be undone."
        ).format(customer.name),
        "warn",
    )
