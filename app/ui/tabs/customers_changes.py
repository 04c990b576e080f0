"""How a customer's record changed, in words."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from app.repositories.customers import Customer, CustomerChange, CustomerMerge
from app.ui import format as written
from app.ui import panels
from app.ui.tabs import customers_merge
from app.ui.tabs.customers_input import LABELS

_LABELS = {**LABELS, "is_active": "Active"}
_TITLES = {"insert": "Added", "update": "Changed", "delete": "Deleted"}
_LONGEST_VALUE = 80


def timeline(
    customer: Customer, changes: Iterable[CustomerChange], merges: list[CustomerMerge]
) -> list[panels.Happening]:
    """The changes and merges as they are shown, the newest first, down to where the record came from."""
    dated = [(change.changed_at, _happening(change)) for change in changes if not _is_of_a_merge(change)]
    dated.extend(customers_merge.happenings(customer, merges))
    happenings = [happening for _, happening in sorted(dated, key=itemgetter(0), reverse=True)]
    if customer.file_name:
        came = f"{customer.file_name}, line {customer.source_line}"
        happenings.append(panels.Happening(written.timestamp(customer.created_at), "Loaded", f"from {came}"))
    return happenings


def since(before: Customer, now: Customer) -> str:
    """What is different now, in one line."""
    return "; ".join(_differences(_values(before), _values(now)))


def _is_of_a_merge(change: CustomerChange) -> bool:
    """Whether a merge tells the same."""
    return change.action == "update" and set(change.new_values or {}) == {"merged_into_customer_id"}


def _happening(change: CustomerChange) -> panels.Happening:
    how = f" through the {change.channel}" if change.channel != "app" else ""
    is_anonymised = "anonymised_at" in (change.new_values or {}) and change.action == "update"
    done = "Anonymised" if is_anonymised else _TITLES[change.action]
    title = f"{done} by {change.changed_by}{how}"
    is_update = change.action == "update"
    differences = _differences(change.old_values or {}, change.new_values or {}) if is_update else []
    return panels.Happening(written.timestamp(change.changed_at), title, "; ".join(differences))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"{label}: {_value(old.get(name))} \u2192 {_value(new.get(name))}"
        for name, label in _LABELS.items()
        if old.get(name) != new.get(name)
    ]


def _values(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in _LABELS}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = written.MISSING if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}\u2026"
