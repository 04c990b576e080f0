"""Paper: what PDF documents have in common, which are A4, with the fonts that their text needs embedded.

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

GREY, LIGHT = (71, 85, 105), (203, 213, 225)
WIDTH_MM = 178
_EAST_ASIAN = Path(__file__).parent / "fonts" / "DroidSansFallback.ttf"
_REPLACEMENT = "\ufffd"


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


class Paper(FPDF):
    """A document page by page; every page names its title and its number.

    `text` is all that comes from people, which tells the fonts it needs.
    """

    def __init__(self, title: str, *, text: str) -> None:
        super().__init__(format="A4")
        self._title = title
        self.set_title(title)
        self.set_creator("CRPM")
        self.set_lang("en")
        self.set_margins(16, 16, 16)
        self.set_auto_page_break(auto=True, margin=22)
        for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.add_font("text", style, _dejavu(name))
        if not all(ord(sign) in _covered_by_dejavu() for sign in printable(text)):
            self.add_font("east-asian", "", _EAST_ASIAN)
            self.set_fallback_fonts(["east-asian"], exact_match=False)
        self.set_font("text", "", 9)
        self.set_text_shaping(use_shaping_engine=True)

    def footer(self) -> None:
        self.set_y(-14)
        self.pen(size=7.5, color=GREY)
        self.cell(0, 5, printable(f"{self._title}, page {self.page_no()} of {{nb}}"), align="C")

    def pen(self, *, size: float = 9, is_bold: bool = False, color: tuple[int, int, int] = (0, 0, 0)) -> None:
        """Write from here on like this."""
        self.set_font("text", "B" if is_bold else "", size)
        self.set_text_color(*color)

    def line_of(
        self,
        text: str,
        *,
        size: float = 9,
        is_bold: bool = False,
        color: tuple[int, int, int] = (0, 0, 0),
        align: str = "L",
    ) -> None:
        """A line of text, which goes on in the next where it is long."""
        self.pen(size=size, is_bold=is_bold, color=color)
        self.multi_cell(0, size * 0.5, printable(text), align=align, new_x="LMARGIN", new_y="NEXT")

    def fact(self, label: str, value: str) -> None:
        """A label with its value beside it."""
        self.pen(color=GREY)
        self.cell(28, 5, label)
        self.pen()
        self.multi_cell(0, 5, printable(value), align="L", new_x="LMARGIN", new_y="NEXT")

    def table_of(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        widths: Sequence[float],
        aligns: Sequence[str],
        size: float = 8,
    ) -> None:
        """A table as wide as the page; its head is repeated on the next."""
        self.pen(size=size)
        self.set_draw_color(*LIGHT)
        with self.table(
            col_widths=tuple(widths),
            width=WIDTH_MM,
            align="LEFT",
            text_align=tuple(aligns),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD"),
            line_height=size * 0.525,
            padding=(1, 1),
        ) as table:
            table.row([printable(column) for column in columns])
            for row in rows:
                table.row([printable(cell) for cell in row])


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
