"""Blocks of HTML made on the server: figures, facts, pills, timelines, empty and error states.

Every builder takes plain values, escapes them and returns `Markup`, so results can be nested: `Markup` is
kept as it is, any other value is escaped. Give the result to a `gr.HTML` as its value, through `view`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from app.ui.format import MISSING, Delta, Tone

_TONES: dict[str, Tone] = {
    **dict.fromkeys(("active", "available", "in stock", "loaded", "paid", "completed", "ok"), "good"),
    **dict.fromkeys(("cancelled", "rejected", "failed", "out of stock", "lapsed"), "bad"),
    **dict.fromkeys(("low", "low stock", "returned", "partly returned", "duplicate", "pending"), "warn"),
    **dict.fromkeys(("recorded", "new", "updated", "running", "online"), "info"),
}


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure of a strip: `value` is text already formatted, `trend` draws a small line of the past.

    `hint` stands beside the delta and says what it compares with; `tone` colours the hint when there is no delta.
    `more` are further deltas with their hints, each on a line of its own.
    """

    label: str
    value: str
    delta: Delta | None = None
    hint: str = ""
    tone: Tone = "neutral"
    trend: Sequence[Decimal | int] = ()
    more: Sequence[tuple[Delta | None, str]] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a timeline; `when` is text already formatted."""

    when: str
    title: object
    detail: object = ""
    tone: Tone = "neutral"


def view(value: str = "", *, elem_id: str | None = None, visible: bool = True) -> gr.HTML:
    """A component that shows what the builders of this module return."""
    return gr.HTML(
        value, elem_id=elem_id, visible=visible, apply_default_css=False, padding=False, js_on_load=None
    )


def kpi_strip(kpis: Iterable[Kpi]) -> Markup:
    """A row of figures in cards."""
    return Markup('<div class="kpis">{}</div>').format(_joined(_kpi(kpi) for kpi in kpis))


def pill(status: object, tone: Tone | None = None) -> Markup:
    """A status as a quiet pill; known words bring their own tone."""
    return Markup('<span class="pill {}">{}</span>').format(
        tone or _TONES.get(str(status).lower(), "neutral"), status
    )


def link(text: object, tab: str, key: object) -> Markup:
    """A link that opens the record `key` in another tab (or in a new browser tab when asked to)."""
    address = "?" + urlencode({"tab": tab, "key": str(key)})
    return Markup('<a class="link" href="{}" data-tab="{}" data-key="{}">{}</a>').format(
        address, tab, key, text
    )


def documents(entries: Iterable[tuple[str, str]]) -> Markup:
    """Links to documents of the app's own by name and address, each opened beside the page."""
    return Markup('<p class="documents">{}</p>').format(
        Markup(" ").join(
            Markup('<a class="link" href="{}" target="_blank" rel="noopener">{}</a>').format(address, name)
            for name, address in entries
        )
    )


def definition_list(facts: Iterable[tuple[str, object]]) -> Markup:
    """Label and value pairs in columns; an empty value is written as an em dash."""
    return Markup('<dl class="facts">{}</dl>').format(
        _joined(
            Markup("<div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>").format(label, _or_missing(value))
            for label, value in facts
        )
    )


def ranking(entries: Iterable[tuple[object, str, Decimal]]) -> Markup:
    """Names with their figures (text) and bars; the third part of an entry is its length, from 0 to 1."""
    return Markup('<ol class="ranking">{}</ol>').format(
        _joined(
            Markup('<li><bdi>{}</bdi><span>{}</span><i style="--share:{}%"></i></li>').format(
                name, figure, round(max(Decimal(0), min(share, Decimal(1))) * 100, 1)
            )
            for name, figure, share in entries
        )
    )


def section(title: str, body: object = "", *, hint: str = "") -> Markup:
    """A card with a heading; `body` may be any of the other builders' results."""
    return Markup('<section class="card"><header><h3>{}</h3><span>{}</span></header>{}</section>').format(
        title, hint, body
    )


def heading(title: object, *, detail: object = "", status: str = "", back: str = "") -> Markup:
    """The head of a record: its name, a quiet line below it, its status, and the way back to the list of tab `back`."""
    way_back = Markup('<a class="back" href="?tab={}" data-tab="{}">\u2039 Back to the list</a>').format(
        back, back
    )
    return Markup('<div class="heading">{}<h2><bdi>{}</bdi> {}</h2><p>{}</p></div>').format(
        way_back if back else "", title, pill(status) if status else "", detail
    )


def stack(*parts: object) -> Markup:
    """Parts one below the other."""
    return Markup('<div class="stack">{}</div>').format(
        _joined(Markup("<div>{}</div>").format(part) for part in parts)
    )


def timeline(happenings: Iterable[Happening]) -> Markup:
    """Dated entries, in the order given."""
    return Markup('<ol class="timeline">{}</ol>').format(
        _joined(
            Markup('<li class="{}"><time>{}</time><div><b>{}</b><p>{}</p></div></li>').format(
                entry.tone, entry.when, entry.title, entry.detail
            )
            for entry in happenings
        )
    )


def empty_state(title: str, hint: str = "") -> Markup:
    """What a place without data shows: what is missing, and what to do next."""
    return Markup('<div class="empty"><b>{}</b><p>{}</p></div>').format(title, hint)


def error_state(title: str, hint: str = "") -> Markup:
    """What a place shows when its data could not be read; `hint` carries the logged id."""
    return Markup('<div class="empty failed" role="alert"><b>{}</b><p>{}</p></div>').format(title, hint)


def notice(text: object, tone: Tone = "info") -> Markup:
    """One line above a form or a list."""
    return Markup('<div class="notice {}" role="status">{}</div>').format(tone, text)


def sparkline(values: Sequence[Decimal | int]) -> Markup:
    """A small line without axes, 96 by 28 pixels; nothing for fewer than two values."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    height, step = Decimal(high - low) or Decimal(1), Decimal(92) / (len(values) - 1)
    points = " ".join(
        f"{2 + step * place:.1f},{26 - 24 * (value - low) / height:.1f}" for place, value in enumerate(values)
    )
    return Markup(
        '<svg class="trend" viewBox="0 0 96 28" aria-hidden="true"><polyline points="{}"/></svg>'
    ).format(points)


def _kpi(kpi: Kpi) -> Markup:
    feet = _joined(_kpi_foot(*foot, kpi.tone) for foot in ((kpi.delta, kpi.hint), *kpi.more))
    return Markup(
        '<div class="kpi"><div class="kpi-label">{}</div><div class="kpi-value">{}</div>{}{}</div>'
    ).format(kpi.label, kpi.value, feet, sparkline(kpi.trend))


def _kpi_foot(delta: Delta | None, hint: str, tone: Tone) -> Markup:
    change = Markup('<span class="delta {}">{}</span> ').format(delta.tone, delta.text) if delta else ""
    return Markup('<div class="kpi-foot">{}<span class="{}">{}</span></div>').format(change, tone, hint)


def _or_missing(value: Any) -> Any:
    return MISSING if value is None or value == "" else value


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
