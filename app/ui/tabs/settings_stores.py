"""Settings, Stores: where it is sold, in which currency, with prices that contain the tax or not."""

import zoneinfo
from collections.abc import Callable
from typing import Any

import gradio as gr

from app.errors import ChangedMeanwhileError, InputError
from app.repositories.company import CompanyRepository, SetStore, StoreDetails
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid
from app.ui.handlers import guarded
from app.ui.tabs.settings_meanwhile import meanwhile
from app.workspace import Workspace

TIME_ZONES = sorted(zoneinfo.available_timezones())


def build(workspace: Workspace, tab: gr.Tab) -> Callable[[Callable[..., None]], None]:
    """Place and wire the section; returns what has a listener show it too."""
    grid = Grid(
        [
            Column("name", "Store"),
            Column("country", "Country", value=lambda store: store.country or "Online"),
            Column("currency_code", "Sells in", is_hidden_on_phone=True),
            Column("time_zone", "Time zone", is_hidden_on_phone=True),
            Column(
                "has_tax_inclusive_prices",
                "Prices",
                value=lambda store: "with tax" if store.has_tax_inclusive_prices else "without tax",
                is_hidden_on_phone=True,
            ),
            Column("area_m2", "Square metres", "decimal", is_hidden_on_phone=True),
            Column("opened_on", "Opened", "date", is_hidden_on_phone=True),
            Column(
                "status", "Status", "pill", value=lambda store: "active" if store.is_active else "inactive"
            ),
        ],
        label="Stores",
        row_key="store_id",
        empty=("No store yet", "Add the first one."),
        elem_id="stores-grid",
    )
    add = gr.Button("New store", variant="primary", scale=0, min_width=130, elem_id="stores-add")
    with gr.Column(visible=False, elem_classes="card", elem_id="store-form") as form:
        head = panels.view()
        with gr.Row():
            name = gr.Textbox("", label="Name", max_lines=1, scale=2, min_width=200)
            country = gr.Dropdown([], label="Country", min_width=160)
            state = gr.Textbox("", label="State", max_lines=1, min_width=130)
            currency = gr.Dropdown([], label="Sells in", min_width=160)
        with gr.Row():
            time_zone = gr.Dropdown(TIME_ZONES, value="UTC", label="Time zone", min_width=180)
            area = gr.Textbox("", label="Square metres", max_lines=1, min_width=120)
            opened = gr.Textbox("", label="Opened on", placeholder="2026-03-24", max_lines=1, min_width=130)
        with gr.Row():
            is_online = gr.Checkbox(label="The online shop, which has no country")
            has_tax = gr.Checkbox(label="Prices on the shelf contain the tax")
            is_active = gr.Checkbox(value=True, label="Active: sells and receives")
        note = panels.view(elem_id="store-note")
        with gr.Row():
            save = gr.Button("Save", variant="primary", scale=0, min_width=120, elem_id="store-save")
            cancel = gr.Button("Cancel", scale=0, min_width=100)
    fields = [name, is_online, country, state, currency, time_zone, has_tax, area, opened, is_active]
    # The store as it was when the form was opened; none for a new one.
    shown = gr.State(None)
    form_outputs = [form, shown, head, note, *fields]

    def show(request: gr.Request) -> Any:
        try:
            with workspace.transaction(request) as connection:
                return grid.table(CompanyRepository(connection).stores())
        except Exception as error:
            return panels.error_state("The stores cannot be shown", explained(error))

    def filled(request: gr.Request, store: SetStore | None) -> list[Any]:
        with workspace.transaction(request) as connection:
            reference = ReferenceRepository(connection)
            countries = [(one.name, one.country_code) for one in reference.countries()]
            currencies = [
                (f"{one.currency_code}, {one.name}", one.currency_code) for one in reference.currencies()
            ]
            company = reference.settings()
        hint = "What was sold there keeps its currency, tax and day." if store else ""
        return [
            gr.update(visible=True),
            store,
            panels.heading(store.name if store else "New store", detail=hint),
            "",
            store.name if store else "",
            bool(store and store.is_online),
            gr.update(choices=countries, value=store.country_code if store else None),
            (store and store.state) or "",
            gr.update(
                choices=currencies,
                value=store.currency_code if store else company.base_currency_code if company else None,
            ),
            store.time_zone if store else company.time_zone if company else "UTC",
            bool(store and store.has_tax_inclusive_prices),
            f"{store.area_m2:f}" if store and store.area_m2 else "",
            str(store.opened_on) if store and store.opened_on else "",
            store.is_active if store else True,
        ]

    @guarded
    def begin(request: gr.Request) -> list[Any]:
        return filled(request, None)

    @guarded
    def open_one(event: gr.EventData, request: gr.Request) -> list[Any]:
        key = Grid.opened_key(event)
        with workspace.transaction(request) as connection:
            found = [one for one in CompanyRepository(connection).stores() if str(one.store_id) == key]
        return filled(request, found[0]) if found else [gr.skip()] * len(form_outputs)

    @guarded
    def save_now(request: gr.Request, store: SetStore | None, *values: Any) -> list[Any]:
        details = store_details(*values)
        if store is None:
            with workspace.transaction(request) as connection:
                CompanyRepository(connection).add_store(details=details)
        else:
            try:
                with workspace.transaction(request) as connection:
                    CompanyRepository(connection).update_store(
                        store_id=store.store_id, details=details, row_version=store.row_version
                    )
            except ChangedMeanwhileError:
                return [gr.skip(), meanwhile(workspace, request, "stores", str(store.store_id)), gr.skip()]
        gr.Info("Saved.")
        return [gr.update(visible=False), "", show(request)]

    tab.select(show, None, grid, **shell.READ)
    add.click(begin, None, form_outputs, **shell.SAVE)
    grid.opened(open_one, None, form_outputs, **shell.SAVE)
    save.click(save_now, [shown, *fields], [form, note, grid], **shell.SAVE)
    cancel.click(lambda: gr.update(visible=False), None, form, **shell.READ)
    return lambda listen: listen(show, None, grid)


def store_details(
    name: str,
    is_online: bool,
    country: str | None,
    state: str,
    currency: str | None,
    time_zone: str | None,
    has_tax: bool,
    area: str,
    opened: str,
    is_active: bool,
) -> StoreDetails:
    """A store as typed; InputError for what cannot be understood."""
    if not currency:
        raise InputError("Choose the currency that the store sells in.")
    if time_zone not in TIME_ZONES:
        raise InputError("Choose the store's time zone.")
    return StoreDetails(
        name=name.strip(),
        is_online=is_online,
        country_code=None if is_online else country,
        state=state.strip() or None,
        currency_code=currency,
        time_zone=time_zone,
        has_tax_inclusive_prices=has_tax,
        area_m2=typed.amount(area, "The area") if area.strip() else None,
        opened_on=typed.day(opened, "The day of opening"),
        is_active=is_active,
    )
