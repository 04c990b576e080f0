"""The report as one page of HTML that needs nothing else: pictures are in it, everything is escaped."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from app.documents.report import Panel, Report, Table

_STYLE = Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    "<style>{}</style></head><body><main>{}</main></body></html>\n"
)


def page(report: Report) -> bytes:
    """The whole file."""
    head = Markup("<header><h1><bdi>{}</bdi></h1><p>{}</p><dl>{}</dl></header>").format(
        report.company,
        report.title,
        _joined(
            Markup("<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>").format(*fact) for fact in report.facts
        ),
    )
    sections = _joined(
        Markup("<h2>{}</h2>{}").format(title, _joined(map(_panel, panels)))
        for title, panels in report.sections
    )
    return str(_PAGE.format(f"{report.company}: {report.title}", _STYLE, head + sections)).encode()


def _panel(panel: Panel) -> Markup:
    picture = Markup("")
    if panel.picture:
        picture = Markup('<img alt="{}" src="data:image/png;base64,{}">').format(
            f"Chart of {panel.title}", b64encode(panel.picture).decode()
        )
    figures = _joined(
        Markup("<div><dt>{}</dt><dd>{}</dd><dd>{}</dd></div>").format(one.label, one.value, one.hint)
        for one in panel.figures
    )
    return Markup(
        '<section><h3>{}</h3><p class="extent">{}</p><p>{}</p>{}{}{}{}'
        "<details><summary>SQL</summary><pre>{}</pre></details></section>"
    ).format(
        panel.title,
        panel.extent,
        panel.definition,
        Markup('<dl class="figures">{}</dl>').format(figures) if figures else "",
        picture,
        _table(panel.table, label=panel.title) if panel.table else "",
        Markup('<p class="note">{}</p>').format(panel.note) if panel.note else "",
        panel.sql,
    )


def _table(table: Table, *, label: str) -> Markup:
    styles = ["right" if column.is_right_aligned else "" for column in table.columns]
    head = _joined(
        Markup('<th scope="col" class="{}">{}</th>').format(style, column.label)
        for style, column in zip(styles, table.columns, strict=True)
    )
    body = _joined(
        Markup("<tr>{}</tr>").format(
            _joined(
                Markup('<td class="{}"><bdi>{}</bdi></td>').format(style, cell)
                for style, cell in zip(styles, line, strict=True)
            )
        )
        for line in table.lines
    )
    more = Markup("<p>{}</p>").format(table.rest) if table.more else Markup("")
    return Markup(
        '<div class="scroll"><table aria-label="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}'
    ).format(label, head, body, more)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
