"""The report as a PDF."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, time

from app.documents.paper import GREY, LIGHT, WIDTH_MM, Paper, printable
from app.documents.report import Figure, Panel, Report, Table

# Of the pictures, which are 9.6 by 3.6 inches.
_PICTURE_MM = WIDTH_MM * 3.6 / 9.6
_CARD_MM = 19
_LONGEST_CELL_MM, _SHORTEST_CELL_MM = 62, 14
_ACCENT = (79, 70, 229)


def pdf(report: Report) -> bytes:
    """The whole file."""
    return _Document(report).made()


class _Document(Paper):
    """The report page by page; nothing in the file tells when it was made."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.company}: {report.title}", text=_everything(report))
        self._report = report
        self.set_creation_date(datetime.combine(report.as_of, time(), UTC))

    def made(self) -> bytes:
        report = self._report
        self.add_page()
        self.line_of(report.company, size=18, is_bold=True)
        self.line_of(report.title, size=11, color=GREY)
        self.ln(3)
        for label, value in report.facts:
            self.fact(label, value)
        for title, panels in report.sections:
            self._section(title, panels)
        return bytes(self.output())

    def _section(self, title: str, panels: Sequence[Panel]) -> None:
        if self.will_page_break(60):
            self.add_page()
        self.ln(7)
        self.start_section(title)
        self.line_of(title, size=14, is_bold=True)
        self.set_draw_color(*_ACCENT)
        self.line(self.l_margin, self.get_y() + 1, self.l_margin + WIDTH_MM, self.get_y() + 1)
        self.ln(1)
        for panel in panels:
            self._panel(panel)

    def _panel(self, panel: Panel) -> None:
        # A heading stays with what it is the heading of.
        if self.will_page_break(24 + (_PICTURE_MM if panel.picture else 14)):
            self.add_page()
        else:
            self.ln(5)
        self.line_of(panel.title, size=10.5, is_bold=True)
        if panel.extent:
            self.line_of(panel.extent, size=8, is_bold=True, color=GREY)
        self.line_of(panel.definition, size=8, color=GREY)
        self.ln(1.5)
        self._cards(panel.figures)
        if panel.picture:
            self.image(io.BytesIO(panel.picture), w=WIDTH_MM, alt_text=f"Chart of {panel.title}")
        if panel.table:
            self._table(panel.table)
        if panel.note:
            self.line_of(panel.note, align="C", color=GREY)

    def _cards(self, figures: Sequence[Figure]) -> None:
        in_a_row = 4 if len(figures) == 4 else 3
        width = WIDTH_MM / in_a_row
        for first in range(0, len(figures), in_a_row):
            if self.will_page_break(_CARD_MM):
                self.add_page()
            top = self.get_y()
            for place, figure in enumerate(figures[first : first + in_a_row]):
                self._card(figure, x=self.l_margin + place * width, y=top, width=width - 2)
            self.set_xy(self.l_margin, top + _CARD_MM)

    def _card(self, figure: Figure, *, x: float, y: float, width: float) -> None:
        self.set_draw_color(*LIGHT)
        self.rect(x, y, width, _CARD_MM - 2, round_corners=True, corner_radius=1.2)
        self.pen(size=11, is_bold=True)
        fitting = min(11.0, 11 * (width - 5) / self.get_string_width(printable(figure.value)))
        parts = (
            (figure.label, 7.5, False, 1),
            (figure.value, fitting, True, 4.5),
            (figure.hint, 6.5, False, 10),
        )
        for text, size, is_bold, down in parts:
            self.pen(size=size, is_bold=is_bold, color=(0, 0, 0) if is_bold else GREY)
            self.set_xy(x + 1, y + down)
            self.multi_cell(width - 2, size * 0.45, printable(text), align="L", max_line_height=size * 0.45)

    def _table(self, table: Table) -> None:
        columns = [column.label for column in table.columns]
        self.pen(size=7.5, is_bold=True)
        wished = [
            min(max(self.get_string_width(printable(cell)) for cell in cells) + 4.5, _LONGEST_CELL_MM)
            for cells in zip(columns, *table.lines, strict=True)
        ]
        widths = [max(width, _SHORTEST_CELL_MM) for width in wished]
        # What is left goes to the first column, which is a name.
        widths[0] += max(WIDTH_MM - sum(widths), 0)
        aligns = ["RIGHT" if column.is_right_aligned else "LEFT" for column in table.columns]
        self.table_of(columns, table.lines, widths=widths, aligns=aligns, size=7.5)
        if table.more:
            self.ln(1)
            self.line_of(table.rest, size=8, color=GREY)


def _everything(report: Report) -> str:
    """All text of a report that comes from people."""
    tables = (panel.table for _, panels in report.sections for panel in panels if panel.table)
    cells = (cell for table in tables for line in table.lines for cell in line)
    return "".join([report.company, *(value for _, value in report.facts), *cells])
