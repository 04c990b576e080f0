"""The lines of a purchase while they are typed: quantities and discounts to edit, everything else to read.

The browser keeps what the clerk has typed, so what is recorded is what stands on the screen, however slow the server
answers; its answers only price it. A product that is picked is added at once. Reloading the page, or a connection that
was lost, leaves the lines where they are. The component sends one event, `changed`, when something that is priced has
changed; so it does when it has taken up lines again.
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
<p class="basket-empty"><b>No products yet</b><br>Scan a barcode, or type a name or SKU and press Enter.
<br>Ctrl+Enter records the purchase.</p>
<p class="basket-message" role="alert"></p>
<dl><div class="basket-discount"><dt><label>Discount on all</label></dt><dd><input type="text" inputmode="decimal"
 autocomplete="off" placeholder="0.00"></dd></div><div><dt>Tax</dt><dd data-sum="tax"></dd></div>
<div class="basket-total"><dt>Total</dt><dd data-sum="total" aria-live="polite"></dd></div></dl></section>"""

_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class BasketLine:
    """What the server says of one line; `warning` says what is wrong with it."""

    product_id: int
    name: str
    detail: str
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
    """What the clerk has typed, unchecked.

    `request_id` is chosen when a basket is begun and stays until it is recorded.
    """

    lines: tuple[TypedLine, ...] = ()
    discount: str = ""
    request_id: str = ""


class Basket(gr.HTML):
    """The lines on screen. As an input it is a `TypedBasket`; as an output, what `show` returns."""

    _changes = itertools.count(1)

    def __init__(self, *, elem_id: str, picker_id: str, record_button_id: str, render: bool = True) -> None:
        """By elem_id: the picker whose picks are added, and the button that records and Ctrl+Enter clicks.

        Once recording has ended, well or not, the page is to send its document the event `crpm-recorded`.
        """
        super().__init__(
            None,
            html_template=_TEMPLATE,
            js_on_load=f'const PICKER = "{picker_id}", BUTTON = "{record_button_id}";\n{_SCRIPT}',
            apply_default_css=False,
            padding=False,
            elem_id=elem_id,
            render=render,
        )

    def show(
        self,
        basket: TypedBasket,
        lines: Sequence[BasketLine] = (),
        *,
        tax: str = "",
        total: str = "",
        message: str = "",
    ) -> dict[str, Any]:
        """What to return to show what `basket` is worth; the lines left out stay as they are on screen."""
        return {
            "priced": {"lines": [asdict(line) for line in basket.lines], "discount": basket.discount},
            "lines": [asdict(line) for line in lines],
            "tax": tax,
            "total": total,
            "message": message,
            "is_new": False,
            "change": next(self._changes),
        }

    def start_anew(self) -> dict[str, Any]:
        """What to return to empty the basket, with the focus in the product field."""
        return {**self.show(TypedBasket()), "is_new": True}

    def preprocess(self, payload: Any) -> Any:
        """A TypedBasket; it comes from the browser, so its numbers are text still to be checked."""
        typed = payload.get("typed") if isinstance(payload, dict) else None
        if not isinstance(typed, dict):
            return TypedBasket()
        lines = typed.get("lines")
        return TypedBasket(
            tuple(_typed(line) for line in lines if isinstance(line, dict))
            if isinstance(lines, list)
            else (),
            _text(typed.get("discount")),
            str(payload.get("request_id")),
        )

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show(TypedBasket())


def _typed(line: dict[str, Any]) -> TypedLine:
    number = line.get("product_id")
    return TypedLine(
        number if type(number) is int else 0, _text(line.get("quantity")), _text(line.get("discount"))
    )


def _text(value: Any) -> str:
    return str(value).strip()[:_LONGEST_NUMBER] if isinstance(value, str | int) else ""
