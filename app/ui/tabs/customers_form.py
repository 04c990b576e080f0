"""The form that adds a customer or edits one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import ChangedMeanwhileError
from app.repositories.customers import (
    Customer,
    CustomerDetails,
    CustomersRepository,
    SimilarCustomer,
)
from app.repositories.reference import ReferenceRepository
from app.ui import contacts, panels, shell
from app.ui import format as written
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.ui.picker import Picker, PickerOption, PickerQuery
from app.ui.tabs import customers_changes, customers_input
from app.ui.tabs.customers_input import LABELS
from app.workspace import Workspace

_KNOWN_BY = ("name", "email", "phone", "birth_date", "postal_code")
_GENDERS = [("Not known", ""), ("Female", "female"), ("Male", "male"), ("Other", "other")]


@dataclass(frozen=True, slots=True)
class CustomerForm:
    """The components of the form, and the customer as it was when the form was opened, None for a new one."""

    column: gr.Column
    customer: gr.State
    opened: gr.JSON
    head: gr.HTML
    body: gr.Column
    fields: dict[str, Any]
    note: gr.HTML
    save: gr.Button
    save_anyway: gr.Button
    cancel: gr.Button

    @property
    def inputs(self) -> list[Any]:
        return [self.customer, self.opened, *self.fields.values()]

    @property
    def outputs(self) -> list[Any]:
        return [
            self.customer,
            self.opened,
            self.head,
            self.body,
            *self.fields.values(),
            self.note,
            self.save,
            self.save_anyway,
        ]


def place(workspace: Workspace) -> CustomerForm:
    """Create the components."""
    with gr.Column(visible=False, elem_id="customer-form") as column:
        head = panels.view()
        with gr.Column(elem_classes="card") as body:
            fields = _place_fields(workspace)
            # What is checked while typing is checked without the session, which keeps the customer.
            opened = gr.JSON(elem_classes="carried")
            note = panels.view(elem_id="customer-note")
            with gr.Row():
                save = gr.Button("Save", variant="primary", scale=0, min_width=150, elem_id="customer-save")
                anyway = gr.Button(
                    "Save anyway", scale=0, min_width=120, visible=False, elem_id="customer-save-anyway"
                )
                cancel = gr.Button("Cancel", scale=0, min_width=100, elem_id="customer-cancel")
    return CustomerForm(column, gr.State(None), opened, head, body, fields, note, save, anyway, cancel)


def _place_fields(workspace: Workspace) -> dict[str, Any]:
    def text(
        name: str, *, placeholder: str = "", scale: int = 1, min_width: int = 160, lines: int = 1
    ) -> gr.Textbox:
        return gr.Textbox(
            "",
            label=LABELS[name],
            placeholder=placeholder,
            lines=lines,
            max_lines=max(lines, 1) if lines == 1 else 12,
            scale=scale,
            min_width=min_width,
            elem_id=f"customer-{name.replace('_', '-')}",
            # What the browser knows of its user is not the customer's.
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )

    with gr.Row():
        name = text("name", scale=2, min_width=240)
        email = text("email", placeholder="name@example.com", min_width=200)
        phone = text("phone", placeholder="+49 40 123456")
    with gr.Row():
        gender = gr.Dropdown(_GENDERS, value="", label=LABELS["gender"])
        birth_date = text("birth_date", placeholder="1988-04-12")
        street = text("street", scale=2, min_width=240)
    with gr.Row():
        postal_code = text("postal_code", min_width=120)
        city = text("city")
        state = text("state")
        state_code = text("state_code", min_width=110)
        country = Picker(
            label=LABELS["country_code"],
            search=lambda query: find_countries(workspace, query),
            placeholder="Type to search",
            min_width=160,
            elem_id="customer-country",
        )
    with gr.Row():
        notes = text("notes", lines=4, scale=2, min_width=240)
        with gr.Column(min_width=240):
            consent = gr.Checkbox(label="Agrees to receive marketing", elem_id="customer-consent")
            with gr.Row():
                since = text("consent_changed_on", placeholder="Today", min_width=110)
                source = text("consent_source", placeholder="In store, by form, by e-mail")
    return {
        "name": name,
        "email": email,
        "phone": phone,
        "gender": gender,
        "birth_date": birth_date,
        "street": street,
        "city": city,
        "state_code": state_code,
        "state": state,
        "postal_code": postal_code,
        "country_code": country,
        "has_marketing_consent": consent,
        "consent_changed_on": since,
        "consent_source": source,
        "notes": notes,
    }


def wire(workspace: Workspace, form: CustomerForm, context: shell.TabContext) -> None:
    """Connect the components."""

    def try_to_save(
        request: gr.Request, customer: Customer | None, opened: Any, values: Sequence[Any], *, anyway: bool
    ) -> tuple[Any, Any, Any]:
        hidden = gr.update(visible=False)
        details = customers_input.details(dict(zip(form.fields, values, strict=True)), opened)
        if not anyway and (alike := similar(workspace, customer, details, request)):
            return panels.notice(doubt(alike, "If not, save anyway."), "warn"), gr.update(visible=True), None
        if customer is None:
            return "", hidden, context.go("customers", add(workspace, details, request))
        try:
            update(workspace, customer, details, request)
        except ChangedMeanwhileError:
            return meanwhile(workspace, customer, request), hidden, None
        return "", hidden, context.go("customers", customer.customer_id)

    @guarded
    def save_now(request: gr.Request, customer: Customer | None, opened: Any, *values: Any) -> Any:
        return try_to_save(request, customer, opened, values, anyway=False)

    @guarded
    def save_anyway(request: gr.Request, customer: Customer | None, opened: Any, *values: Any) -> Any:
        return try_to_save(request, customer, opened, values, anyway=True)

    def check(_: Customer | None, opened: Any, *values: Any) -> list[Any]:
        found = customers_input.problems(dict(zip(form.fields, values, strict=True)), opened)
        messages = ["", "", *(found.get(name, "") for name in form.fields)]
        return [gr.validate(is_valid=not message, message=message) for message in messages]

    lines = [
        field for name, field in form.fields.items() if isinstance(field, gr.Textbox) and name != "notes"
    ]
    outputs = [form.note, form.save_anyway, context.navigator]
    enter = [line.submit for line in lines]
    gr.on([form.save.click, *enter], save_now, form.inputs, outputs, validator=check, **shell.SAVE)
    form.save_anyway.click(save_anyway, form.inputs, outputs, validator=check, **shell.SAVE)
    form.cancel.click(
        lambda customer: context.go("customers", customer.customer_id if customer else ""),
        form.customer,
        context.navigator,
        **shell.READ,
    )


def similar(
    workspace: Workspace, customer: Customer | None, details: CustomerDetails, request: gr.Request | None
) -> list[SimilarCustomer]:
    """Who may be the person typed; nobody where nothing was changed that a person is known by."""
    if customer and all(getattr(customer, name) == getattr(details, name) for name in _KNOWN_BY):
        return []
    with workspace.transaction(request) as connection:
        return CustomersRepository(connection).similar(
            details=details,
            phones=contacts.same_phones(details.phone),
            customer_id=customer.customer_id if customer else None,
        )


def doubt(alike: Sequence[SimilarCustomer], advice: str) -> Markup:
    """Who is there already, each with a link, and what to do."""
    named = Markup("; ").join(
        Markup("{} <bdi>({})</bdi>").format(
            panels.link(one.name, "customers", one.customer_id),
            ", ".join(filter(None, [one.likeness, one.city])),
        )
        for one in alike
    )
    return Markup("Is this the same person as {}? {}").format(named, advice)


def add(workspace: Workspace, details: CustomerDetails, request: gr.Request | None) -> int:
    """Add a customer; the new id."""
    with workspace.transaction(request) as connection:
        return CustomersRepository(connection).add(details=details)


def update(
    workspace: Workspace, customer: Customer, details: CustomerDetails, request: gr.Request | None
) -> None:
    """Change a customer as it was when the form was opened; ChangedMeanwhileError where it is another by now."""
    with workspace.transaction(request) as connection:
        CustomersRepository(connection).update(
            customer_id=customer.customer_id, row_version=customer.row_version, details=details
        )


def meanwhile(workspace: Workspace, customer: Customer, request: gr.Request | None) -> Markup:
    """What somebody else has changed since the form was opened."""
    with workspace.transaction(request) as connection:
        repository = CustomersRepository(connection)
        now = repository.get(customer_id=customer.customer_id)
        who = repository.who_changed(customer_id=customer.customer_id)
    return panels.notice(
        Markup(
            "Not saved: {} changed this record at {}. <bdi>{}</bdi>. What you typed is still here; "
            "{} to edit the record as it is now."
        ).format(
            who or "a load",
            written.timestamp(now.updated_at),
            customers_changes.since(customer, now),
            panels.link("begin again", "customers", f"{customer.customer_id}-edit"),
        ),
        "warn",
    )


def read(workspace: Workspace, form: CustomerForm, customer_id: int, request: gr.Request | None) -> list[Any]:
    """New values for the form's outputs: of a customer, or empty for a new one, whose id is 0."""
    try:
        with workspace.transaction(request) as connection:
            customer = CustomersRepository(connection).get(customer_id=customer_id) if customer_id else None
            region = ReferenceRepository(connection).phone_region()
    except Exception as error:
        failed = panels.stack(
            panels.heading("Customer", back="customers"),
            panels.error_state("The customer cannot be edited", explained(error)),
        )
        return [None, None, failed, gr.update(visible=False), *[gr.skip()] * (len(form.outputs) - 4)]
    return [
        customer,
        customers_input.opened_with(customer, region),
        panels.heading(customer.name if customer else "New customer", back="customers"),
        gr.update(visible=True),
        *(_typed(name, customer) for name in form.fields),
        "",
        "Save" if customer else "Add customer",
        gr.update(visible=False),
    ]


def find_countries(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Countries for the picker."""
    with workspace.transaction(query.request) as connection:
        found = CustomersRepository(connection).pick_countries(text=query.text)
    return [PickerOption(country.country_code, country.name) for country in found]


def _typed(name: str, customer: Customer | None) -> Any:
    value = getattr(customer, name) if customer else None
    if name == "has_marketing_consent":
        return bool(value)
    if name == "phone":
        return contacts.shown_phone(value)
    if name == "country_code":
        return PickerOption(value, customer.country or value) if customer and value else None
    return str(value or "")
