"""A customer added at the till, without leaving the purchase."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.repositories.reference import ReferenceRepository
from app.ui import contacts, panels, shell
from app.ui.handlers import guarded
from app.ui.picker import Picker, PickerOption
from app.ui.tabs import customers_form, customers_input
from app.workspace import Workspace

_FIELDS = ("name", "email", "phone")
_TO_NAME = shell.focus_when_drawn("#till-new-name :is(input, textarea)")


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """The button that opens the form, and the form."""

    open: gr.Button
    form: gr.Column
    fields: dict[str, gr.Textbox]
    opened: gr.JSON
    note: gr.HTML
    save: gr.Button
    save_anyway: gr.Button
    cancel: gr.Button


def place_button() -> gr.Button:
    """The button that opens the form."""
    return gr.Button(
        "New customer", scale=0, min_width=130, elem_id="till-new-customer", elem_classes="for-clerks"
    )


def place_form(button: gr.Button) -> NewCustomer:
    """Create the form."""
    with gr.Column(visible=False, elem_id="till-customer-form", elem_classes=["card", "keeps-enter"]) as form:
        with gr.Row():
            fields = {
                name: gr.Textbox(
                    "",
                    label=customers_input.LABELS[name],
                    placeholder="" if name == "name" else "Optional",
                    max_lines=1,
                    min_width=150,
                    elem_id=f"till-new-{name}",
                    # What the browser knows of its user is not the customer's.
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
                )
                for name in _FIELDS
            }
        opened = gr.JSON(elem_classes="carried")
        note = panels.view(elem_id="till-new-note")
        with gr.Row():
            save = gr.Button(
                "Add customer", variant="primary", scale=0, min_width=140, elem_id="till-new-save"
            )
            anyway = gr.Button(
                "Add anyway", scale=0, min_width=120, visible=False, elem_id="till-new-save-anyway"
            )
            cancel = gr.Button("Cancel", scale=0, min_width=100, elem_id="till-new-cancel")
    return NewCustomer(button, form, fields, opened, note, save, anyway, cancel)


def wire(
    workspace: Workspace, new: NewCustomer, store: gr.Dropdown, customer: Picker, product: Picker
) -> None:
    """Connect the form: the customer added is picked in `customer`, and the focus goes on to `product`."""
    fields = list(new.fields.values())

    @guarded
    def open_form(store_id: int | None, request: gr.Request) -> tuple[Any, Any]:
        with workspace.transaction(request) as connection:
            region = ReferenceRepository(connection).phone_region(store_id=store_id)
        return gr.update(visible=True), customers_input.opened_with(None, region)

    hidden = gr.update(visible=False)

    def try_to_save(opened: Any, values: Sequence[str], request: gr.Request, *, anyway: bool) -> list[Any]:
        details = customers_input.details(_whole(*values), opened)
        if not anyway and (alike := customers_form.similar(workspace, None, details, request)):
            asked = panels.notice(
                customers_form.doubt(alike, "Pick the customer above, or add anyway."), "warn"
            )
            return [
                gr.skip(),
                gr.skip(),
                gr.skip(),
                asked,
                gr.update(visible=True),
                *[gr.skip()] * len(fields),
            ]
        customer_id = customers_form.add(workspace, details, request)
        added = PickerOption(
            str(customer_id), details.name, details.email or contacts.shown_phone(details.phone)
        )
        return [added, product.show(focus=True), hidden, "", hidden, "", "", ""]

    @guarded
    def save_now(request: gr.Request, opened: Any, *values: str) -> list[Any]:
        return try_to_save(opened, values, request, anyway=False)

    @guarded
    def save_anyway(request: gr.Request, opened: Any, *values: str) -> list[Any]:
        return try_to_save(opened, values, request, anyway=True)

    def check(opened: Any, *values: str) -> list[Any]:
        found = customers_input.problems(_whole(*values), opened)
        messages = ["", *(found.get(field, "") for field in _FIELDS)]
        return [gr.validate(is_valid=not message, message=message) for message in messages]

    new.open.click(open_form, store, [new.form, new.opened], **shell.SAVE).then(None, js=_TO_NAME)
    inputs = [new.opened, *fields]
    outputs = [customer, product, new.form, new.note, new.save_anyway, *fields]
    enter = [field.submit for field in fields]
    gr.on([new.save.click, *enter], save_now, inputs, outputs, validator=check, **shell.SAVE)
    new.save_anyway.click(save_anyway, inputs, outputs, validator=check, **shell.SAVE)
    new.cancel.click(
        lambda: (customer.show(focus=True), hidden, "", hidden, "", "", ""),
        outputs=[customer, new.form, new.note, new.save_anyway, *fields],
        **shell.READ,
    )


def _whole(*values: str) -> dict[str, Any]:
    empty = dict.fromkeys(customers_input.LABELS, "") | {"has_marketing_consent": False}
    return empty | dict(zip(_FIELDS, values, strict=True))
