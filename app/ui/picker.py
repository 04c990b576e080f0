"""A type-ahead field: the user types, the server searches, one option is picked by mouse or keyboard.

The component's value is the picked option's value as text, or None. It sends two events: `picked`, and
`cleared` when the user empties the field.
"""

import itertools
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gradio as gr

_SCRIPT = (Path(__file__).parent / "assets" / "picker.js").read_text(encoding="utf-8")

# Static on purpose: whatever is put into a template is executed. The script writes all texts as textContent.
_TEMPLATE = """<div class="picker"><label></label>
<div class="picker-field"><input type="text" role="combobox" aria-autocomplete="list" aria-expanded="false"
 autocomplete="off" autocapitalize="off" spellcheck="false"><button type="button" class="picker-clear"
 aria-label="Clear" tabindex="-1" hidden></button></div>
<div class="picker-list" popover="manual"><ul role="listbox"></ul><p role="status"></p></div></div>"""

_LONGEST_QUERY = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PickerOption:
    """One thing to pick: `value` identifies it, `label` names it, `hint` stands at the right.

    `is_exact`: what was typed names this one in full, as a scanned barcode does.
    """

    value: str
    label: str
    hint: str = ""
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class PickerQuery:
    """What to search for. `scope` is what the tab set last (a store, say); text and scope come from the browser."""

    text: str
    scope: str
    request: gr.Request


class Picker(gr.HTML):
    """A combobox over `search`, which returns the best few options (about 20), best first.

    A handler that has the picker among its outputs returns a `PickerOption` to show it as picked, None to empty
    the field, `picker.show(...)` to move the focus as well, or `picker.limit(...)` to set the scope of later searches.

    A part of the page that takes picks at once, without the server, listens for the browser's own event
    `crpm-picked` (its detail is the option) and prevents its default: the field is then empty for the next one.
    What is typed behind an Enter whose answer is still to come is held back and typed where the pick leads.
    """

    _changes = itertools.count(1)

    def __init__(
        self,
        *,
        label: str,
        search: Callable[[PickerQuery], Sequence[PickerOption]],
        placeholder: str = "Type to search",
        scale: int | None = None,
        min_width: int = 260,
        elem_id: str | None = None,
        visible: bool = True,
        render: bool = True,
    ) -> None:
        def find(asked: list[str], request: gr.Request) -> dict[str, Any]:
            text, scope = asked
            try:
                options = search(PickerQuery(text[:_LONGEST_QUERY], scope, request))
            except Exception:
                logger.exception("Search of the picker %r failed", label)
                return {"failed": True}
            return {"options": [asdict(option) for option in options]}

        super().__init__(
            None,
            label=label,
            html_template=_TEMPLATE,
            js_on_load=f"const PLACEHOLDER = {json.dumps(placeholder)};\n{_SCRIPT}",
            server_functions=[find],
            apply_default_css=False,
            padding=False,
            scale=scale,
            min_width=min_width,
            elem_id=elem_id,
            visible=visible,
            render=render,
        )

    def show(
        self, option: PickerOption | None = None, *, focus: bool = False, scope: str | None = None
    ) -> dict[str, Any]:
        """What to return to show `option` (None: empty), and to move the focus here or limit later searches."""
        # The number makes two equal changes differ, so that the browser carries out the second as well.
        content = asdict(option) if option else {"value": "", "label": ""}
        return {**content, "focus": focus, "scope": scope, "change": next(self._changes)}

    def limit(self, scope: str) -> dict[str, Any]:
        """What to return to limit later searches, and leave alone what is typed or picked."""
        return {"scope": scope, "change": next(self._changes)}

    def preprocess(self, payload: Any) -> str | None:
        """The picked value as the handler gets it; it comes from the browser, so check it like any input."""
        value = payload.get("value") if isinstance(payload, dict) else None
        return value if isinstance(value, str) and value else None

    def postprocess(self, value: Any) -> Any:
        """The browser's state for what a handler returned."""
        return value if isinstance(value, dict) else self.show(value)
