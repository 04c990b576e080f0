"""Choosing files and loading them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency
from markupsafe import Markup

from app.ui import format as written
from app.ui import panels, progress, shell, uploads
from app.ui.failures import explained
from app.ui.tabs import data_mapping, setup
from app.workspace import Workspace
from loader.account import Report, Trial
from loader.cells import DateOrder, DecimalMark
from loader.errors import UndecidedError
from loader.progress import Progress

_DATE_ORDERS = [
    ("Month first: 12/31/2024", "mdy"),
    ("Day first: 31/12/2024", "dmy"),
    ("Year first: 24/12/31", "ymd"),
]
_DECIMALS = [("Decimal point: 1,299.00", "point"), ("Decimal comma: 1.299,00", "comma")]


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The components of the form."""

    chosen: gr.File
    date_order: gr.Radio
    decimal: gr.Radio
    is_live: gr.Checkbox
    create_customers: gr.Checkbox
    is_dry_run: gr.Checkbox
    start: gr.Button
    status: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        return [
            self.chosen,
            self.date_order,
            self.decimal,
            self.is_live,
            self.create_customers,
            self.is_dry_run,
        ]


def place() -> UploadForm:
    """Create the components."""
    with gr.Column(elem_classes="card", elem_id="data-upload"):
        panels.view(
            panels.heading(
                "Load files",
                detail="Customers, products, stores, exchange rates, sales and stock as CSV files (also .csv.gz), "
                "Excel files (.xlsx), or a ZIP of them. "
                "Loading a file twice changes nothing.",
            )
        )
        chosen = gr.File(
            label="Files",
            file_count="multiple",
            file_types=[".csv", ".gz", ".xlsx", ".zip"],
            height=150,
            elem_id="data-files-chosen",
        )
        date_order = gr.Radio(
            _DATE_ORDERS, label="How these files write a date", visible=False, elem_id="data-date-order"
        )
        decimal = gr.Radio(
            _DECIMALS, label="How these files write a number", visible=False, elem_id="data-decimal"
        )
        is_live = gr.Checkbox(
            value=False,
            label="The sales are new: take them out of stock",
            info="Otherwise they are history, which moves no stock. An order for more than is on hand is rejected.",
            elem_id="data-is-live",
        )
        create_customers = gr.Checkbox(
            value=False,
            label="Make up the customers that no file has",
            info="Otherwise their orders are rejected. They are marked until a file brings them.",
            elem_id="data-create-customers",
        )
        is_dry_run = gr.Checkbox(
            value=False,
            label="Only try it out",
            info="Shows what would become of every row, and how the figures would move. Nothing is written.",
            elem_id="data-is-dry-run",
        )
        start = gr.Button("Load", variant="primary", scale=0, min_width=120, elem_id="data-load")
        status = panels.view(elem_id="data-status")
    return UploadForm(chosen, date_order, decimal, is_live, create_customers, is_dry_run, start, status)


def wire(
    workspace: Workspace,
    loads: setup.Loads,
    form: UploadForm,
    mapping: data_mapping.MappingForm,
    key: gr.State,
) -> Dependency:
    """Connect the components; returns the event after which there is a new load."""

    def load_now(
        request: gr.Request,
        text: str,
        files: Sequence[str | Path] | None,
        order: DateOrder | None,
        decimal: DecimalMark | None,
        is_live: bool,
        create_customers: bool,
        is_dry_run: bool,
    ) -> Iterator[list[Any]]:
        yield from load(
            files or (),
            lambda folder, tell: loads.load_files(
                folder,
                order,
                workspace.actor(request),
                tell,
                decimal=decimal,
                mapping=data_mapping.mapping_of(text),
                is_live=is_live,
                create_customers=create_customers,
                is_dry_run=is_dry_run,
            ),
        )

    data_mapping.wire(mapping, form.chosen)
    return form.start.click(
        load_now,
        [mapping.text, *form.inputs],
        [form.status, form.date_order, form.decimal, form.is_live, form.chosen, key],
        **shell.SAVE,
    )


def load(files: Sequence[str | Path], load_folder: Callable[[Path, Progress], Report]) -> Iterator[list[Any]]:
    """Load uploaded files: values for status, date order, decimal, `is_live`, files and the load shown, by step."""
    try:
        with uploads.gathered(files) as folder:
            for step in progress.steps_then_result(lambda tell: load_folder(folder, tell)):
                if isinstance(step, str):
                    yield [progress.bar(step), *[gr.skip()] * 5]
                elif step.trial:
                    yield [tried(step, step.trial), *[gr.skip()] * 5]
                else:
                    uploads.forget(files)
                    answered = gr.update(visible=False, value=None)
                    yield [outcome(step), answered, answered, False, None, ""]
    except UndecidedError as error:
        asked = [
            gr.update(visible=True) if is_asked else gr.skip()
            for is_asked in (bool(error.date_orders), error.asks_decimal)
        ]
        question = f"{error} Choose how these files write {_asked(error)}, and load again."
        yield [panels.notice(question, "warn"), *asked, *[gr.skip()] * 3]
    except Exception as error:
        yield [panels.notice(explained(error), "bad"), *[gr.skip()] * 5]


def _asked(error: UndecidedError) -> str:
    asked = (("a date", bool(error.date_orders)), ("a number", error.asks_decimal))
    return " and ".join(what for what, is_asked in asked if is_asked)


def outcome(report: Report) -> Markup:
    """What became of a load, in one line."""
    if report.is_unchanged:
        return panels.notice("Nothing changed: all of this had been loaded before.")
    text, has_rejects = _counts(report)
    return panels.notice(f"Load {report.load_id}: {text}.", "warn" if has_rejects else "good")


def tried(report: Report, trial: Trial) -> Markup:
    """What would become of a load, and of the figures."""
    text, has_rejects = _counts(report)
    currency = report.base_currency
    before, after = trial.before, trial.after
    facts = [
        (name, f"{written.integer(was)} \N{RIGHTWARDS ARROW} {written.integer(would_be)}")
        for name, was, would_be in (
            ("Customers", before.customers, after.customers),
            ("Products", before.products, after.products),
            ("Orders", before.orders, after.orders),
            ("Order lines", before.lines, after.lines),
        )
    ]
    revenue = [written.money(amount, currency) for amount in (before.revenue, after.revenue)]
    facts.append(("Revenue", " \N{RIGHTWARDS ARROW} ".join(revenue)))
    told = panels.notice(f"Tried out, and nothing was written: {text}.", "warn" if has_rejects else "good")
    return panels.stack(told, panels.definition_list(facts))


def _counts(report: Report) -> tuple[str, bool]:
    """What became of the rows of all files, in words, and whether some were rejected."""
    counts = {
        name: sum(getattr(file, name) for file in report.files)
        for name in ("read", "loaded", "updated", "rejected")
    }
    text = ", ".join(f"{written.integer(count)} {name}" for name, count in counts.items())
    return text, counts["rejected"] > 0
