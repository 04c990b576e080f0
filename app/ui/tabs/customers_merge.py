"""Two records of one person: choosing the other, seeing side by side what stays, merging, and taking that back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import gradio as gr
from markupsafe import Markup

from app.errors import InputError
from app.repositories.customers import Customer, CustomerFilter, CustomerMerge, CustomersRepository
from app.ui import contacts, panels, shell
from app.ui import format as written
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.ui.picker import Picker, PickerOption, PickerQuery
from app.ui.tabs.customers_input import LABELS
from app.workspace import Workspace

Kept: TypeAlias = Literal["this", "other"]

_KEPT = [("Keep this record", "this"), ("Keep the other one", "other")]
# What the database fills where the record kept has it empty.
_FILLED = ("email", "phone", "gender", "birth_date", "notes")
_ADDRESS = ("street", "postal_code", "city", "state", "country")


@dataclass(frozen=True, slots=True)
class MergePanel:
    """The buttons on a card, and the panel that the first one opens."""

    open: gr.Button
    take_back: gr.Button
    column: gr.Column
    other: Picker
    kept: gr.Radio
    sides: gr.HTML
    merge: gr.Button
    cancel: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """What changes with the customer on the card."""
        return [self.open, self.take_back, self.column]


def place_buttons() -> tuple[gr.Button, gr.Button]:
    """The buttons at the head of a card: merge, and take back."""
    merge = gr.Button("Merge", scale=0, min_width=90, visible=False, elem_id="customer-merge")
    take_back = gr.Button(
        "Take back the merge", scale=0, min_width=170, visible=False, elem_id="customer-take-back"
    )
    return merge, take_back


def place_panel(workspace: Workspace, buttons: tuple[gr.Button, gr.Button]) -> MergePanel:
    """Create the panel."""
    with gr.Column(visible=False, elem_classes="card", elem_id="customer-merging") as column:
        panels.view(
            Markup(
                "<h3>Merge with another customer</h3><p>Both records are of one person: what both have bought counts "
                "with the record that is kept, which is filled where it is empty. A merge can be taken back.</p>"
            )
        )
        with gr.Row():
            other = Picker(
                label="The other customer",
                search=lambda query: find_others(workspace, query),
                placeholder="Name, e-mail, phone, city or key",
                elem_id="customer-merge-other",
            )
            kept = gr.Radio(_KEPT, value="this", label="Which record is kept", elem_id="customer-merge-kept")
        sides = panels.view(elem_id="customer-merge-sides")
        with gr.Row():
            merge = gr.Button("Merge these two", variant="primary", scale=0, min_width=150, visible=False)
            cancel = gr.Button(
                "Cancel", scale=0, min_width=100, elem_id="customer-merge-cancel", elem_classes="closes"
            )
    return MergePanel(*buttons, column, other, kept, sides, merge, cancel)


def wire(workspace: Workspace, panel: MergePanel, customer: gr.State, context: shell.TabContext) -> None:
    """Connect the components; `customer` is the one on the card."""

    def open_panel(customer: Customer) -> tuple[Any, ...]:
        scope = str(customer.customer_id)
        hidden = gr.update(visible=False)
        return gr.update(visible=True), panel.other.show(scope=scope), "this", "", hidden

    def compare(
        customer: Customer, other: str | None, kept: Kept, request: gr.Request
    ) -> tuple[Markup | str, Any]:
        if not other:
            return "", gr.update(visible=False)
        try:
            return side_by_side(workspace, customer, other, kept, request), gr.update(visible=True)
        except Exception as error:
            return panels.notice(explained(error), "bad"), gr.update(visible=False)

    @guarded
    def merge(customer: Customer, other: str | None, kept: Kept, request: gr.Request) -> Any:
        keeps, goes = _in_order(customer.customer_id, other_id(other), kept)
        with workspace.transaction(request) as connection:
            CustomersRepository(connection).merge(customer_id=goes, into_customer_id=keeps)
        gr.Info("Merged. What both have bought counts with this record.")
        return context.go("customers", keeps)

    @guarded
    def take_back(customer: Customer, request: gr.Request) -> Any:
        with workspace.transaction(request) as connection:
            CustomersRepository(connection).take_back_merge(customer_id=customer.customer_id)
        gr.Info("The merge is taken back.")
        return context.go("customers", customer.customer_id)

    inputs = [customer, panel.other, panel.kept]
    panel.open.click(
        open_panel,
        customer,
        [panel.column, panel.other, panel.kept, panel.sides, panel.merge],
        **shell.READ,
    ).then(None, js=shell.focus_when_drawn("#customer-merge-other input"))
    for changed in (panel.other.picked, panel.other.cleared, panel.kept.input):
        changed(compare, inputs, [panel.sides, panel.merge], **shell.READ)
    panel.cancel.click(lambda: gr.update(visible=False), None, panel.column, **shell.READ)
    panel.merge.click(merge, inputs, context.navigator, **shell.SAVE)
    panel.take_back.click(take_back, customer, context.navigator, **shell.SAVE)


def shown(customer: Customer | None, *, may_merge: bool) -> list[Any]:
    """New values for the panel's outputs."""
    is_merged = customer is not None and customer.merged_into_customer_id is not None
    is_person = customer is not None and customer.anonymised_at is None
    return [
        gr.update(visible=may_merge and is_person and not is_merged),
        gr.update(visible=may_merge and is_person and is_merged),
        gr.update(visible=False),
    ]


