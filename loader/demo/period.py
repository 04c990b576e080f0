"""The days that the demo data covers."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

YEARS = 4


@dataclass(frozen=True, slots=True)
class Period:
    """Days in order; everything else counts days and months from the first one."""

    dates: list[date]
    month_of_day: NDArray[np.int64]

    @property
    def days(self) -> int:
        return len(self.dates)

    @property
    def months(self) -> int:
        return int(self.month_of_day[-1]) + 1

    def calendar_month(self, month: int) -> int:
        """Month of the year, January being 0."""
        return (self.dates[0].month - 1 + month) % 12


def period_before(today: date) -> Period:
    """From the first of this month four years ago to yesterday."""
    first = date(today.year - YEARS, today.month, 1)
    dates = [first + timedelta(days=day) for day in range((today - first).days)]
    months = [(day.year - first.year) * 12 + day.month - first.month for day in dates]
    return Period(dates=dates, month_of_day=np.array(months))


def us_date(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
