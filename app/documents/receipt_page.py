"""The receipt as a page to print: plain HTML of its own, everything escaped."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup

from app.documents.receipt import COLUMNS, RETURN_COLUMNS, TAX_COLUMNS, Receipt

_STYLE = Markup((Path(__file__).parent / "receipt.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    "<style>{}</style></head><body>{}</body></html>"
)


def page(receipt: Receipt, *, pdf_address: str) -> str:
    """The whole page; `pdf_address` is where the same receipt is as a PDF."""
    actions = Markup(
        '<nav><button type="button" onclick="print()">Print</button> <a href="{}" download>Download PDF</a></nav>'
    ).format(pdf_address)
    name, *address = receipt.head or [""]
    parts = [
        Markup("<header><h1><bdi>{}</bdi></h1>{}</header>").format(name, _paragraphs(address)),
        Markup("<h2>{}</h2>").format(receipt.title),
        Markup('<p class="cancelled">Cancelled</p>') if receipt.order.status == "cancelled" else "",
        _pairs(receipt.facts, "facts"),
        _table(COLUMNS, receipt.rows, left=2, label="Lines"),
        _pairs(receipt.totals, "totals"),
        _titled("Tax by rate", _table(TAX_COLUMNS, receipt.taxes, left=1, label="Tax by rate"))
        if receipt.taxes
        else "",
        Markup("<p>Prices and amounts contain the tax.</p>") if receipt.has_tax_in_prices else "",
        _titled(receipt.paid_title, _pairs(receipt.paid, "totals")) if receipt.paid else "",
        _titled("Returned so far", _table(RETURN_COLUMNS, receipt.returned, left=2, label="Returns"))
        if receipt.returned
        else "",
        _pairs([receipt.kept], "totals") if receipt.kept else "",
        Markup("<footer>{}</footer>").format(_paragraphs(receipt.footer)),
    ]
    return whole(
        receipt.title, actions + Markup("<main>{}</main>").format(Markup("").join(map(Markup.escape, parts)))
    )


def message_page(title: str, text: str, *, root: str) -> str:
    """A page that says why there is no document."""
    body = Markup('<main><h2>{}</h2><p role="alert">{}</p><p><a href="{}/">Back to CRPM</a></p></main>')
    return whole(title, body.format(title, text, root))


def whole(title: str, body: Markup) -> str:
    """A page of that title, in the look of a receipt."""
    return str(_PAGE.format(title, _STYLE, body))


def _titled(title: str, body: Markup) -> Markup:
    return Markup("<section><h3>{}</h3>{}</section>").format(title, body)


def _paragraphs(lines: Iterable[str]) -> Markup:
    return Markup("").join(Markup("<p><bdi>{}</bdi></p>").format(line) for line in lines)


def _pairs(pairs: Iterable[tuple[str, str]], style: str) -> Markup:
    return Markup('<dl class="{}">{}</dl>').format(
        style,
        Markup("").join(
            Markup("<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>").format(*pair) for pair in pairs
        ),
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int, label: str) -> Markup:
    """A table; its first `left` columns are text, the others figures."""

    def cells(template: Markup, values: Sequence[str]) -> Markup:
        return Markup("").join(
            template.format("" if place < left else "right", value) for place, value in enumerate(values)
        )

    head = cells(Markup('<th scope="col" class="{}">{}</th>'), columns)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(cells(Markup('<td class="{}"><bdi>{}</bdi></td>'), row)) for row in rows
    )
    return Markup(
        '<div class="scroll"><table aria-label="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(label, head, body)
