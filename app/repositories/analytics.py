"""Figures of the business: each question is one query file, and its answer carries the statement that gave it."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias, get_args

from psycopg.rows import dict_row

from app.repositories.base import Repository
from db.pool import ClientCursor
from db.sqlfiles import query

Row = Mapping[str, Any]

# Up to this many days a period is drawn day by day, beyond it month by month.
DAYS_SHOWN_SINGLY = 92
# Below two years customers are put together by month of their first purchase, below six by quarter.
MOST_DAYS_OF_MONTHS, MOST_DAYS_OF_QUARTERS = 2 * 366, 6 * 366

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
Step: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
DAYS_OF_STEP: Mapping[Step, int] = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
MOST_STEPS = 750


@dataclass(frozen=True, slots=True)
class Horizon:
    """What the data reaches over; the days are None without any sale."""

    company_name: str
    base_currency_code: str
    is_demo: bool
    today: date
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A store, country or category that figures can be filtered by."""

    kind: Literal["store", "country", "category"]
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the figures are about: the days from and to, both included; None in the others means all.

    `segment` takes the customers alone who are in it by their purchases of these days under these filters; it is one of
    `app.repositories.customers.SEGMENTS`. Stock without a sale in `dead_days` days is dead. Lists by rank have at most
    `most_rows`. What goes down from category to product is in the branch of a category, and of one of its subcategories.
    """

    from_on: date
    to_on: date
    store_id: int | None = None
    country_code: str | None = None
    category_id: int | None = None
    segment: str | None = None
    compare_with: Literal["previous", "year"] = "previous"
    include_unsold: bool = False
    rank_products_by: Literal["units", "revenue", "customers"] = "units"
    branch_category_id: int | None = None
    branch_subcategory_id: int | None = None
    rank_customers_by: Literal["revenue", "orders"] = "revenue"
    grain: Step | None = None
    dead_days: int = 180
    most_rows: int = 20

    def __post_init__(self) -> None:
        """Days that no business has are refused by a ValueError, so that those before and after them are days too."""
        if not FIRST_DAY <= self.from_on <= LAST_DAY or not FIRST_DAY <= self.to_on <= LAST_DAY:
            raise ValueError(f"Days are from {FIRST_DAY} to {LAST_DAY}.")

    @property
    def cohort_step(self) -> Literal["month", "quarter", "year"]:
        """How finely customers are put together by when they first bought."""
        days = (self.to_on - self.from_on).days
        return (
            "month" if days < MOST_DAYS_OF_MONTHS else "quarter" if days < MOST_DAYS_OF_QUARTERS else "year"
        )

    @property
    def step(self) -> Step:
        """How finely the period is drawn: as wished, or else as suits it, and never in more than `MOST_STEPS`."""
        days = (self.to_on - self.from_on).days
        wished = self.grain or ("day" if days <= DAYS_SHOWN_SINGLY else "month")
        steps: tuple[Step, ...] = get_args(Step)
        enough = (step for step in steps[steps.index(wished) :] if days / DAYS_OF_STEP[step] <= MOST_STEPS)
        return next(enough, "year")

    @property
    def year_before(self) -> tuple[date, date]:
        """The same days one year before, as PostgreSQL subtracts a year."""
        return _months_before(self.from_on, 12), _months_before(self.to_on, 12)

    @property
    def previous(self) -> tuple[date, date]:
        """First and last day of the period before, which ends as far into its months as this one into its own.

        As many months before, where the period begins with a month; else as many days, up to the day before it. A single day
        stands beside the one before it.
        """
        if self.from_on.day > 1 or self.from_on == self.to_on:
            days = self.to_on - self.from_on
            return self.from_on - timedelta(days=1) - days, self.from_on - timedelta(days=1)
        months = 12 * (self.to_on.year - self.from_on.year) + self.to_on.month - self.from_on.month + 1
        is_whole = (self.to_on + timedelta(days=1)).day == 1
        last = self.from_on - timedelta(days=1) if is_whole else _months_before(self.to_on, months)
        return _months_before(self.from_on, months), last

    @property
    def compared(self) -> tuple[date, date]:
        """First and last day of what is compared with: the year before where it is chosen and over by then."""
        is_year = self.compare_with == "year" and self.year_before[1] < self.from_on
        return self.year_before if is_year else self.previous


def _months_before(day: date, months: int) -> date:
    """The same day so many months before; the last of a month that has no such day."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a question, by column name, and the statement that gave them, its parameters filled in."""

    sql: str
    rows: Sequence[Row]


class AnalyticsRepository(Repository):
    folder = "analytics"

    def find_horizon(self) -> Horizon | None:
        """What the data reaches over, or None before the company has been set up."""
        return self._find("horizon", Horizon)

    def list_filter_choices(self) -> list[FilterChoice]:
        """What figures can be filtered by, each kind in the order of its labels."""
        return self._all("filter_choices", FilterChoice)

    def answer(self, question: str, filters: Filters) -> Answer:
        """Run the query file of that name with those of the filters that it names.

        The parameters are bound on the client, so that the statement in the answer is the one that ran. Its rows are
        mappings: which columns a question has is declared where it is shown.
        """
        found = query(f"{self.folder}/{question}")
        previous_from, previous_to = filters.previous
        compared_from, compared_to = filters.compared
        year_before_from, year_before_to = filters.year_before
        available = asdict(filters) | {
            "step": filters.step,
            "cohort_step": filters.cohort_step,
            "previous_from": previous_from,
            "previous_to": previous_to,
            "year_before_from": year_before_from,
            "year_before_to": year_before_to,
            "compared_from": compared_from,
            "compared_to": compared_to,
        }
        parameters = {name: available[name] for name in found.parameters}
        with ClientCursor(self._connection, row_factory=dict_row) as cursor:
            rows = cursor.execute(found.text, parameters).fetchall()
            return Answer(cursor.mogrify(found.text, parameters), rows)
