"""Maps of coloured cells: a table whose cells are the darker the larger their figure is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from app.repositories.analytics import Row
from app.ui import format as written


@dataclass(frozen=True, slots=True)
class Heat:
    """A map with one cell a row of the answer: its columns `y` and `x` place it, `value` colours it.

    `label` heads the lines, `write` writes a figure. `order` names the values of `x` that are drawn, in their order; without it
    all are, in the order of the answer, but `whole`, with which the others do not compare. `beside` names the column with a
    figure of the whole line, and what heads it.
    """

    y: str
    x: str
    value: str
    label: str
    write: Callable[[Any], str] = written.percent
    order: Sequence[object] = ()
    whole: object = None
    beside: tuple[str, str] | None = None

    def columns(self, rows: Sequence[Row]) -> list[Any]:
        """The values of `x` that are drawn."""
        found = dict.fromkeys(row[self.x] for row in rows)
        return [place for place in self.order or found if place in found and place != self.whole]

    def lines(self, rows: Sequence[Row]) -> list[Any]:
        """The values of `y` that are drawn."""
        columns = self.columns(rows)
        return [*dict.fromkeys(row[self.y] for row in rows if row[self.x] in (*columns, self.whole))]

    def figures(self, rows: Sequence[Row]) -> Mapping[tuple[Any, Any], Any]:
        """The figure of each cell, by line and column."""
        return {(row[self.y], row[self.x]): row[self.value] for row in rows}

    def table(self, rows: Sequence[Row], *, label: str) -> Markup:
        """The map as HTML; a place without a row stays empty."""
        columns, figures = self.columns(rows), self.figures(rows)
        drawn = [value for (_, x), value in figures.items() if x in columns and value is not None]
        largest = max(drawn, default=Decimal(0))
        beside = {row[self.y]: row[self.beside[0]] for row in rows} if self.beside else {}
        heads = [self.label, *([self.beside[1]] if self.beside else []), *columns]
        lines = Markup("").join(
            Markup('<tr><th scope="row">{}</th>{}{}</tr>').format(
                _name(line),
                Markup("<td>{}</td>").format(written.integer(beside[line])) if self.beside else "",
                Markup("").join(self._cell(figures.get((line, column)), largest) for column in columns),
            )
            for line in self.lines(rows)
        )
        return Markup(
            '<div class="heat" tabindex="0" role="region" aria-label="{}">'
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
        ).format(
            label,
            Markup("").join(Markup('<th scope="col">{}</th>').format(_name(head)) for head in heads),
            lines,
        )

    def _cell(self, value: Any, largest: Any) -> Markup:
        if value is None:
            return Markup("<td></td>")
        share = max(Decimal(0), Decimal(value) / largest) if largest > 0 else Decimal(0)
        return Markup('<td style="--heat:{}%">{}</td>').format(f"{share * 60:.0f}", self.write(value))


def _name(place: object) -> str:
    text = str(place)
    return text[:1].upper() + text[1:]
