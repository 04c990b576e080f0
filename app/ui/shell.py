"""The frame around the tabs: head line, navigation, addresses, and how one tab opens another.

The address names what is on screen (`?tab=customers&key=12`), so pages can be reloaded, bookmarked, sent to a
colleague, and Back works. A key that begins with a question mark is a list with its filters, written as it is
(`?tab=customers&country=DE&at=2`); "?" alone is the list as it is at first, an empty key as it was last. A record
of another tab is opened by a link (`panels.link`, a grid's link column or `opens`) or by a handler that returns
`context.go(tab, key)` to `context.navigator`.
"""

import itertools
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import gradio as gr
from markupsafe import Markup

from app.ui import panels
from db.pool import Role

ASSETS = Path(__file__).parent / "assets"
_NAVIGATOR_SCRIPT = (ASSETS / "navigator.js").read_text(encoding="utf-8")

# kit.css first: what belongs to one part may say otherwise.
_STYLES = sorted(ASSETS.glob("*.css"), key=lambda path: (path.name != "kit.css", path.name))
_SCRIPTS = (ASSETS / "head.js", ASSETS / "grid.js")
HEAD = "".join(
    f"<{kind}>{path.read_text(encoding='utf-8')}</{kind}>"
    for kind, paths in (("style", _STYLES), ("script", _SCRIPTS))
    for path in paths
)

# How a handler is wired that only reads: not queued, since the queue costs more than most queries. Its toasts
# would not appear, so it returns an error state instead. What is asked for while an answer is on its way is asked
# for after it; of several such questions the last. No loading is shown, and on no component: after each answer Gradio
# tells all of them, everywhere on the page, and looks each up in a tree of hundreds.
READ: dict[str, Any] = {
    "queue": False,
    "trigger_mode": "always_last",
    "show_progress": "hidden",
    "show_progress_on": [],
    "api_visibility": "private",
}
# How a handler is wired that writes, or shows a toast: once at a time for each user, many users at once.
SAVE: dict[str, Any] = {
    "trigger_mode": "once",
    "concurrency_limit": 16,
    "show_progress": "hidden",
    "show_progress_on": [],
    "api_visibility": "private",
}


def shown(is_shown: bool) -> Any:
    """What a handler returns to show or hide what a tab begins with.

    Taking it off the page while Gradio is still mounting it would leave "Loading..." there.
    """
    return gr.update(visible=True if is_shown else "hidden")


def focus_when_drawn(selector: str) -> str:
    """The script for a field that the answer before has asked for: it is there once the page has drawn it."""
    return f"""() => {{
  const isFocused = () => {{
    const field = document.querySelector({json.dumps(selector)});
    field?.focus();
    return Boolean(field);
  }};
  if (isFocused()) return;
  const drawn = new MutationObserver(() => {{ if (isFocused()) drawn.disconnect(); }});
  drawn.observe(document.body, {{ childList: true, subtree: true }});
}}"""


EVERYBODY: frozenset[Role] = frozenset(get_args(Role))


