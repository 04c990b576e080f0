"""Products: the list and the stock of all of them, the card of one with its stock, and the form.

The key of an address says what is on screen: nothing for the list, or its filters after a question mark, `12` for a card,
`12-edit` and `new` for the form.
"""

import re
from typing import Any, Literal

import gradio as gr

from app.ui import shell
from app.ui.tabs import products_card, products_form, products_list, stock
from app.workspace import Workspace

_KEY = re.compile(r"([1-9][0-9]{0,17})(-edit)?")
# The keyboard goes on where the page does.
_FOCUS = (
    "() => document.querySelector('#product-form:not(.hide) #product-name :is(input, textarea)')?.focus()"
)


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place and wire the tab."""
    with gr.Column() as work, gr.Tabs(elem_classes="sections", overflow_behavior="wrap"):
        with gr.Tab("Products", elem_id="products-list"):
            listing = products_list.place()
        with gr.Tab("Stock", elem_id="products-stock") as stock_tab:
            stock.build(workspace, stock_tab)
    card = products_card.place()
    form = products_form.place()
    products_list.wire(workspace, listing, context)
    products_card.wire(workspace, card, context)
    products_form.wire(workspace, form, context)
    shown = [*listing.outputs, *card.outputs]

    def read(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        screen, product_id = on_screen(key)
        listed, carded = [gr.skip()] * len(listing.outputs), [gr.skip()] * len(card.outputs)
        if screen == "list":
            listed = products_list.read(workspace, listing, key, chosen, request)
        elif screen == "card":
            carded = products_card.read(workspace, card, product_id, request)
        return [*listed, *carded]

    def open_screen(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        screen, product_id = on_screen(key)
        formed = [gr.skip()] * len(form.outputs)
        if screen == "form":
            formed = products_form.read(workspace, form, product_id, request)
        visible = [
            shell.shown(screen == "list"),
            gr.update(visible=screen == "card"),
            gr.update(visible=screen == "form"),
        ]
        return [*visible, *read(request, key, *chosen), *formed]

    columns = [work, card.column, form.column]
    context.navigator.products_opened(
        open_screen,
        [context.navigator, *listing.filters],
        [*columns, *shown, *form.outputs],
        **shell.READ,
    ).then(None, js=_FOCUS, **shell.READ)
    context.on_select(read, [context.navigator, *listing.filters], shown)


def on_screen(key: str) -> tuple[Literal["list", "card", "form"], int]:
    """What a key, which may be anything, stands for, and the id of the product, 0 for none."""
    if not key or key[0] == "?" or key == "new":
        return ("form" if key == "new" else "list"), 0
    known = _KEY.fullmatch(key)
    return ("form" if known and known[2] else "card"), int(known[1]) if known else 0
