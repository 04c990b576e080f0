"""The opening counts of a new product: one field a store."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from app.repositories.reference import Store
from app.ui import typed
from app.ui.shell import ASSETS

_SCRIPT = (ASSETS / "opening_counts.js").read_text(encoding="utf-8")
_LONGEST_NUMBER = 20


class OpeningCounts(gr.HTML):
    """The fields on screen. As an input: what was typed, by store id; as an output, what `show` returns."""

    _changes = itertools.count(1)

    def __init__(self, *, elem_id: str, render: bool = True) -> None:
        super().__init__(
            None,
            html_template='<div class="facts" role="group" aria-label="Opening stock"></div>',
            js_on_load=_SCRIPT,
            apply_default_css=False,
            padding=False,
            elem_id=elem_id,
            render=render,
        )

    def show(self, stores: Sequence[Store]) -> dict[str, Any]:
        """What to return to show an empty field for each store."""
        return {
            "stores": [{"store_id": store.store_id, "name": store.name} for store in stores],
            "change": next(self._changes),
        }

    def preprocess(self, payload: Any) -> Any:
        """What was typed, by store id; it comes from the browser, so it is text still to be checked."""
        counts = payload.get("counts") if isinstance(payload, dict) else None
        if not isinstance(counts, dict):
            return {}
        return {
            int(store): text.strip()[:_LONGEST_NUMBER]
            for store, text in counts.items()
            if re.fullmatch(r"[0-9]{1,18}", store) and isinstance(text, str)
        }

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show([])


def counted(typed_counts: Mapping[int, str]) -> dict[int, int]:
    """The pieces counted, by store; without those left empty. Raises InputError for what is no number."""
    return {store: typed.whole_number(text, "Opening stock") for store, text in typed_counts.items() if text}
