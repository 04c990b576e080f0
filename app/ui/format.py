"""How values are written on screen: pure functions from a value to plain text (not HTML).

Every function writes a missing value (None) as an em dash. Money is Decimal throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as calendar_date
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

MISSING = "\u2014"
NO_BREAK_SPACE = "\u00a0"

# Minor units by currency: those of ISO 4217 that are not a hundredth, until the database has told its own.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

Tone = Literal["neutral", "good", "bad", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Delta:
    """A change as text with its arrow, and whether it is good news."""

    text: str
    tone: Tone


def know_currencies(minor_units: Mapping[str, int]) -> None:
    """Write amounts with the minor units of the database's currencies, which it rounds them to."""
    _DECIMALS.update(minor_units)


def decimals(currency: str | None) -> int:
    """The number of decimals that a currency is written with."""
    return _DECIMALS.get(currency or "", 2)


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """Write an amount as `1,234.50 EUR`, rounded half up to the currency's minor unit."""
    if amount is None:
        return MISSING
    text = _grouped(amount, decimals(currency))
    return f"{text}{NO_BREAK_SPACE}{currency}" if currency else text


def amount(number: Decimal | None, currency: str | None) -> str:
    """Write an amount as money is, without naming its currency; a price of less than a minor unit keeps its decimals."""
    if number is None:
        return MISSING
    return _grouped(number, max(decimals(currency), -int(number.normalize().as_tuple().exponent)))


def integer(number: int | Decimal | None) -> str:
    """Write a whole number as `4,012`; a Decimal is rounded half up."""
    return MISSING if number is None else _grouped(Decimal(number), 0)


def decimal(number: Decimal | int | None, places: int = 2) -> str:
    """Write a number with a fixed count of decimals, as `1,234.50`."""
    return MISSING if number is None else _grouped(Decimal(number), places)


def percent(ratio: Decimal | None, places: int = 1) -> str:
    """Write a ratio (0.082) as a percentage (`8.2 %`)."""
    return MISSING if ratio is None else f"{_grouped(ratio * 100, places)}{NO_BREAK_SPACE}%"


def date(day: calendar_date | None) -> str:
    """Write a calendar day as `2026-03-24`; of a datetime, its own day."""
    return MISSING if day is None else f"{day:%Y-%m-%d}"


def timestamp(moment: datetime | None) -> str:
    """Write a moment as `2026-03-24 17:05`, in the time zone that it carries."""
    return MISSING if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def delta(ratio: Decimal | None, *, is_growth_good: bool = True, unit: str = "%") -> Delta:
    """Write a relative change (0.082) as an arrow and a percentage (`▲ 8.2 %`) with its tone; that of a share is in points."""
    if ratio is None:
        return Delta(MISSING, "neutral")
    rounded = (ratio * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if not rounded:
        return Delta(f"0.0{NO_BREAK_SPACE}{unit}", "neutral")
    arrow = "\u25b2" if rounded > 0 else "\u25bc"
    tone: Tone = "good" if (rounded > 0) == is_growth_good else "bad"
    return Delta(f"{arrow}{NO_BREAK_SPACE}{_grouped(abs(rounded), 1)}{NO_BREAK_SPACE}{unit}", tone)


def _grouped(number: Decimal, places: int) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    # A value that rounds to zero from below must not be written "-0.00".
    return f"{rounded if rounded else abs(rounded):,f}"
