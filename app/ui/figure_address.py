"""How the address of a panel's file says what its figures are about: `?from_on=2024-01-01&to_on=2024-03-31&store_id=2`."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any
from urllib.parse import urlencode

from app.errors import InputError
from app.repositories.analytics import DAYS_OF_STEP, Filters

_MOST_DAYS = 36_500


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(text)
    return int(text)


def _days(text: str) -> int:
    days = _id(text)
    if not 0 < days <= _MOST_DAYS:
        raise ValueError(text)
    return days


def _step(text: str) -> str:
    if text not in DAYS_OF_STEP:
        raise ValueError(text)
    return text


_READERS: Mapping[str, Callable[[str], Any]] = {
    "from_on": date.fromisoformat,
    "to_on": date.fromisoformat,
    "store_id": _id,
    "country_code": str,
    "category_id": _id,
    "segment": str,
    "compare_with": str,
    "include_unsold": lambda text: text == "True",
    "rank_products_by": str,
    "branch_category_id": _id,
    "branch_subcategory_id": _id,
    "rank_customers_by": str,
    "dead_days": _days,
    "grain": _step,
}


def written(filters: Filters) -> str:
    """The filters as the query of an address, those that are as at first left out."""
    chosen = {name: getattr(filters, name) for name in _READERS}
    first = {field.name: field.default for field in fields(Filters)}
    return urlencode({name: value for name, value in chosen.items() if value != first[name]})


def read(asked: Mapping[str, str]) -> Filters:
    """The filters of an address, which may be anything; InputError where it cannot be meant."""
    try:
        return Filters(**{name: reader(asked[name]) for name, reader in _READERS.items() if asked.get(name)})
    except (TypeError, ValueError) as error:
        raise InputError(
            "This address does not say what the figures are about. Take the file from its panel in Analytics."
        ) from error
