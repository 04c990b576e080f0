"""The card of one customer: who it is, what was bought, how the record changed, and what may be done."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from app.errors import CrpmError
from app.repositories.customers import (
    Customer,
    CustomerFigures,
    CustomersRepository,
    PreferredProduct,
)
from app.repositories.reference import ReferenceRepository
from app.ui import contacts, panels, shell
from app.ui import format as written
from app.ui.failures import explained
from app.ui.grid import Grid, GridState
from app.ui.handlers import guarded
from app.ui.insights import is_at_least
from app.ui.tabs import customers_anonymise, customers_changes, customers_merge, customers_purchases
from app.ui.tabs.customers_anonymise import AnonymisePanel
from app.ui.tabs.customers_input import LABELS
from app.ui.tabs.customers_merge import MergePanel
from app.workspace import Workspace

_PURCHASES = GridState(page_size=10)


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """The components of the card, and the customer that it shows."""

    column: gr.Column
    customer: gr.State
    head: gr.HTML
    edit: gr.Button
    toggle: gr.Button
    delete: gr.Button
    merging: MergePanel
    anonymising: AnonymisePanel
    question: gr.Column
    asked: gr.HTML
    delete_now: gr.Button
    deactivate_instead: gr.Button
    keep: gr.Button
    body: gr.Column
    facts: gr.HTML
    purchases: Grid
    page: gr.State
    changes: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        return [
            self.customer,
            self.head,
            self.edit,
            self.toggle,
            self.delete,
            self.question,
            self.body,
            self.facts,
            self.purchases,
            self.page,
            self.changes,
            *self.merging.outputs,
            *self.anonymising.outputs,
        ]


def place(workspace: Workspace) -> CustomerCard:
    """Create the components."""
    with gr.Column(visible=False, elem_id="customer-card") as column:
        with gr.Row():
            with gr.Column(min_width=260):
                head = panels.view(elem_id="customer-head")
            edit = gr.Button("Edit", scale=0, min_width=90, visible=False, elem_id="customer-edit")
            toggle = gr.Button("Deactivate", scale=0, min_width=120, visible=False, elem_id="customer-toggle")
            delete = gr.Button("Delete", scale=0, min_width=90, visible=False, elem_id="customer-delete")
            merge_buttons = customers_merge.place_buttons()
            anonymise = customers_anonymise.place_button()
        with gr.Column(visible=False, elem_classes="card", elem_id="customer-question") as question:
            asked = panels.view()
            with gr.Row():
                delete_now = gr.Button("Delete for good", variant="stop", scale=0, min_width=150)
                deactivate = gr.Button("Deactivate instead", scale=0, min_width=170)
                keep = gr.Button("Keep as it is", scale=0, min_width=130, elem_classes="closes")
        merging = customers_merge.place_panel(workspace, merge_buttons)
        anonymising = customers_anonymise.place_question(anonymise)
        with gr.Column() as body:
            facts = panels.view(elem_id="customer-facts")
            panels.view(panels.heading("Purchases"))
            purchases = Grid(
                customers_purchases.COLUMNS,
                label="Purchases",
                row_key="order_key",
                opens="purchases",
                empty=("No purchases yet", "What this customer buys is listed here."),
                elem_id="customer-purchases",
            )
            changes = panels.view(elem_id="customer-changes")
    return CustomerCard(
        column,
        gr.State(None),
        head,
        edit,
        toggle,
        delete,
        merging,
        anonymising,
        question,
        asked,
        delete_now,
        deactivate,
        keep,
        body,
        facts,
        purchases,
        gr.State(_PURCHASES),
        changes,
    )


def wire(workspace: Workspace, card: CustomerCard, context: shell.TabContext) -> None:
    """Connect the components."""

    def turn(
        event: gr.EventData, customer: Customer, page: GridState, request: gr.Request
    ) -> tuple[GridState, Markup]:
        page = card.purchases.follow(page, event)
        return page, read_purchases(workspace, card, customer.customer_id, page, request)

    def ask(customer: Customer, request: gr.Request) -> list[Any]:
        return question(workspace, customer, request)

    @guarded
    def toggle(customer: Customer, request: gr.Request) -> list[Any]:
        with workspace.transaction(request) as connection:
            CustomersRepository(connection).set_active(
                customer_id=customer.customer_id, is_active=not customer.is_active
            )
        return read(workspace, card, customer.customer_id, request)

    @guarded
    def delete(customer: Customer, request: gr.Request) -> Any:
        with workspace.transaction(request) as connection:
            CustomersRepository(connection).delete(
                customer_id=customer.customer_id, row_version=customer.row_version
            )
        gr.Info("The customer is deleted.")
        return context.go("customers")

    card.purchases.paged(turn, [card.customer, card.page], [card.page, card.purchases], **shell.READ)
    card.edit.click(
        lambda customer: context.go("customers", f"{customer.customer_id}-edit"),
        card.customer,
        context.navigator,
        **shell.READ,
    )
    card.delete.click(
        ask,
        card.customer,
        [card.question, card.asked, card.delete_now, card.deactivate_instead],
        **shell.READ,
    )
    card.keep.click(lambda: gr.update(visible=False), None, card.question, **shell.READ)
    for button in (card.toggle, card.deactivate_instead):
        button.click(toggle, card.customer, card.outputs, **shell.SAVE)
    card.delete_now.click(delete, card.customer, context.navigator, **shell.SAVE)
    customers_merge.wire(workspace, card.merging, card.customer, context)
    customers_anonymise.wire(workspace, card.anonymising, card.customer, context)


def question(workspace: Workspace, customer: Customer, request: gr.Request | None) -> list[Any]:
    """What is asked before a customer is deleted: whether it is meant, or what may be done instead, and why."""
    try:
        with workspace.transaction(request) as connection:
            orders = CustomersRepository(connection).count_orders(customer_id=customer.customer_id)
    except CrpmError as error:
        return [gr.update(visible=True), panels.notice(error, "bad"), *[gr.update(visible=False)] * 2]
    if not orders:
        text = "Delete this customer for good? This cannot be undone."
        return [
            gr.update(visible=True),
            panels.notice(text, "warn"),
            gr.update(visible=True),
            gr.update(visible=False),
        ]
    count = "1 purchase" if orders == 1 else f"{written.integer(orders)} purchases"
    text = f"This customer has {count}, which every figure counts, so the record cannot be deleted."
    if customer.is_active:
        text += " Deactivate it instead: it stays in every figure, and is no longer offered at the till."
    return [
        gr.update(visible=True),
        panels.notice(text, "warn"),
        gr.update(visible=False),
        gr.update(visible=customer.is_active),
    ]


def read(workspace: Workspace, card: CustomerCard, customer_id: int, request: gr.Request | None) -> list[Any]:
    """New values for the card's outputs."""
    role = workspace.actor(request).role
    is_manager = is_at_least(role, "crpm_manager")
    hidden = gr.update(visible=False)
    try:
        with workspace.transaction(request) as connection:
            repository = CustomersRepository(connection)
            customer = repository.get(customer_id=customer_id)
            figures = repository.figures(customer_ids=[customer_id]).get(customer_id)
            category = repository.find_preferred_category(customer_id=customer_id)
            product = repository.find_preferred_product(customer_id=customer_id)
            refreshed_at = repository.refresh_segments()
            segment = repository.find_segment(customer_id=customer_id)
            company = ReferenceRepository(connection).settings()
            changes = repository.changes(customer_id=customer_id) if is_manager else None
            merges = repository.merges(customer_id=customer_id)
            purchases = _purchases(card, repository, customer_id, _PURCHASES)
    except Exception as error:
        failed = panels.stack(
            panels.heading("Customer", back="customers"),
            panels.error_state("The customer cannot be shown", explained(error)),
        )
        return [None, failed, *[hidden] * 5, *[gr.skip()] * 4, *[hidden] * 5]
    is_on_its_own = customer.merged_into_customer_id is None
    may_edit = is_at_least(role, "crpm_clerk") and is_on_its_own and customer.anonymised_at is None
    history = (
        panels.timeline(customers_changes.timeline(customer, changes, merges)) if changes is not None else ""
    )
    return [
        customer,
        _heading(customer),
        gr.update(visible=may_edit),
        gr.update(visible=may_edit, value="Deactivate" if customer.is_active else "Activate"),
        gr.update(visible=is_manager and is_on_its_own),
        hidden,
        gr.update(visible=True),
        panels.stack(
            *([customers_merge.notice(customer)] if customer.merged_into else []),
            panels.kpi_strip(
                [
                    *_kpis(figures, category, product, company.base_currency_code if company else None),
                    *([_segment(segment, refreshed_at)] if segment and refreshed_at else []),
                ]
            ),
            panels.section("Details", panels.definition_list(_facts(customer))),
            *([panels.section(LABELS["notes"], _notes(customer.notes))] if customer.notes else []),
        ),
        purchases,
        _PURCHASES,
        panels.section("Changes of this record", history + _all_held(customer)) if history else "",
        *customers_merge.shown(customer, may_merge=is_manager),
        *customers_anonymise.shown(customer, may_anonymise=is_manager),
    ]


