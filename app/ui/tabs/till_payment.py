"""How a purchase is paid: by one method, or split over several; and the change to give back for cash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import CrpmError, InputError
from app.repositories.orders import Payment, QuotedLine, RecordedOrder
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.tabs.till_pricing import total

METHODS = {"cash": "Cash", "card": "Card", "transfer": "Transfer", "voucher": "Voucher", "other": "Other"}
_SEVERAL = "several"
_CHOICES = [
    *((label, method) for method, label in METHODS.items()),
    ("On account", ""),
    ("Several", _SEVERAL),
]


@dataclass(frozen=True, slots=True)
class PaymentFields:
    """The components, in the order of the screen; `amounts` are by method."""

    method: gr.Dropdown
    split: gr.Column
    amounts: dict[str, gr.Textbox]
    given: gr.Textbox
    due: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        return [self.method, *self.amounts.values(), self.given]

    @property
    def outputs(self) -> list[Any]:
        """What `anew` gives values for."""
        return [*self.inputs, self.due]


@dataclass(frozen=True, slots=True)
class Tender:
    """How it is to be paid, as typed; `amounts` count where it is split, `given` where there is cash among it."""

    method: str
    amounts: dict[str, str]
    given: str = ""

    @property
    def is_split(self) -> bool:
        return self.method == _SEVERAL

    def payments(self) -> list[Payment] | None:
        """The sums of a split, None where one method pays it all. Raises InputError for what is no amount."""
        if not self.is_split:
            return None
        paid = [
            Payment(method, typed.amount(text, METHODS[method]))
            for method, text in self.amounts.items()
            if text
        ]
        if not paid:
            raise InputError("Type what is paid by each method.")
        return paid

    def cash_of(self, all_of_it: Decimal) -> Decimal | None:
        """What is paid in cash of a total, None where it is not paid in cash."""
        if not self.is_split:
            return all_of_it if self.method == "cash" else None
        cash = self.amounts["cash"]
        return typed.amount(cash, METHODS["cash"]) if cash else None

    def change_of(self, all_of_it: Decimal) -> Decimal | None:
        """What to give back, below zero where too little is given; None where none was given, or no cash is due."""
        cash = self.cash_of(all_of_it)
        return typed.amount(self.given, "The cash given") - cash if cash is not None and self.given else None


def read(method: str, *texts: str) -> Tender:
    """What was typed, from the values of the fields' inputs."""
    *amounts, given = (str(text or "").strip() for text in texts)
    return Tender(method or "", dict(zip(METHODS, amounts, strict=True)), given)


def place() -> PaymentFields:
    """Create the components."""

    def amount(label: str, elem_id: str, placeholder: str = "") -> gr.Textbox:
        return gr.Textbox(
            "", label=label, placeholder=placeholder, max_lines=1, min_width=110, elem_id=elem_id
        )

    method = gr.Dropdown(_CHOICES, value="cash", label="Paid by", elem_id="till-payment")
    with gr.Column(visible=False, elem_id="till-split") as split, gr.Row():
        amounts = {
            method: amount(label, f"till-pay-{method}", "Enter: rest") for method, label in METHODS.items()
        }
    given = amount("Cash given", "till-given")
    return PaymentFields(method, split, amounts, given, panels.view(elem_id="till-due"))


def wire(fields: PaymentFields, quote: Callable[..., Sequence[QuotedLine]], quoted_by: Sequence[Any]) -> None:
    """Connect the components; `quote(*values of quoted_by, request)` prices the basket, or raises CrpmError."""
    count = len(quoted_by)

    def rest(method: str) -> Callable[..., Any]:
        def fill(request: gr.Request, *values: Any) -> Any:
            tender = read(*values[count:])
            if not tender.is_split or tender.amounts[method]:
                return gr.skip()
            try:
                quoted = quote(*values[:count], request)
                left = total(quoted) - _paid(tender)
            except CrpmError:
                return gr.skip()  # What is wrong stands beside the basket and below the payments.
            return written.decimal(left, written.decimals(quoted[0].currency_code)) if left > 0 else gr.skip()

        return fill

    for method, field in fields.amounts.items():
        field.submit(rest(method), [*quoted_by, *fields.inputs], field, **shell.READ)
    fields.method.change(
        lambda method: (
            gr.update(visible=method == _SEVERAL),
            gr.update(visible=method in ("cash", _SEVERAL)),
        ),
        fields.method,
        [fields.split, fields.given],
        **shell.READ,
    )


def anew(tender: Tender) -> list[Any]:
    """Values for the fields' outputs for the next purchase: no amounts, and one method."""
    return ["cash" if tender.is_split else gr.skip(), *[""] * len(METHODS), "", ""]


def due(tender: Tender, quoted: Sequence[QuotedLine]) -> Markup | str:
    """What is left to pay, and the change to give back."""
    if not quoted:
        return ""
    currency, whole = quoted[0].currency_code, total(quoted)
    try:
        left = whole - _paid(tender) if tender.is_split else Decimal(0)
        change = tender.change_of(whole)
    except InputError as error:
        return panels.notice(str(error), "bad")
    told = []
    if left > 0:
        told.append(panels.notice(f"Left to pay: {written.money(left, currency)}", "warn"))
    elif left < 0:
        told.append(panels.notice(f"Too much: {written.money(-left, currency)}", "bad"))
    elif tender.is_split:
        told.append(panels.notice("The payments add up.", "good"))
    if change is not None and change < 0:
        told.append(panels.notice(f"Cash given is {written.money(-change, currency)} short.", "bad"))
    elif change is not None:
        told.append(panels.notice(f"Change: {written.money(change, currency)}", "good"))
    return panels.stack(*told) if told else ""


def change_told(tender: Tender, order: RecordedOrder) -> str:
    """What to say of the change once the order is recorded. Raises InputError where too little cash was given."""
    change = tender.change_of(order.total_amount)
    if change is None:
        return ""
    if change < 0:
        short = written.money(-change, order.currency_code)
        raise InputError(f"The cash given is {short} short. Nothing was recorded.")
    return f" \u00b7 change {written.money(change, order.currency_code)}"


def _paid(tender: Tender) -> Decimal:
    # Nothing typed yet is no mistake while the clerk is still typing.
    typed_any = any(tender.amounts.values())
    return sum((paid.amount for paid in tender.payments() or ()), Decimal(0)) if typed_any else Decimal(0)
