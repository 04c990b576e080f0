"""Daily exchange rates: a random walk that stays near where it began and rests on weekends."""

from collections.abc import Iterator

import numpy as np

from loader.demo.period import Period, us_date

BASE = "USD"
DAILY_MOVE = 0.0032
PULL = 0.003


def daily_rates(
    rng: np.random.Generator, period: Period, usual: dict[str, float]
) -> Iterator[tuple[str, ...]]:
    """Rows of date, currency and units for one dollar, the base currency first on each day."""
    moves = rng.normal(0, DAILY_MOVE, size=(period.days, len(usual)))
    logarithm = np.zeros(len(usual))
    for day, move in zip(period.dates, moves, strict=True):
        if day.weekday() < 5:
            logarithm = logarithm * (1 - PULL) + move
        yield us_date(day), BASE, "1.0000"
        for currency, rate in zip(usual, np.exp(logarithm) * list(usual.values()), strict=True):
            yield us_date(day), currency, f"{rate:.4f}"
