"""A report: every panel of the Analytics tab for a period, as text and pictures that a page or a PDF is made of.

The same data makes the same report, to the byte: nothing in it tells when it was made, but up to which day its data go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import Connection

from app.documents import figures
from app.errors import InputError
from app.repositories.analytics import AnalyticsRepository, Answer, Filters, Horizon, Row
from app.ui import format as written
from app.ui import questions
from app.ui.grid import Column, plain, text_of
from app.ui.heat import Heat
from app.ui.insights import Insight, may_see
from app.ui.panels import Kpi
from db.pool import Role

# A report is to be read; the whole list is a file of its panel.
_MOST_LINES = 25


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a strip, and in words what it is compared with."""

    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, line by line, and how many more lines there are than shown."""

    columns: Sequence[Column]
    lines: Sequence[Sequence[str]]
    more: int

    @property
    def rest(self) -> str:
        """What is said below a table that has more."""
        return f"and {written.integer(self.more)} more, in Analytics"


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel with its figures, or with its chart (PNG) and its table; `note` stands where there is nothing to show."""

    title: str
    definition: str
    sql: str
    extent: str = ""
    figures: Sequence[Figure] = ()
    picture: bytes | None = None
    table: Table | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; `facts` say what it is about, `as_of` is the last day with data."""

    company: str
    title: str
    facts: Sequence[tuple[str, str]]
    as_of: date
    sections: Sequence[tuple[str, Sequence[Panel]]]


def read(connection: Connection, filters: Filters, role: Role) -> Report:
    """The report on these figures with what the role may see; InputError before the first sale."""
    repository = AnalyticsRepository(connection)
    horizon = repository.find_horizon()
    if horizon is None or horizon.last_on is None:
        raise InputError("There are no sales yet to report on. Record a purchase, or load your files.")
    currency = horizon.base_currency_code
    sections = [
        (
            section,
            [
                _panel(insight, repository.answer(insight.question, filters), filters, currency)
                for row in rows
                for insight in row
                if may_see(role, insight)
            ],
        )
        for section, rows in questions.SECTIONS.items()
    ]
    return Report(
        company=horizon.company_name,
        title=f"Report {_days(filters)}",
        facts=_facts(repository, filters, horizon),
        as_of=horizon.last_on,
        sections=[(section, panels) for section, panels in sections if panels],
    )


def _days(filters: Filters) -> str:
    return f"{written.date(filters.from_on)} to {written.date(filters.to_on)}"


def _facts(repository: AnalyticsRepository, filters: Filters, horizon: Horizon) -> list[tuple[str, str]]:
    first, last = filters.compared
    facts = [
        ("Period", _days(filters)),
        ("Compared with", f"{written.date(first)} to {written.date(last)}"),
        ("Amounts", f"in {horizon.base_currency_code}, net of tax and returns"),
        ("Data as of", written.date(horizon.last_on)),
    ]
    labels: dict[tuple[str, str], str] = {
        (choice.kind, choice.value): choice.label for choice in repository.list_filter_choices()
    }
    chosen = {"store": filters.store_id, "country": filters.country_code, "category": filters.category_id}
    for kind, value in chosen.items():
        if value is not None:
            facts.append((kind.capitalize(), labels.get((kind, str(value)), str(value))))
    return [*facts, ("Segment", filters.segment)] if filters.segment else facts


def _panel(insight: Insight, answer: Answer, filters: Filters, currency: str) -> Panel:
    rows = answer.rows
    strip = insight.figures(rows[0], filters, currency) if insight.figures else ()
    has_picture = insight.chart is not None and bool(rows)
    has_table = bool(insight.columns) and not isinstance(insight.chart, Heat)
    return Panel(
        title=insight.title,
        definition=insight.definition,
        sql=answer.sql.strip(),
        extent=plain(insight.extent(rows)) if insight.extent and rows else "",
        figures=[Figure(kpi.label, plain(kpi.value), _compared(kpi)) for kpi in strip],
        picture=figures.drawn(insight, rows) if has_picture else None,
        # A map of figures has them all.
        table=_table(insight, rows, currency) if has_table and rows else None,
        note="" if rows else insight.empty[0],
    )


def _compared(kpi: Kpi) -> str:
    feet = ((kpi.delta, kpi.hint), *kpi.more)
    return ", ".join(f"{delta.text} {plain(hint)}" if delta else plain(hint) for delta, hint in feet)


def _table(insight: Insight, rows: Sequence[Row], currency: str) -> Table:
    shown = rows[:_MOST_LINES]
    lines = [[text_of(column, row, currency) for column in insight.columns] for row in shown]
    return Table(insight.columns, lines, more=len(rows) - len(shown))
