"""The form for what every receipt says about the company; administrators may change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.errors import CrpmError
from app.repositories.company import CompanyRepository
from app.repositories.reference import ReferenceRepository
from app.ui import panels, shell
from app.ui.handlers import guarded
from app.ui.insights import is_at_least
from app.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReceiptDetailsForm:
    """The form's components, as `read` fills them."""

    outputs: Sequence[Any]


def place(workspace: Workspace) -> ReceiptDetailsForm:
    """Create and wire the form."""
    with gr.Column(visible=False, elem_classes="card", elem_id="receipt-details") as column:
        panels.view(panels.heading("Receipts", detail="What every receipt says about the company."))
        with gr.Row():
            address = gr.Textbox("", label="Address", lines=3, max_lines=5, min_width=260)
            footer = gr.Textbox("", label="Line at the foot", lines=3, max_lines=5, min_width=260)
            tax_number = gr.Textbox("", label="Tax number", max_lines=1, min_width=180)
        save = gr.Button("Save", variant="primary", scale=0, min_width=120, elem_id="receipt-details-save")
    version = gr.State(0)

    @guarded
    def save_now(address: str, tax_number: str, footer: str, version: int, request: gr.Request) -> int:
        with workspace.transaction(request) as connection:
            CompanyRepository(connection).update_receipt_details(
                address=address.strip() or None,
                tax_number=tax_number.strip() or None,
                receipt_footer=footer.strip() or None,
                row_version=version,
            )
            settings = ReferenceRepository(connection).settings()
        gr.Info("Saved. Receipts say so from now on, those of earlier orders too.")
        return settings.row_version if settings else 0

    save.click(save_now, [address, tax_number, footer, version], version, **shell.SAVE)
    return ReceiptDetailsForm((column, address, tax_number, footer, version))


def read(workspace: Workspace, form: ReceiptDetailsForm, request: gr.Request) -> list[Any]:
    """New values for the form's outputs; hidden before the company is set up, and from whoever may not change it."""
    hidden = [gr.update(visible=False), *[gr.skip()] * (len(form.outputs) - 1)]
    if not is_at_least(workspace.actor(request).role, "crpm_admin"):
        return hidden
    try:
        with workspace.transaction(request) as connection:
            company = ReferenceRepository(connection).settings()
    except CrpmError:
        # The lists of this tab say what is wrong.
        return hidden
    if company is None:
        return hidden
    return [
        gr.update(visible=True),
        company.address or "",
        company.tax_number or "",
        company.receipt_footer or "",
        company.row_version,
    ]
