"""Settings, Exchange rates: the latest of each currency, its gaps, its course, and entering one."""

from datetime import timedelta
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import InputError
from app.repositories.company import CompanyRepository, CurrencyInUse
from app.ui import charts, panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.handlers import guarded
from app.workspace import Workspace

_PAGE = GridState(page_size=10)
_DRAWN_DAYS = 730


def build(workspace: Workspace, tab: gr.Tab) -> None:
    """Place and wire the section."""
    currencies = Grid(
        [
            Column("currency_code", "Currency"),
            Column("name", "Name", is_hidden_on_phone=True),
            Column("units_per_base", "Latest rate", align="right", value=_rate),
            Column("latest_on", "Of", "date"),
            Column("rates", "Days with a rate", "integer", is_hidden_on_phone=True),
            Column("gaps", "Gaps", "integer", is_hidden_on_phone=True),
            Column("state", "For sales today", value=_state),
        ],
        label="Currencies",
        row_key="currency_code",
        empty=("No rate is needed", "Every store sells in the base currency."),
        elem_id="currencies-grid",
    )
    hint = panels.view(elem_id="rates-hint")
    with gr.Column(visible=False, elem_classes="card", elem_id="rates-of-one") as one:
        head = panels.view()
        line = charts.line("", x="rate_date", y="units_per_base", height=220, elem_id="rates-line")
        with gr.Row():
            day = gr.Textbox(
                "", label="Day", placeholder="2026-03-24", max_lines=1, min_width=130, elem_id="rate-day"
            )
            units = gr.Textbox(
                "",
                label="Units for one of the base currency",
                max_lines=1,
                min_width=160,
                elem_id="rate-units",
            )
            save = gr.Button("Enter the rate", variant="primary", scale=0, min_width=150, elem_id="rate-save")
        rates = Grid(
            [
                Column("rate_date", "Day", "date"),
                Column("units_per_base", "Rate", align="right", value=_rate),
                Column("days_before", "Days since the one before", "integer", is_hidden_on_phone=True),
                Column("origin", "From", value=lambda rate: rate.file_name or "entered by hand"),
            ],
            label="Rates",
            elem_id="rates-grid",
        )
    chosen, page = gr.State(""), gr.State(_PAGE)

    def show(request: gr.Request) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                found = CompanyRepository(connection).currencies_in_use()
        except Exception as error:
            return [panels.error_state("The rates cannot be shown", explained(error)), ""]
        return [currencies.table(found), _hint(found)]

    def read(request: gr.Request, code: str, state: GridState) -> list[Any]:
        with workspace.transaction(request) as connection:
            repository = CompanyRepository(connection)
            in_use = next((one for one in repository.currencies_in_use() if one.currency_code == code), None)
            if in_use is None:
                return [gr.skip()] * len(outputs)
            rows = repository.rates(currency_code=code, limit=state.page_size, offset=state.offset)
            recent = repository.rates(currency_code=code, limit=_DRAWN_DAYS)
        first = recent[0].rate_date - timedelta(days=_DRAWN_DAYS) if recent else None
        drawn = [rate for rate in reversed(recent) if first and rate.rate_date >= first]
        return [
            gr.update(visible=True),
            code,
            state,
            panels.heading(f"{in_use.name} ({code})", detail="Units of it for one of the base currency."),
            charts.draw(line, drawn) | {"visible": bool(drawn)},
            rates.table(rows, total=in_use.rates, state=state),
        ]

    @guarded
    def open_one(event: gr.EventData, request: gr.Request) -> list[Any]:
        return read(request, Grid.opened_key(event), _PAGE)

    def turn(event: gr.EventData, request: gr.Request, code: str, state: GridState) -> list[Any]:
        return read(request, code, rates.follow(state, event))

    @guarded
    def enter(request: gr.Request, code: str, day_text: str, units_text: str) -> list[Any]:
        on_day = typed.day(day_text, "The day")
        if on_day is None:
            raise InputError("Say for which day the rate is, such as 2026-03-24.")
        with workspace.transaction(request) as connection:
            CompanyRepository(connection).set_rate(
                currency_code=code, rate_date=on_day, units_per_base=typed.amount(units_text, "The rate")
            )
        gr.Info(f"The rate of {on_day} is entered. What was sold keeps the rate it was sold at.")
        return [*read(request, code, _PAGE), *show(request), "", ""]

    outputs = [one, chosen, page, head, line, rates]
    tab.select(show, None, [currencies, hint], **shell.READ)
    currencies.opened(open_one, None, outputs, **shell.SAVE)
    rates.paged(turn, [chosen, page], outputs, **shell.READ)
    gr.on(
        [save.click, units.submit],
        enter,
        [chosen, day, units],
        [*outputs, currencies, hint, day, units],
        **shell.SAVE,
    )


def _rate(row: Any) -> str:
    return f"{row.units_per_base:f}" if row.units_per_base is not None else ""


def _state(currency: CurrencyInUse) -> Markup:
    if not currency.is_too_old:
        return panels.pill("usable", "good")
    return panels.pill("refused: no recent rate", "bad" if currency.is_sold_in else "warn")


def _hint(found: list[CurrencyInUse]) -> Markup:
    refused = [one.currency_code for one in found if one.is_too_old and one.is_sold_in]
    files = Markup("Rates come from files on the {}, or one by one here: choose a currency.").format(
        panels.link("Data tab", "data", "")
    )
    if not refused:
        return panels.notice(files)
    told = Markup("Sales in {} are refused until there is a rate of the last days. {}")
    return panels.notice(told.format(", ".join(refused), files), "bad")
