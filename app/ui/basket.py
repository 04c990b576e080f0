"""The lines of a purchase while they are typed: quantities and discounts to edit, everything else to read.

The browser keeps what the clerk has typed, so what is recorded is what stands on the screen; all texts and amounts
come from the server. The component sends one event, `changed`, when something that is priced has changed.
"""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gradio as gr

_SCRIPT = (Path(__file__).parent / "assets" / "basket.js").read_text(encoding="utf-8")

# Static on purpose: whatever is put into a template is executed. The script writes all texts as textContent.
_TEMPLATE = """<section class="basket card" aria-label="Purchase"><div class="basket-scroll"><table>
<thead><tr><th scope="col">Product</th><th scope="col">Quantity</th><th scope="col" class="right wide">Price</th>
<th scope="col">Discount</th><th scope="col" class="right">Amount</th><th><span class="unseen">Remove</span></th></tr></thead>
<tbody></tbody></table></div>
<p class="basket-empty"><b>No products yet</b><br>Scan a barcode, or type a name or SKU and press Enter.</p>
<p class="basket-message" role="alert"></p>
<dl><div class="basket-discount"><dt><label>Discount on all</label></dt><dd><input type="text" inputmode="decimal"
 autocomplete="off" placeholder="0.00"></dd></div><div><dt>Tax</dt><dd data-sum="tax"></dd></div>
<div class="basket-total"><dt>Total</dt><dd data-sum="total" aria-live="polite"></dd></div></dl></section>"""

_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line as shown; `quantity` and `discount` as typed, `warning` says what is wrong with it."""

    product_id: int
    name: str
    detail: str
    quantity: str
    discount: str
    price: str
    amount: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """What the clerk has typed for one product."""

    product_id: int
    quantity: str
    discount: str


@dataclass(frozen=True, slots=True)
class TypedBasket:
    """What the clerk has typed, unchecked."""

    lines: tuple[TypedLine, ...] = ()
    discount: str = ""


class Basket(gr.HTML):
    """The lines on screen. As an input it is a `TypedBasket`; as an output, what `show` returns."""

    _changes = itertools.count(1)

    def __init__(self, *, elem_id: str, picker: str, button: str, render: bool = True) -> None:
        """By their elem_id: the picker that Enter returns to, and the button that Ctrl+Enter clicks."""
        super().__init__(
            None,
            html_template=_TEMPLATE,
            js_on_load=f'const PICKER = "{picker}", BUTTON = "{button}";\n{_SCRIPT}',
            apply_default_css=False,
            padding=False,
            elem_id=elem_id,
            render=render,
        )

    def show(
        self,
        lines: Sequence[BasketLine] | None = (),
        *,
        discount: str = "",
        tax: str = "",
        total: str = "",
        message: str = "",
        focus: int | None = None,
    ) -> dict[str, Any]:
        """What to return to show these lines (None: those on screen); `focus` is the product whose quantity is next."""
        return {
            "lines": None if lines is None else [asdict(line) for line in lines],
            "discount": discount,
            "tax": tax,
            "total": total,
            "message": message,
            "focus": focus,
            "change": next(self._changes),
        }

    def preprocess(self, payload: Any) -> Any:
        """A TypedBasket; it comes from the browser, so its numbers are text still to be checked."""
        if not isinstance(payload, dict):
            return TypedBasket()
        lines = payload.get("lines")
        return TypedBasket(
            tuple(_typed(line) for line in lines if isinstance(line, dict))
            if isinstance(lines, list)
            else (),
            _text(payload.get("discount")),
        )

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show()


def _typed(line: dict[str, Any]) -> TypedLine:
    number = line.get("product_id")
    return TypedLine(
        number if type(number) is int else 0, _text(line.get("quantity")), _text(line.get("discount"))
    )


def _text(value: Any) -> str:
    return str(value).strip()[:_LONGEST_NUMBER] if isinstance(value, str | int) else ""
