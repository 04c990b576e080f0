"""First run: the company, its base currency and its first store, or the demo data."""

import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from app.errors import InputError
from app.repositories.company import CompanyRepository, StoreDetails
from app.repositories.reference import ReferenceRepository
from app.ui import panels, progress, shell
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.workspace import Workspace
from db.pool import Actor
from loader.account import Report
from loader.cells import DateOrder, DecimalMark
from loader.mapping import Mapping
from loader.progress import Progress


class Loads(Protocol):
    """What the page can have loaded; only the app's own start knows the address that loads are made through."""

    def load_files(
        self,
        folder: Path,
        date_order: DateOrder | None,
        actor: Actor,
        progress: Progress,
        *,
        decimal: DecimalMark | None = None,
        mapping: Mapping | None = None,
        is_live: bool = False,
        create_customers: bool = False,
        is_dry_run: bool = False,
    ) -> Report:
        """Load a folder of files; raises LoadError, with nothing loaded."""

    def undo(self, load_id: int, actor: Actor, progress: Progress) -> None:
        """Take a load back; raises LoadError, with nothing taken back."""

    def load_demo(self, actor: Actor, progress: Progress) -> Report:
        """Invent the demo retailer and load it; raises LoadError, with nothing loaded."""


@dataclass(frozen=True, slots=True)
class SetupForm:
    """The form, hidden at first; `ended` are the events after which the page is to be read again."""

    column: gr.Column
    choices: Sequence[gr.Dropdown]
    ended: Sequence[Dependency]


@dataclass(frozen=True, slots=True)
class NewCompany:
    """The form's fields, in their order on screen."""

    company_name: str
    base_currency: str | None
    time_zone: str
    store_name: str
    is_online: bool
    country: str | None
    store_currency: str | None


def place(workspace: Workspace, loads: Loads) -> SetupForm:
    """Create and wire the form."""
    with gr.Column(visible=False, elem_id="setup", elem_classes="card") as column:
        panels.view(
            panels.heading(
                "Set up your company",
                detail="Every figure is kept in the base currency, which is fixed once there is a purchase.",
            )
        )
        with gr.Row():
            company_name = gr.Textbox("", label="Company name", max_lines=1, scale=2)
            base_currency = gr.Dropdown([], label="Base currency")
            time_zone = gr.Dropdown(sorted(zoneinfo.available_timezones()), value="UTC", label="Time zone")
        panels.view(
            panels.heading(
                "First store", detail="Leave its name empty if your stores are to come from files."
            )
        )
        with gr.Row():
            store_name = gr.Textbox("", label="Store name", max_lines=1, scale=2)
            country = gr.Dropdown([], label="Country")
            store_currency = gr.Dropdown([], label="Sells in")
        is_online = gr.Checkbox(label="This is the online shop, which has no country")
        with gr.Row():
            save = gr.Button("Set up", variant="primary", scale=0, min_width=140)
            demo = gr.Button("Load the demo data instead", scale=0, min_width=220)
        status = panels.view(elem_id="setup-status")

    fields = [company_name, base_currency, time_zone, store_name, is_online, country, store_currency]

    @guarded
    def set_up_now(request: gr.Request, *values: Any) -> Markup:
        set_up(workspace, request, NewCompany(*values))
        return panels.notice("The company is set up. Add products and customers, or load your files.", "good")

    def load_now(request: gr.Request) -> Iterator[Markup]:
        yield from narrated(lambda tell: loads.load_demo(workspace.actor(request), tell))

    def propose(request: gr.Request, country: str | None) -> str | None:
        return currency_of(workspace, request, country)

    country.input(propose, country, store_currency, **shell.READ)
    is_online.change(lambda is_online: gr.update(interactive=not is_online), is_online, country, **shell.READ)
    ended = (
        save.click(set_up_now, fields, status, **shell.SAVE),
        demo.click(load_now, None, status, **shell.SAVE),
    )
    return SetupForm(column, (base_currency, country, store_currency), ended)


def set_up(workspace: Workspace, request: gr.Request | None, company: NewCompany) -> None:
    """Create the company, with its store if that has a name; raises CrpmError with neither created."""
    store_name = company.store_name.strip()
    if not company.base_currency:
        raise InputError("Choose the base currency.")
    if store_name and not company.store_currency:
        raise InputError("Choose the currency that the store sells in.")
    with workspace.transaction(request) as connection:
        repository = CompanyRepository(connection)
        repository.set_up(
            company_name=company.company_name.strip(),
            base_currency_code=company.base_currency,
            time_zone=company.time_zone,
        )
        if store_name and company.store_currency:
            repository.add_store(
                details=StoreDetails(
                    name=store_name,
                    is_online=company.is_online,
                    country_code=None if company.is_online else company.country,
                    currency_code=company.store_currency,
                    time_zone=company.time_zone,
                )
            )


def narrated(load: Callable[[Progress], Report]) -> Iterator[Markup]:
    """What to show while a load runs, and when it has ended, well or not."""
    try:
        for step in progress.steps_then_result(load):
            yield (
                progress.bar(step) if isinstance(step, str) else panels.notice("The data is loaded.", "good")
            )
    except Exception as error:
        yield panels.notice(explained(error), "bad")


def currency_of(workspace: Workspace, request: gr.Request | None, country_code: str | None) -> str | None:
    """The currency proposed for a store in a country."""
    with workspace.transaction(request) as connection:
        countries = ReferenceRepository(connection).countries()
    return next(
        (country.currency_code for country in countries if country.country_code == country_code), None
    )


def choices(reference: ReferenceRepository) -> list[Any]:
    """New choices for base currency, country and store currency."""
    currencies = [(f"{one.currency_code}, {one.name}", one.currency_code) for one in reference.currencies()]
    countries = [(one.name, one.country_code) for one in reference.countries()]
    return [gr.update(choices=currencies), gr.update(choices=countries), gr.update(choices=currencies)]
