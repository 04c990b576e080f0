"""The lines of a purchase while they are typed: quantities and discounts to edit, everything else to read.

Who may set another price finds a button for it beside each product; the list price stays in sight.

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
_LONGEST_REASON = 200


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
    """What the clerk has typed for one product; `price` and `reason` are empty at the list price."""

    product_id: int
    quantity: str
    discount: str = ""
    price: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TypedBasket:
    """What the clerk has typed, unchecked.

    `request_id` is chosen when a basket is begun and stays until it is recorded; `till_id` names the browser's tab.
    """

    lines: tuple[TypedLine, ...] = ()
    discount: str = ""
    request_id: str = ""
    till_id: str = ""


class Basket(gr.HTML):
    """The lines on screen. As an input it is a `TypedBasket`; as an output, what `show` returns."""

    _changes = itertools.count(1)

    def __init__(self, *, elem_id: str, picker_id: str, record_button_id: str, render: bool = True) -> None:
        """By elem_id: the picker whose picks are added, and the button that records and Ctrl+Enter clicks.

        Buttons whose answer replaces the basket, as recording does, are of class `takes-basket`: one click at a time,
        and what is picked meanwhile goes into the next basket. Once such an answer has come, good or bad, the page is
        to send its document the event `crpm-answered`.
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
        has_own_prices: bool = False,
    ) -> dict[str, Any]:
        """What to return to show what `basket` is worth; the lines left out stay as they are on screen.

        `has_own_prices`: whether another price may be set.
        """
        return {
            "priced": {"lines": [asdict(line) for line in basket.lines], "discount": basket.discount},
            "lines": [asdict(line) for line in lines],
            "tax": tax,
            "total": total,
            "message": message,
            "has_own_prices": has_own_prices,
            "is_new": False,
            "change": next(self._changes),
        }

    def start_anew(self) -> dict[str, Any]:
        """What to return to empty the basket, with the focus in the product field."""
        return {**self.show(TypedBasket()), "is_new": True}

    def take_up(self, basket: TypedBasket, names: Sequence[str]) -> dict[str, Any]:
        """What to return to put `basket` in place of what is there; `names` are those of its products."""
        lines = [
            {**asdict(line), "title": name or f"Product {line.product_id}"}
            for line, name in zip(basket.lines, names, strict=True)
        ]
        taken = {"lines": lines, "discount": basket.discount, "requestId": basket.request_id}
        return {**self.start_anew(), "taken": taken}

    def preprocess(self, payload: Any) -> Any:
        """A TypedBasket; it comes from the browser, so its numbers are text still to be checked."""
        typed = payload.get("typed") if isinstance(payload, dict) else None
        if not isinstance(typed, dict):
            return TypedBasket()
        lines = typed.get("lines")
        return TypedBasket(
            tuple(typed_line(line) for line in lines if isinstance(line, dict))
            if isinstance(lines, list)
            else (),
            _text(typed.get("discount")),
            str(payload.get("request_id")),
            str(payload.get("till_id") or ""),
        )

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show(TypedBasket())


def typed_line(line: dict[str, Any]) -> TypedLine:
    """The line that this describes, whatever it holds; what is no text, or too long a one, is cut."""
    number = line.get("product_id")
    return TypedLine(
        number if type(number) is int else 0,
        _text(line.get("quantity")),
        _text(line.get("discount")),
        _text(line.get("price")),
        _text(line.get("reason"), _LONGEST_REASON),
    )


def _text(value: Any, longest: int = _LONGEST_NUMBER) -> str:
    return str(value).strip()[:longest] if isinstance(value, str | int) else ""
