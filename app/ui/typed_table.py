"""A table with one field a row to type into: what was counted of each product, or by each payment method."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.ui.shell import ASSETS

_SCRIPT = (ASSETS / "typed_table.js").read_text(encoding="utf-8")
_LONGEST_TEXT = 30


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One row: `key` names its field, `name` says to a screen reader what it is for, `typed` stands in it at first.

    `expected` is a plain number with at most `decimals` places; with it the table can tell the difference.
    """

    key: str
    name: str
    cells: Sequence[str]
    typed: str = ""
    expected: str = "0"
    decimals: int = 0


class TypedTable(gr.HTML):
    """The table on screen. As an input: what was typed, by key; as an output, what `show` returns.

    `columns` are labels with how they stand: "left", "right", or "right wide", which a phone leaves out.
    With `difference` a column says what was typed less what was expected.
    """

    _changes = itertools.count(1)

    def __init__(
        self,
        *,
        label: str,
        field: str,
        difference: str = "",
        elem_id: str,
        visible: bool = True,
        render: bool = True,
    ) -> None:
        # Underscored: Gradio serialises every attribute that is named like a parameter.
        self._texts = {"label": label, "field": field, "difference": difference}
        super().__init__(
            None,
            html_template='<div class="typed-table"></div>',
            js_on_load=_SCRIPT,
            apply_default_css=False,
            padding=False,
            elem_id=elem_id,
            visible=visible,
            render=render,
        )

    def show(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[TypedRow]) -> dict[str, Any]:
        """What to return to show rows; what is typed stays as long as `name` is the same."""
        return {
            **self._texts,
            "name": name,
            "columns": [{"label": label, "style": style} for label, style in columns],
            "rows": [
                {
                    "key": row.key,
                    "name": row.name,
                    "cells": list(row.cells),
                    "typed": row.typed,
                    "expected": row.expected,
                    "decimals": row.decimals,
                }
                for row in rows
            ],
            "change": next(self._changes),
        }

    def preprocess(self, payload: Any) -> Any:
        """What was typed, by key; it comes from the browser, so it is text still to be checked."""
        typed = payload.get("typed") if isinstance(payload, dict) else None
        if not isinstance(typed, dict):
            return {}
        return {
            str(key): text.strip()[:_LONGEST_TEXT] for key, text in typed.items() if isinstance(text, str)
        }

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show("", [], [])
