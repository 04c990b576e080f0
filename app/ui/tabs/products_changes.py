"""How a product's record, its price and its cost changed, in words."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.repositories.products import (
    CategoryChoice,
    CostChange,
    PriceChange,
    Product,
    ProductChange,
    TaxClass,
)
from app.ui import format as written
from app.ui import panels
from app.ui.tabs.products_input import LABELS

_RECORD = {
    "name": "Name",
    "sku": "SKU",
    "brand": "Brand",
    "color": "Color",
    "subcategory_id": "Category",
    "tax_class_id": "Tax class",
    "reorder_point": "Reorder point",
    "is_active": "Active",
}
_SHOWN = {**LABELS, "is_active": "Active"}
_TITLES = {"insert": "Added", "update": "Changed", "delete": "Deleted"}
_LONGEST_VALUE = 80

Names = Mapping[str, Mapping[Any, str]]


def names(categories: Iterable[CategoryChoice], tax_classes: Iterable[TaxClass]) -> Names:
    """What the ids in changes are called, by column."""
    return {
        "subcategory_id": {row.subcategory_id: f"{row.category} / {row.subcategory}" for row in categories},
        "tax_class_id": {row.tax_class_id: row.name for row in tax_classes},
    }


def timeline(product: Product, changes: Iterable[ProductChange], called: Names) -> list[panels.Happening]:
    """The changes of the record, the newest first, down to where it came from."""
    happenings = [_happening(change, called) for change in changes]
    if product.file_name:
        came = f"from {product.file_name}, line {product.source_line}"
        happenings.append(panels.Happening(written.timestamp(product.created_at), "Loaded", came))
    return happenings


def prices(changes: Iterable[PriceChange]) -> list[panels.Happening]:
    """The list prices, the newest first."""
    return [
        panels.Happening(
            written.timestamp(change.valid_from),
            written.money(change.unit_price, change.currency_code),
            _source(change.previous_price, change.currency_code, change.recorded_by),
        )
        for change in changes
    ]


def costs(changes: Iterable[CostChange], currency_code: str | None) -> list[panels.Happening]:
    """The costs, the newest first."""
    return [
        panels.Happening(
            written.timestamp(change.valid_from),
            written.money(change.unit_cost, currency_code),
            _source(change.previous_cost, currency_code, change.recorded_by),
        )
        for change in changes
    ]


def since(before: Product, now: Product) -> str:
    """What is different now, in one line."""
    differences = (
        f"{label}: {_value(getattr(before, name))} \u2192 {_value(getattr(now, name))}"
        for name, label in _SHOWN.items()
        if name in Product.__slots__ and getattr(before, name) != getattr(now, name)
    )
    return "; ".join(differences)


def _happening(change: ProductChange, called: Names) -> panels.Happening:
    how = f" through the {change.channel}" if change.channel != "app" else ""
    title = f"{_TITLES[change.action]} by {change.changed_by}{how}"
    old, new = change.old_values or {}, change.new_values or {}
    differences = [
        f"{label}: {_called(name, old.get(name), called)} \u2192 {_called(name, new.get(name), called)}"
        for name, label in _RECORD.items()
        if change.action == "update" and old.get(name) != new.get(name)
    ]
    return panels.Happening(written.timestamp(change.changed_at), title, "; ".join(differences))


def _called(name: str, value: Any, called: Names) -> str:
    return _value(called[name].get(value, value) if name in called else value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(value) or None
    text = written.MISSING if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}\u2026"


def _source(previous: Decimal | None, currency_code: str | None, recorded_by: str) -> str:
    was = f"was {written.money(previous, currency_code)}, " if previous is not None else ""
    return f"{was}by {recorded_by}"
