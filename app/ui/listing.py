"""Long lists: reading the page that a grid's state asks for, and the address that shows the same list again."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import gradio as gr
from markupsafe import Markup

from app.repositories.base import COUNTED_ROWS
from app.ui import panels
from app.ui.grid import Grid, GridState

Row = TypeVar("Row")
T = TypeVar("T")

_LONGEST_VALUE = 300
_NUMBER = re.compile(r"-?[1-9]\d{0,17}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows: `values` are those of the filters, in their order. The page keeps it as the key of its address."""

    values: tuple[Any, ...]
    state: GridState


class ListAddress:
    """How filters, order and page of a list are written into the key of its address: `?search=ana&sort=-city&at=2&after=7`.

    `filters` names each with what it is where nothing is chosen; a number stands for an id. What is not as it is at
    first is in the key; an empty key is the list as it is at first. The page is `at`, since `page` is Gradio's.
    """

    def __init__(self, filters: Mapping[str, str | int], *, sort: str, sorts: Sequence[str]) -> None:
        self.first = Shown(tuple(filters.values()), GridState(sort))
        self._filters = dict(filters)
        self._sorts = frozenset(sorts)

    def key(self, shown: Shown) -> str:
        """The key of what a list shows."""
        state = shown.state
        chosen = {
            name: value
            for (name, first), value in zip(self._filters.items(), shown.values, strict=True)
            if value != first
        }
        if (state.sort, state.is_descending) != (self.first.state.sort, False):
            chosen["sort"] = f"{'-' if state.is_descending else ''}{state.sort}"
        if state.page != 1:
            chosen["at"] = state.page
            if state.is_backward:
                chosen["before"] = state.anchor or "end"
            elif state.anchor:
                chosen["after"] = state.anchor
        return "?" + urlencode(chosen) if chosen else ""

    def read(self, key: str) -> Shown:
        """What a key, which may be anything, stands for: what cannot be meant is as it is at first."""
        asked = dict(parse_qsl(key.removeprefix("?")[:5_000], max_num_fields=50)) if key[:1] == "?" else {}
        values = tuple(_value(asked.get(name, ""), first) for name, first in self._filters.items())
        sort = asked.get("sort", "")
        state = self.first.state
        if sort.removeprefix("-") in self._sorts:
            state = GridState(sort.removeprefix("-"), sort.startswith("-"))
        page, after, before = (_number(asked.get(name, "")) for name in ("at", "after", "before"))
        if page and (before or asked.get("before") == "end"):
            state = replace(state, page=page, anchor=before, is_backward=True)
        elif page and page > 0:
            state = replace(state, page=page, anchor=after)
        return Shown(values, state)


class DependentChoice(gr.Dropdown):
    """A dropdown whose choices follow from another field.

    The page may send what was chosen before it is told of other choices, which Gradio would answer with an error; so a
    handler gets what was sent, and decides itself.
    """

    is_template = True

    def preprocess(self, payload: Any) -> Any:
        return payload if isinstance(payload, str | int) else None


def read_page(
    grid: Grid, state: GridState, total: int, search: Callable[..., list[Row]]
) -> tuple[GridState, list[Row]]:
    """The rows of a page, and the state of that page, which is another one where that asked for is not there.

    `search` takes `sort` and `limit`, and `anchor` and `is_backward`, or `offset` for orders that do not go by keys.
    """
    if not total:
        # Looking for what is not there would take the longest.
        return state.first_page(), []
    state = grid.settled(state, total)
    if not grid.goes_by_keys(state):
        return state, search(sort=state.order, limit=state.page_size, offset=max(state.offset, 0))
    if state.anchor is None and not state.is_backward:
        state = state.first_page()
    limit = state.page_size
    if state.is_backward and state.anchor is None and total <= COUNTED_ROWS:
        limit = (total - 1) % state.page_size + 1
    rows = search(sort=state.order, limit=limit, anchor=state.anchor, is_backward=state.is_backward)
    if not rows and state.anchor is not None and not state.is_backward:
        last = replace(state, page=-1, anchor=None, is_backward=True)
        return last, search(sort=state.order, limit=limit, is_backward=True)
    if state.is_backward and len(rows) < limit:
        # Rows have gone meanwhile: this is the beginning.
        return state.first_page(), search(sort=state.order, limit=state.page_size)
    return state, rows


def told(is_nearly: bool, total: int) -> Markup:
    """What is said above a list of what is nearly alike."""
    return panels.notice("Nothing is just so. These are nearly alike.") if is_nearly and total else Markup("")


def files(address: ListAddress, name: str, shown: Shown, total: int) -> Markup:
    """Links to the whole list as files (see `app.documents.lists`)."""
    if not total:
        return Markup("")
    key = address.key(replace(shown, state=shown.state.first_page()))
    return panels.documents(
        (text, f"exports/{name}.{kind}{key}")
        for text, kind in (("All of these as Excel", "xlsx"), ("as CSV", "csv"))
    )


def offered(value: T, choices: Sequence[tuple[str, T]], first: T) -> T:
    """A value of an address, where it can be chosen."""
    return value if value in (known for _, known in choices) else first


def _value(text: str, first: str | int) -> str | int:
    if isinstance(first, str):
        return text[:_LONGEST_VALUE] or first
    number = _number(text)
    return number if number and number > 0 else first


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
