"""Waterfalls: a table whose bars lead step by step from one amount to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from app.repositories.analytics import Row
from app.ui import format as written

# Where the steps span less than this share of the least amount, the axis begins near that, by this share of their span.
_SMALL = _ROOM = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, from the amount reached before to the amount reached after it; a total begins where the axis does."""

    name: str
    begin: Decimal
    end: Decimal
    is_total: bool


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A bar a row of the answer: its column `x` names it, `y` is the amount. The first and the last row are totals."""

    x: str
    y: str

    def bars(self, rows: Sequence[Row]) -> list[Bar]:
        """The bars in the order of the rows."""
        bars: list[Bar] = []
        for place, row in enumerate(rows):
            is_total = place in (0, len(rows) - 1)
            begin = Decimal(0) if is_total else bars[-1].end
            bars.append(Bar(row[self.x], begin, begin + row[self.y], is_total))
        return bars

    def limits(self, rows: Sequence[Row]) -> tuple[Decimal, Decimal]:
        """The axis: from zero, but where the steps are small beside what they lead from, from somewhat below them."""
        levels = [bar.end for bar in self.bars(rows)]
        low, high = min(levels, default=Decimal(0)), max(levels, default=Decimal(0))
        span = high - low
        is_cut = 0 < span < low * _SMALL
        return (low - span * _ROOM if is_cut else min(low, Decimal(0))), max(high, Decimal(0))

    def table(self, rows: Sequence[Row], *, label: str, currency: str) -> Markup:
        """The waterfall as HTML, one line a bar with its amount."""
        low, high = self.limits(rows)
        lines = Markup("").join(
            self._line(bar, low=low, width=high - low or Decimal(1), currency=currency)
            for bar in self.bars(rows)
        )
        return Markup('<div class="waterfall"><table aria-label="{}"><tbody>{}</tbody></table></div>').format(
            label, lines
        )

    def _line(self, bar: Bar, *, low: Decimal, width: Decimal, currency: str) -> Markup:
        amount = bar.end - bar.begin
        kind = "total" if bar.is_total else "up" if amount >= 0 else "down"
        cut = " cut" if bar.is_total and low > 0 else ""
        left, right = ((max(edge, low) - low) / width * 100 for edge in sorted((bar.begin, bar.end)))
        sign = "+" if kind == "up" and amount else ""
        return Markup(
            '<tr class="{}"><th scope="row">{}</th><td class="track">'
            '<i class="{}" style="left:{}%;width:{}%"></i></td><td>{}</td></tr>'
        ).format(
            kind,
            bar.name,
            kind + cut,
            f"{left:.2f}",
            f"{right - left:.2f}",
            sign + written.decimal(amount, written.decimals(currency)),
        )
