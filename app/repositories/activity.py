"""Who did what and who read much at once, over every kind of record: the view crpm.activity."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from app.repositories.base import Repository

BulkRead = Literal[
    "orders", "purchases", "all_held", "customers", "rejects", "activity", "console", "console_download"
]


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What to look for; None is anything. Days are those of the business's clock, the last one included."""

    from_on: date | None = None
    to_on: date | None = None
    acted_by: str | None = None
    channel: str | None = None
    record_type: str | None = None
    record_key: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done: `action` on the record, with the columns that changed or what there is to tell."""

    happened_at: datetime
    acted_by: str
    channel: str
    record_type: str
    record_key: str
    action: str
    old_values: dict[str, Any] | None
    new_values: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted because it was older than `records_kept_months`; None keeps records for ever."""

    records_kept_months: int | None
    pruned_changes: int
    pruned_reads: int


class ActivityRepository(Repository):
    """Reading is for managers and above; noting is for everybody."""

    folder = "activity"

    def search(self, *, wanted: ActivityFilter, limit: int, offset: int = 0) -> list[Entry]:
        """A page of what was done, the latest first."""
        return self._all("search", Entry, **asdict(wanted), limit=limit, offset=offset)

    def count(self, *, wanted: ActivityFilter) -> int:
        """How many there are, counted up to 10,001."""
        return int(self._value("count", **asdict(wanted)))

    def note_bulk_read(self, what: BulkRead, asked: dict[str, Any], *, row_count: int | None) -> None:
        """Note that whoever acts takes much out at once; `asked` is the filter, the record or the statement."""
        told = {name: value for name, value in asked.items() if value is not None}
        self._run("note_bulk_read", what=what, asked=Jsonb(told), row_count=row_count)

    def prune(self) -> Pruned:
        """Delete the records of changes and bulk reads that are older than the business keeps them; for administrators."""
        return self._get("prune", Pruned)