def find_others(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Customers but the one whose id is the scope, for the picker."""
    with workspace.transaction(query.request) as connection:
        found = CustomersRepository(connection).search(wanted=CustomerFilter(query.text), limit=12)
    return [
        PickerOption(str(one.customer_id), one.name, one.email or one.city or f"customer {one.customer_id}")
        for one in found
        if str(one.customer_id) != query.scope
    ]


def other_id(picked: str | None) -> int:
    """The id of the customer picked; InputError where there is none."""
    if not picked or not picked.isascii() or not picked.isdigit() or len(picked) > 18:
        raise InputError("Choose the other customer first.")
    return int(picked)


def side_by_side(
    workspace: Workspace, customer: Customer, other: str, kept: Kept, request: gr.Request | None
) -> Markup:
    """Both records field by field, and what the one kept will have."""
    with workspace.transaction(request) as connection:
        repository = CustomersRepository(connection)
        ids = _in_order(customer.customer_id, other_id(other), kept)
        keeps, goes = (repository.get(customer_id=one) for one in ids)
        orders = [repository.count_orders(customer_id=one) for one in ids]
    counts = ("Purchases", *(written.integer(count) for count in (*orders, sum(orders))))
    rows = Markup("").join(
        Markup("<tr><th scope='row'>{}</th>{}</tr>").format(
            label,
            Markup("").join(Markup("<td><bdi>{}</bdi></td>").format(value or "\u2014") for value in values),
        )
        for label, *values in (*_fields(keeps, goes), counts)
    )
    heads = ("", f"Kept: customer {ids[0]}", f"Merged: customer {ids[1]}", "What stays")
    return Markup(
        '<div class="grid"><div class="grid-scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></div>'
    ).format(Markup("").join(Markup("<th scope='col'>{}</th>").format(head) for head in heads), rows)


def notice(customer: Customer) -> Markup | str:
    """Where a merged customer's purchases count; nothing for another one."""
    if customer.merged_into_customer_id is None:
        return ""
    kept = panels.link(customer.merged_into, "customers", customer.merged_into_customer_id)
    text = Markup("This record is merged into <bdi>{}</bdi>, with which its purchases count.").format(kept)
    return panels.notice(text, "info")


def happenings(customer: Customer, merges: list[CustomerMerge]) -> Iterator[tuple[Any, panels.Happening]]:
    """The merges of a customer for its history, each with its moment."""
    for merge in merges:
        is_kept = merge.into_customer_id == customer.customer_id
        other = (
            panels.link(merge.name, "customers", merge.customer_id)
            if is_kept
            else panels.link(merge.into_name, "customers", merge.into_customer_id)
        )
        how = "Merged with" if is_kept else "Merged into"
        title = Markup("{} <bdi>{}</bdi> by {}").format(how, other, merge.merged_by)
        yield merge.merged_at, panels.Happening(written.timestamp(merge.merged_at), title)
        if merge.taken_back_at:
            title = Markup("Merge with <bdi>{}</bdi> taken back by {}").format(other, merge.taken_back_by)
            yield merge.taken_back_at, panels.Happening(written.timestamp(merge.taken_back_at), title)


def _in_order(this: int, other: int, kept: Kept) -> tuple[int, int]:
    return (other, this) if kept == "other" else (this, other)


def _fields(keeps: Customer, goes: Customer) -> Iterator[tuple[str, str, str, str]]:
    """Label, value of the record kept, of the merged one, and what stays."""
    yield LABELS["name"], keeps.name, goes.name, keeps.name
    for name in _FILLED:
        one, other = (_written(name, customer) for customer in (keeps, goes))
        yield LABELS[name], one, other, one or other
    one, other = (_address(customer) for customer in (keeps, goes))
    yield "Address", one, other, one or other
    one, other = ("yes" if customer.has_marketing_consent else "no" for customer in (keeps, goes))
    yield LABELS["has_marketing_consent"], one, other, one


def _written(name: str, customer: Customer) -> str:
    value = getattr(customer, name)
    return contacts.shown_phone(value) if name == "phone" else str(value or "")


def _address(customer: Customer) -> str:
    return ", ".join(part for part in (getattr(customer, name) for name in _ADDRESS) if part)
