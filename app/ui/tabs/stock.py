"""Stock as a manager works with it: reports, receiving and transferring, and count sheets."""

from typing import Any

import gradio as gr

from app.errors import CrpmError
from app.repositories.products import ProductsRepository
from app.repositories.reference import ReferenceRepository
from app.ui import shell
from app.ui.insights import is_at_least
from app.ui.tabs import stock_booking, stock_counts, stock_reports
from app.ui.tabs.stock_reports import ALL_CATEGORIES, ALL_STORES
from app.workspace import Workspace


def build(workspace: Workspace, stock_tab: gr.Tab) -> None:
    """Place and wire the screens inside the tab, which shows them fresh whenever it comes on screen."""
    with gr.Tabs(elem_classes="sections", overflow_behavior="wrap"):
        with gr.Tab("Reorder list", elem_id="stock-reorder") as reorder_tab:
            reorder = stock_reports.place_reorder()
        with gr.Tab("Stock on a day", elem_id="stock-onday") as on_day_tab:
            on_day = stock_reports.place_on_day()
        with gr.Tab("Value", elem_id="stock-value", visible=False) as value_tab:
            value = stock_reports.place_value()
        with gr.Tab("Receive and transfer", elem_id="stock-booking", visible=False) as booking_tab:
            booking = stock_booking.place()
        with gr.Tab("Count", elem_id="stock-count", visible=False) as count_tab:
            counting = stock_counts.place()
    reports = {reorder_tab: reorder, on_day_tab: on_day, value_tab: value}
    for tab, report in reports.items():
        stock_reports.wire(workspace, report, tab)
    stock_booking.wire(workspace, booking)
    stock_counts.wire(workspace, counting, count_tab)
    filters = [part for report in reports.values() for part in (report.store, report.category)]
    at_store = [booking.store, booking.to_store, counting.store]
    for_managers = [value_tab, booking_tab, count_tab]

    # Where the choices cannot be read they stay as they are: the reports say what is wrong.
    def choices(request: gr.Request) -> list[Any]:
        try:
            with workspace.transaction(request) as connection:
                stores = ReferenceRepository(connection).stores(is_active_only=False)
                categories = ProductsRepository(connection).categories()
        except CrpmError:
            return [gr.skip()] * (len(filters) + len(at_store) + 1 + len(for_managers))
        places = gr.update(choices=[ALL_STORES, *((row.name, row.store_id) for row in stores)])
        names = dict.fromkeys((row.category, row.category_id) for row in categories)
        kinds = gr.update(choices=[ALL_CATEGORIES, *names])
        active = gr.update(choices=[(row.name, row.store_id) for row in stores if row.is_active])
        is_manager = is_at_least(workspace.actor(request).role, "crpm_manager")
        return [
            *(places, kinds) * len(reports),
            *[active] * len(at_store),
            kinds,
            *[gr.update(visible=is_manager)] * len(for_managers),
        ]

    stock_tab.select(choices, None, [*filters, *at_store, counting.category, *for_managers], **shell.READ)