class Navigator(gr.HTML):
    """Keeps the address in step with the tabs and reports which record is to be opened.

    It has one event per tab, `<tab>_opened`; its value, as a handler gets it, is the key of that record. While a tab
    comes on screen it is the key of the record that this tab shows.
    """

    _changes = itertools.count(1)

    def __init__(self, tabs: dict[str, str], *, render: bool = True) -> None:
        # A custom event exists when its quoted name stands in the script.
        events = {tab: f"{tab}_opened" for tab in tabs}
        constants = f"const LABELS = {json.dumps(tabs)};\nconst EVENTS = {json.dumps(events)};\n"
        super().__init__(
            None,
            html_template="",
            js_on_load=constants + _NAVIGATOR_SCRIPT,
            elem_classes="navigator",
            apply_default_css=False,
            padding=False,
            render=render,
        )

    def go(self, tab: str, key: object = "") -> dict[str, Any]:
        """What a handler returns to the navigator to open a record of a tab, or just the tab."""
        return {"tab": tab, "key": str(key), "change": next(self._changes)}

    def note(self, tab: str, key: str, *, is_new: bool) -> dict[str, Any]:
        """What a handler returns to the navigator to write the key of the list that a tab shows into the address.

        `is_new`: Back leads to the one before.
        """
        return {"tab": tab, "key": key, "change": next(self._changes), "is_note": True, "is_new": is_new}

    def preprocess(self, payload: Any) -> str:
        """The key of the record to open, empty for none; it comes from the browser, so check it like any input."""
        key = payload.get("key") if isinstance(payload, dict) else ""
        return key if isinstance(key, str) else ""

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what `go` returned."""
        return value


@dataclass(frozen=True, slots=True)
class TabContext:
    """What the builder of a tab gets: its own tab, and the ways in and out of it."""

    key: str
    tab: gr.Tab
    navigator: Navigator

    def on_select(self, handler: Callable[..., Any], inputs: Any = None, outputs: Any = None) -> None:
        """Run `handler` whenever the tab comes on screen, to show fresh data."""
        self.tab.select(handler, inputs, outputs, **READ)

    def on_open(self, handler: Callable[..., Any], inputs: Sequence[Any] = (), outputs: Any = None) -> None:
        """Run `handler(key, *inputs)` when a record is to be opened; an empty key means back to the list."""
        listen = getattr(self.navigator, f"{self.key}_opened")
        listen(handler, [self.navigator, *inputs], outputs, **READ)

    def go(self, tab: str, key: object = "") -> dict[str, Any]:
        """What a handler with `navigator` among its outputs returns to open a record of a tab."""
        return self.navigator.go(tab, key)

    def note(self, key: str, *, is_new: bool) -> dict[str, Any]:
        """What a handler with `navigator` among its outputs returns when the list of this tab shows something else."""
        return self.navigator.note(self.key, key, is_new=is_new)


@dataclass(frozen=True, slots=True)
class TabSpec:
    """One module: `key` is its name in addresses, `build` creates its components and wires them."""

    key: str
    label: str
    build: Callable[[TabContext], None]
    # Who finds anything on it; for others it is not there.
    roles: Collection[Role] = EVERYBODY


@dataclass(frozen=True, slots=True)
class Identity:
    """Who opens the page: how the head line says it, and the role."""

    text: Markup
    role: Role


def build(tabs: Sequence[TabSpec], *, identity: str | Callable[[gr.Request], Identity] = "") -> gr.Blocks:
    """The whole page; `identity` says who is signed in, such as `local · admin`, or tells it of each who opens the page."""
    page = gr.Blocks(title="CRPM", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400))
    with page:
        with gr.Row(elem_id="top"):
            headline = panels.view(_headline("" if callable(identity) else identity))
        navigator = Navigator({spec.key: spec.label for spec in tabs})
        with gr.Tabs(elem_id="modules", overflow_behavior="wrap"):
            for spec in tabs:
                with gr.Tab(spec.label, id=spec.key, elem_id=spec.key) as tab:
                    spec.build(TabContext(spec.key, tab, navigator))
        if callable(identity):

            def signed_in(request: gr.Request) -> Markup:
                who = identity(request)
                hidden = [spec.key for spec in tabs if who.role not in spec.roles]
                return _headline(who.text, who.role.removeprefix("crpm_"), hidden)

            page.load(signed_in, None, headline, **READ)
        page.queue(default_concurrency_limit=16)
    return page


def _headline(identity: str | Markup, role: str = "", hidden: Sequence[str] = ()) -> Markup:
    """`role` takes off the page what it may not do (see kit.css), `hidden` the tabs that are not there for it.

    Gradio does not take a tab off the page once it is there.
    """
    style = Markup("<style>{} {{ display: none !important; }}</style>").format(
        ", ".join(f"#{tab}-button" for tab in hidden)
    )
    head = Markup(
        '<header class="headline" data-role="{}" data-hidden="{}">'
        '<h1><a class="wordmark" href="?"><span aria-hidden="true">\u25c6</span> CRPM</a></h1>'
        '<span class="identity">{}</span></header>'
    ).format(role, " ".join(hidden), identity)
    return head + style if hidden else head
