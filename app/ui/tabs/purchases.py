"""Purchases: the till, the orders, the page of one order, and the daily close."""

from typing import Any

import gradio as gr

from app.errors import CrpmError
from app.repositories.reference import ReferenceRepository
from app.ui import shell
from app.ui.basket import TypedBasket
from app.ui.grid import GridState
from app.ui.tabs import daily_close, order_page, orders, till, till_choices, till_parked
from app.workspace import Workspace


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place and wire the tab."""
    with gr.Column() as work, gr.Tabs(elem_classes="sections", overflow_behavior="wrap") as parts:
        with gr.Tab("New purchase", elem_id="purchases-till"):
            at_till = till.place(workspace)
        with gr.Tab("Orders", id="orders", elem_id="purchases-orders") as orders_tab:
            listed = orders.place_list(workspace)
        with gr.Tab("Daily close", elem_id="purchases-close") as close_tab:
            daily_close.build(workspace, close_tab)
    page = order_page.place(workspace)
    till.wire(workspace, at_till)
    show_orders = orders.wire_list(workspace, listed, context)

    def open_order(key: str, request: gr.Request) -> tuple[Any, ...]:
        """An order, or with a key such as `?from=2026-01-01` the list of orders that it asks for."""
        is_list = key.startswith("?")
        order_key = "" if is_list else key
        opened = order_key, shell.shown(not order_key), *order_page.read(workspace, page, order_key, request)
        if not is_list:
            return *opened, gr.skip(), *([gr.skip()] * len(listed.outputs))
        asked = list(orders.asked_for(key))
        table = show_orders(request, *asked)
        # The dropdown takes no store that it does not offer.
        offered = stores(request)
        place = 1 + listed.filters.index(listed.store)
        is_offered = asked[place] in (value for _, value in offered.get("choices", []))
        asked[place] = offered | {"value": asked[place]} if is_offered else gr.skip()
        return *opened, gr.Tabs(selected="orders"), *asked, table

    def show_listed(key: str, request: gr.Request, state: GridState, *shown: Any) -> Any:
        # What an address asks for may not be in the filters yet.
        if orders.is_other(key, shown):
            return show_orders(request, *orders.asked_for(key))
        return show_orders(request, state, *shown)

    # Where the lists cannot be read they stay as they are: the list of orders and the till say what is wrong.
    def stores(request: gr.Request) -> Any:
        try:
            with workspace.transaction(request) as connection:
                rows = ReferenceRepository(connection).stores(is_active_only=False)
        except CrpmError:
            return gr.skip()
        return gr.update(choices=[("All stores", 0), *((row.name, row.store_id) for row in rows)])

    def choices(store: int | None, currency: str, last_store: Any, request: gr.Request) -> tuple[Any, Any]:
        try:
            return till_choices.stores_and_currencies(workspace, store, currency, last_store, request)
        except CrpmError:
            return gr.skip(), gr.skip()

    def parked(store: int | None, basket: TypedBasket, request: gr.Request) -> Any:
        return till_parked.read(workspace, store, basket, request)

    context.on_open(open_order, outputs=[page.key, work, *page.outputs, parts, *listed.outputs])
    context.on_select(
        choices, [at_till.store, at_till.currency, at_till.last_store], [at_till.store, at_till.currency]
    )
    context.on_select(parked, [at_till.store, at_till.basket], at_till.parking.listed)
    context.on_select(stores, outputs=listed.store)
    context.on_select(show_listed, [context.navigator, listed.state, *listed.filters], listed.grid)
    orders_tab.select(show_orders, [listed.state, *listed.filters], listed.grid, **shell.READ)