def read_purchases(
    workspace: Workspace, card: CustomerCard, customer_id: int, page: GridState, request: gr.Request | None
) -> Markup:
    """The table of one page of a customer's orders."""
    try:
        with workspace.transaction(request) as connection:
            return _purchases(card, CustomersRepository(connection), customer_id, page)
    except Exception as error:
        return panels.error_state("The purchases cannot be shown", explained(error))


def _purchases(
    card: CustomerCard, repository: CustomersRepository, customer_id: int, page: GridState
) -> Markup:
    lines = repository.purchases(customer_id=customer_id, limit=page.page_size, offset=page.offset)
    orders = [
        customers_purchases.order(list(group)) for _, group in groupby(lines, key=attrgetter("order_key"))
    ]
    table = card.purchases.table(orders, total=repository.count_orders(customer_id=customer_id), state=page)
    address = f"exports/customers/{customer_id}"
    exports = [("All purchases as Excel", f"{address}.xlsx"), ("as CSV", f"{address}.csv")]
    return table + panels.documents(exports) if orders else table


def _all_held(customer: Customer) -> Markup:
    address = f"exports/customers/{customer.customer_id}/all-held.json"
    return panels.documents([("Everything held on this person, as JSON", address)])


def _heading(customer: Customer) -> Markup:
    place = ", ".join(part for part in (customer.city, customer.country) if part)
    detail = " \u00b7 ".join(part for part in (f"Customer {customer.customer_id}", place) if part)
    status = (
        "active" if customer.is_active else "inactive" if customer.anonymised_at is None else "anonymised"
    )
    return panels.heading(customer.name, detail=detail, status=status, back="customers")


