"""The rollups that figures read: sales put together by day, month and customer, see crpm.fold_sales."""

from dataclasses import dataclass
from datetime import date

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class Folded:
    """The month whose sales were rolled up, by its first day; None where there was none to do."""

    month: date | None


class RollupRepository(Repository):
    folder = "rollups"

    def fold_sales(self) -> Folded:
        """Roll up the sales of one month that has changed, so that figures read fewer rows; for administrators."""
        return self._get("fold_sales", Folded)
