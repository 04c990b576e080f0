"""What people type into fields, read strictly: amounts, whole numbers, days, times."""

import re
from datetime import date, datetime
from decimal import Decimal

from app.errors import InputError

_AMOUNT = re.compile(r"\d+(\.\d+)?|\d{1,3}(,\d{3})+(\.\d+)?")
_WHOLE = re.compile(r"\d{1,10}|\d{1,3}(,\d{3}){1,3}")
_LARGEST = 1_000_000_000  # of pieces, days and months: more is a slip of the finger, and nears what the database keeps
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # as the loader reads days
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")


def amount(text: str, name: str) -> Decimal:
    """An amount such as 1,299.00; InputError, naming the field, where it is anything else or below zero."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text) or len(text) > 20:
        raise InputError(f"{name} must be an amount such as 1,299.00, not {text[:30] or 'nothing'}.")
    return Decimal(text.replace(",", ""))


def whole_number(text: str, name: str) -> int:
    """A number of pieces; InputError, naming the field, where it is anything else, below zero or too large."""
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise InputError(f"{name} must be a whole number such as 12, not {text[:30] or 'nothing'}.")
    number = int(text.replace(",", ""))
    if number > _LARGEST:
        raise InputError(f"{name} is at most {_LARGEST:,}.")
    return number


def day(text: str, name: str) -> date | None:
    """A day written as 2026-03-24, of these centuries, or None for nothing; InputError, naming the field, where it is anything else."""
    text = text.strip()
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        found = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name} must be a day such as 2026-03-24, not {text[:30]}.") from None
    if found.year < _FIRST_YEAR:
        raise InputError(f"{name} is not before {_FIRST_YEAR}.")
    if found.year > _LAST_YEAR:
        raise InputError(f"{name} is not after {_LAST_YEAR}.")
    return found


def moment(text: str, name: str) -> datetime | None:
    """A time at the store written as 2026-03-24 17:05, or None for nothing; InputError where it is anything else."""
    text = text.strip()
    if not text:
        return None
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name} must be a time such as 2026-03-24 17:05, not {text[:30]}.") from None