def _kpis(
    figures: CustomerFigures | None,
    category: str | None,
    product: PreferredProduct | None,
    currency: str | None,
) -> list[panels.Kpi]:
    days_between = figures.days_between if figures else None
    return [
        panels.Kpi(
            "Revenue",
            written.money(figures.revenue if figures else None, currency),
            hint="without tax and returns",
        ),
        panels.Kpi(
            "Orders",
            written.integer(figures.orders if figures else 0),
            hint="without cancelled ones" if days_between is None else f"one every {_days(days_between)}",
        ),
        panels.Kpi(
            "Average order", written.money(figures.average_order_value if figures else None, currency)
        ),
        panels.Kpi("First purchase", written.date(figures.first_bought_on if figures else None)),
        panels.Kpi(
            "Last purchase",
            written.date(figures.last_bought_on if figures else None),
            hint=_ago(figures.last_bought_on) if figures else "",
        ),
        panels.Kpi(
            "Preferred category",
            category or written.MISSING,
            hint=panels.link(product.name, "products", product.product_id) if product else "",
        ),
    ]


def _segment(segment: str, refreshed_at: datetime) -> panels.Kpi:
    shown = panels.link(segment, "customers", f"?{urlencode({'segment': segment})}")
    return panels.Kpi("Segment", shown, hint=f"of {written.date(refreshed_at)}")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{written.integer(count)} days"


def _ago(day: date) -> str:
    days = (datetime.now(UTC).date() - day).days
    if days < 1:
        return "today"
    return "yesterday" if days == 1 else f"{written.integer(days)} days ago"


def _facts(customer: Customer) -> list[tuple[str, object]]:
    state = " ".join(
        part for part in (customer.state, f"({customer.state_code})" if customer.state_code else "") if part
    )
    town = " ".join(part for part in (customer.postal_code, customer.city) if part)
    address = ", ".join(part for part in (customer.street, town, state, customer.country) if part)
    return [
        (LABELS["email"], customer.email),
        (LABELS["phone"], contacts.shown_phone(customer.phone)),
        ("Address", address),
        (LABELS["gender"], customer.gender),
        (LABELS["birth_date"], _birth(customer.birth_date)),
        (LABELS["has_marketing_consent"], _consent(customer)),
        ("Source", f"{customer.source_system} {customer.source_key}" if customer.source_key else None),
        ("Customer since", written.date(customer.created_at)),
    ]


def _notes(text: str) -> Markup:
    return Markup('<bdi class="notes">{}</bdi>').format(text)


def _birth(day: date | None) -> str | None:
    if day is None:
        return None
    today = datetime.now(UTC).date()
    age = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    return f"{written.date(day)} ({age})"


def _consent(customer: Customer) -> str:
    given = "yes" if customer.has_marketing_consent else "no"
    since = f"since {written.date(customer.consent_changed_on)}" if customer.consent_changed_on else ""
    return ", ".join(part for part in (given, since, customer.consent_source) if part)
