"""What there is to choose from at the till: stores, currencies, customers, products."""

from typing import Any

import gradio as gr

from app.repositories.orders import OrdersRepository
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from app.ui.picker import PickerOption, PickerQuery
from app.workspace import Workspace


def stores_and_currencies(
    workspace: Workspace, store: int | None, currency: str, last_store: Any, request: gr.Request
) -> tuple[Any, Any]:
    """The stores and currencies to choose from, as they are now; a choice that is still there stays.

    Without a choice the store is the one that this browser was at last.
    """
    with workspace.transaction(request) as connection:
        reference = ReferenceRepository(connection)
        stores, currencies = reference.stores(), reference.currencies()
    ids = [row.store_id for row in stores]
    codes = [
        ("The store's", ""),
        *((f"{row.currency_code} \u00b7 {row.name}", row.currency_code) for row in currencies),
    ]
    return (
        gr.update(
            choices=[(row.name, row.store_id) for row in stores],
            value=next((wanted for wanted in (store, last_store) if wanted in ids), next(iter(ids), None)),
        ),
        gr.update(choices=codes, value=currency or ""),
    )


def find_customers(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Customers for the picker."""
    with workspace.transaction(query.request) as connection:
        found = OrdersRepository(connection).pick_customers(text=query.text)
    return [PickerOption(str(row.customer_id), row.name, row.hint) for row in found]


def find_products(workspace: Workspace, query: PickerQuery) -> list[PickerOption]:
    """Products for the picker, with their price and what is on hand at the till's store."""
    store, _, currency = query.scope.partition("/")
    store_id = int(store) if store.isascii() and store.isdigit() and len(store) < 19 else None
    with workspace.transaction(query.request) as connection:
        found = OrdersRepository(connection).pick_products(
            text=query.text, store_id=store_id, currency_code=currency or None
        )
    return [
        PickerOption(
            str(row.product_id),
            row.name,
            f"{row.sku} \u00b7 {written.money(row.unit_price, row.currency_code)}"
            f" \u00b7 {written.integer(row.on_hand)} on hand",
            row.is_exact,
        )
        for row in found
    ]
