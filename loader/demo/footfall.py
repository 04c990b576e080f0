"""How busy each store is on each day."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from loader.demo.period import Period
from loader.demo.places import Store

# Monday to Sunday, and January to December.
SHOP_WEEK = np.array([0.75, 0.78, 0.85, 0.95, 1.15, 1.65, 0.85])
ONLINE_WEEK = np.array([1.1, 1.02, 1.0, 0.95, 0.85, 0.93, 1.15])
YEAR = np.array([0.80, 0.78, 0.90, 1.02, 1.08, 1.05, 0.98, 0.94, 0.92, 0.96, 1.18, 1.50])
GROWTH_PER_YEAR = 0.04
ONLINE_GROWTH_PER_YEAR = 0.2
BLACK_FRIDAY = 2.4
DAYS_TO_GET_KNOWN = 180


def footfall(rng: np.random.Generator, period: Period, store: Store) -> NDArray[np.float64]:
    """One weight a day: about 1 on a usual day, 0 while the store is shut."""
    is_online = store.country is None
    week, growth = (ONLINE_WEEK, ONLINE_GROWTH_PER_YEAR) if is_online else (SHOP_WEEK, GROWTH_PER_YEAR)
    weekday = np.array([day.weekday() for day in period.dates])
    month = np.array([day.month - 1 for day in period.dates])
    weight: NDArray[np.float64] = (
        week[weekday] * YEAR[month] * (1 + growth) ** (np.arange(period.days) / 365.25)
    )
    weight *= np.exp(rng.normal(0, 0.1, period.days))
    for year in range(period.dates[0].year, period.dates[-1].year + 1):
        friday = _black_friday(year)
        sales_days = [friday, friday + timedelta(days=3)] if is_online else [friday]
        weight[[day in sales_days for day in period.dates]] *= BLACK_FRIDAY
    if store.country is not None:
        age = np.array([(day - store.opened).days for day in period.dates])
        weight *= np.where(age < 0, 0, np.minimum(1, 0.5 + 0.5 * age / DAYS_TO_GET_KNOWN))
        weight[[(day.month, day.day) in ((1, 1), (12, 25)) for day in period.dates]] = 0
        if store.country.closed_on_sunday:
            weight[weekday == 6] = 0
    return weight


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)
