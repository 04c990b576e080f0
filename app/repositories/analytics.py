"""Figures of the business: each question is one query file, and its answer carries the statement that gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

from psycopg.rows import dict_row

from app.repositories.base import Repository
from db.pool import ClientCursor
from db.sqlfiles import query

# Up to this many days a period is drawn day by day, beyond it month by month.
DAYS_SHOWN_SINGLY = 92


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
    """What the figures are about: the days from and to, both included; None in the others means all."""

    from_on: date
    to_on: date
    store_id: int | None = None
    country_code: str | None = None
    category_id: int | None = None
    include_unsold: bool = False

    @property
    def step(self) -> Literal["day", "month"]:
        """How finely the period is drawn."""
        return "day" if self.to_on - self.from_on <= timedelta(days=DAYS_SHOWN_SINGLY) else "month"


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a question, by column name, and the statement that gave them, its parameters filled in."""

    sql: str
    rows: Sequence[Mapping[str, Any]]


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
        available = asdict(filters) | {"step": filters.step}
        parameters = {name: available[name] for name in found.parameters}
        with ClientCursor(self._connection, row_factory=dict_row) as cursor:
            rows = cursor.execute(found.text, parameters).fetchall()
            return Answer(cursor.mogrify(found.text, parameters), rows)
