"""The receipt as a PDF: A4, with the fonts that its text needs embedded.

DejaVu, which matplotlib ships, has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic; the font beside this
module has Chinese, Japanese and Korean. What neither has (Thai, the scripts of India, most emoji) becomes a
replacement sign.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from app.documents.receipt import COLUMNS, RETURN_COLUMNS, TAX_COLUMNS, Receipt

_EAST_ASIAN = Path(__file__).parent / "fonts" / "DroidSansFallback.ttf"
_REPLACEMENT = "\ufffd"
_GREY, _LIGHT = (71, 85, 105), (203, 213, 225)
_WIDTH_MM = 178


def pdf(receipt: Receipt) -> bytes:
    """The whole file."""
    return _Document(receipt).made()


def printable(text: str) -> str:
    """The text with a replacement sign for what no font of ours has; signs that only steer others are left out."""
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        if ord(sign) in _covered_by_dejavu() or ord(sign) in _covered_by_east_asian():
            kept.append(sign)
        elif unicodedata.category(sign) == "Cc":
            kept.append(" ")
        elif unicodedata.category(sign) != "Cf" and not 0xFE00 <= ord(sign) <= 0xFE0F:
            kept.append(_REPLACEMENT)
    return "".join(kept)


class _Document(FPDF):
    """The receipt page by page; every page names the order and its number."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(format="A4")
        self._receipt = receipt
        self.set_title(receipt.title)
        self.set_creator("CRPM")
        self.set_lang("en")
        self.set_margins(16, 16, 16)
        self.set_auto_page_break(auto=True, margin=22)
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font("text", style, _dejavu(name))
        if not all(ord(sign) in _covered_by_dejavu() for sign in _everything(receipt)):
            self.add_font("east-asian", "", _EAST_ASIAN)
            self.set_fallback_fonts(["east-asian"], exact_match=False)
        self.set_font("text", "", 9)
        self.set_text_shaping(use_shaping_engine=True)

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("text", "", 7.5)
        self.set_text_color(*_GREY)
        text = f"{self._receipt.title}, page {self.page_no()} of {{nb}}"
        self.cell(0, 5, printable(text), align="C")

    def made(self) -> bytes:
        receipt = self._receipt
        self.add_page()
        name, *address = receipt.head or [""]
        self._line(name, size=14, is_bold=True)
        for line in address:
            self._line(line, color=_GREY)
        self.ln(6)
        self._line(receipt.title, size=12, is_bold=True)
        if receipt.order.status == "cancelled":
            self._line("CANCELLED", size=12, is_bold=True, color=(185, 28, 28))
        self.ln(1)
        for label, value in receipt.facts:
            self._fact(label, value)
        self.ln(4)
        self._table(COLUMNS, receipt.rows, widths=(50, 30, 16, 22, 20, 16, 24), left=2)
        self._totals(receipt.totals, is_last_bold=True)
        if receipt.taxes:
            self._title("Tax by rate")
            self._table(TAX_COLUMNS, receipt.taxes, widths=(40, 46, 46, 46), left=1)
        if receipt.has_tax_in_prices:
            self._line("Prices and amounts contain the tax.", color=_GREY)
        if receipt.paid:
            self._title(receipt.paid_title)
            self._totals(receipt.paid)
        if receipt.returned:
            self._title("Returned so far")
            self._table(RETURN_COLUMNS, receipt.returned, widths=(30, 92, 22, 34), left=2)
        if receipt.kept:
            self._totals([receipt.kept], is_last_bold=True)
        self.ln(8)
        for line in receipt.footer:
            self._line(line, color=_GREY, align="C")
        return bytes(self.output())

    def _pen(
        self, *, size: float = 9, is_bold: bool = False, color: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        self.set_font("text", "B" if is_bold else "", size)
        self.set_text_color(*color)

    def _line(
        self,
        text: str,
        *,
        size: float = 9,
        is_bold: bool = False,
        color: tuple[int, int, int] = (0, 0, 0),
        align: str = "L",
    ) -> None:
        self._pen(size=size, is_bold=is_bold, color=color)
        self.multi_cell(0, size * 0.5, printable(text), align=align, new_x="LMARGIN", new_y="NEXT")

    def _title(self, text: str) -> None:
        self.ln(4)
        self._line(text, size=10, is_bold=True)
        self.ln(1)

    def _fact(self, label: str, value: str) -> None:
        self._pen(color=_GREY)
        self.cell(28, 5, label)
        self._pen()
        self.multi_cell(0, 5, printable(value), align="L", new_x="LMARGIN", new_y="NEXT")

    def _totals(self, pairs: Iterable[tuple[str, str]], *, is_last_bold: bool = False) -> None:
        self.ln(2)
        pairs = list(pairs)
        for place, (label, value) in enumerate(pairs, 1):
            self._pen(is_bold=is_last_bold and place == len(pairs))
            self.set_x(self.l_margin + _WIDTH_MM - 90)
            self.cell(50, 5, label)
            self.cell(40, 5, printable(value), align="R", new_x="LMARGIN", new_y="NEXT")

    def _table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[int], left: int
    ) -> None:
        self._pen(size=8)
        self.set_draw_color(*_LIGHT)
        aligns = tuple("LEFT" if place < left else "RIGHT" for place in range(len(columns)))
        with self.table(
            col_widths=tuple(widths),
            width=_WIDTH_MM,
            align="LEFT",
            text_align=aligns,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD"),
            line_height=4.2,
            padding=(1, 1),
        ) as table:
            table.row(columns)
            for row in rows:
                table.row([printable(cell) for cell in row])


def _everything(receipt: Receipt) -> str:
    """All text of a receipt that comes from people."""
    tables = (receipt.rows, receipt.returned, receipt.facts)
    cells = [cell for table in tables for row in table for cell in row]
    return printable("".join([*receipt.head, *receipt.footer, *cells]))


def _dejavu(name: str) -> Path:
    # Importing matplotlib takes a second, and only its files are wanted.
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("matplotlib, whose fonts documents are printed in, is not installed")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name


@cache
def _covered_by_dejavu() -> frozenset[int]:
    """What both the regular and the bold font have."""
    return _covered(_dejavu("DejaVuSans.ttf")) & _covered(_dejavu("DejaVuSans-Bold.ttf"))


@cache
def _covered_by_east_asian() -> frozenset[int]:
    return _covered(_EAST_ASIAN)


def _covered(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
