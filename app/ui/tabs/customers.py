"""Customers: the list, the card of one, and the form.

The key of an address says what is on screen: nothing for the list, or its filters after a question mark, `12` for a card,
`12-edit` and `new` for the form.
"""

import re
from typing import Any, Literal, TypeAlias

import gradio as gr

from app.ui import shell
from app.ui.tabs import customers_card, customers_form, customers_list
from app.workspace import Workspace

Screen: TypeAlias = Literal["list", "card", "form"]

_KEY = re.compile(r"([1-9][0-9]{0,17})(-edit)?")
# The keyboard goes on where the page does.
_FOCUS = (
    "() => document.querySelector('#customer-form:not(.hide) #customer-name :is(input, textarea)')?.focus()"
)


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place and wire the tab."""
    listing = customers_list.place()
    card = customers_card.place(workspace)
    form = customers_form.place(workspace)
    customers_list.wire(workspace, listing, context)
    customers_card.wire(workspace, card, context)
    customers_form.wire(workspace, form, context)
    shown = [*listing.outputs, *card.outputs]

    def read(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        screen, customer_id = on_screen(key)
        listed, carded = [gr.skip()] * len(listing.outputs), [gr.skip()] * len(card.outputs)
        if screen == "list":
            listed = customers_list.read(workspace, listing, key, chosen, request)
        elif screen == "card":
            carded = customers_card.read(workspace, card, customer_id, request)
        return [*listed, *carded]

    def open_screen(request: gr.Request, key: str, *chosen: Any) -> list[Any]:
        screen, customer_id = on_screen(key)
        formed = [gr.skip()] * len(form.outputs)
        if screen == "form":
            formed = customers_form.read(workspace, form, customer_id, request)
        return [*visible(screen), *read(request, key, *chosen), *formed]

    columns = [listing.column, card.column, form.column]
    context.navigator.customers_opened(
        open_screen,
        [context.navigator, *listing.filters],
        [*columns, *shown, *form.outputs],
        **shell.READ,
    ).then(None, js=_FOCUS, **shell.READ)
    context.on_select(read, [context.navigator, *listing.filters], shown)


def visible(screen: Screen) -> list[Any]:
    """New values for the columns of list, card and form."""
    return [
        shell.shown(screen == "list"),
        gr.update(visible=screen == "card"),
        gr.update(visible=screen == "form"),
    ]


def on_screen(key: str) -> tuple[Screen, int]:
    """What a key, which may be anything, stands for, and the id of the customer, 0 for none."""
    if not key or key[0] == "?" or key == "new":
        return ("form" if key == "new" else "list"), 0
    known = _KEY.fullmatch(key)
    return ("form" if known and known[2] else "card"), int(known[1]) if known else 0
