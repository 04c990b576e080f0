"""The receipt as a PDF."""

from collections.abc import Iterable, Sequence

from app.documents.paper import GREY, WIDTH_MM, Paper, printable
from app.documents.receipt import COLUMNS, RETURN_COLUMNS, TAX_COLUMNS, Receipt


def pdf(receipt: Receipt) -> bytes:
    """The whole file."""
    return _Document(receipt).made()


class _Document(Paper):
    """The receipt page by page; every page names the order and its number."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.title, text=_everything(receipt))
        self._receipt = receipt

    def made(self) -> bytes:
        receipt = self._receipt
        self.add_page()
        name, *address = receipt.head or [""]
        self.line_of(name, size=14, is_bold=True)
        for line in address:
            self.line_of(line, color=GREY)
        self.ln(6)
        self.line_of(receipt.title, size=12, is_bold=True)
        if receipt.order.status == "cancelled":
            self.line_of("CANCELLED", size=12, is_bold=True, color=(185, 28, 28))
        self.ln(1)
        for label, value in receipt.facts:
            self.fact(label, value)
        self.ln(4)
        self._lines(COLUMNS, receipt.rows, widths=(50, 30, 16, 22, 20, 16, 24), left=2)
        self._totals(receipt.totals, is_last_bold=True)
        if receipt.taxes:
            self._heading("Tax by rate")
            self._lines(TAX_COLUMNS, receipt.taxes, widths=(40, 46, 46, 46), left=1)
        if receipt.has_tax_in_prices:
            self.line_of("Prices and amounts contain the tax.", color=GREY)
        if receipt.paid:
            self._heading(receipt.paid_title)
            self._totals(receipt.paid)
        if receipt.returned:
            self._heading("Returned so far")
            self._lines(RETURN_COLUMNS, receipt.returned, widths=(30, 92, 22, 34), left=2)
        if receipt.kept:
            self._totals([receipt.kept], is_last_bold=True)
        self.ln(8)
        for line in receipt.footer:
            self.line_of(line, color=GREY, align="C")
        return bytes(self.output())

    def _heading(self, text: str) -> None:
        self.ln(4)
        self.line_of(text, size=10, is_bold=True)
        self.ln(1)

    def _totals(self, pairs: Iterable[tuple[str, str]], *, is_last_bold: bool = False) -> None:
        self.ln(2)
        pairs = list(pairs)
        for place, (label, value) in enumerate(pairs, 1):
            self.pen(is_bold=is_last_bold and place == len(pairs))
            self.set_x(self.l_margin + WIDTH_MM - 90)
            self.cell(50, 5, label)
            self.cell(40, 5, printable(value), align="R", new_x="LMARGIN", new_y="NEXT")

    def _lines(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[int], left: int
    ) -> None:
        aligns = ["LEFT" if place < left else "RIGHT" for place in range(len(columns))]
        self.table_of(columns, rows, widths=widths, aligns=aligns)


def _everything(receipt: Receipt) -> str:
    """All text of a receipt that comes from people."""
    tables = (receipt.rows, receipt.returned, receipt.facts)
    cells = [cell for table in tables for row in table for cell in row]
    return "".join([*receipt.head, *receipt.footer, *cells])
