"""Reading a page of a long list, as the state of its grid asks for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from app.repositories.base import COUNTED_ROWS
from app.ui.grid import Grid, GridState

Row = TypeVar("Row")


def read_page(
    grid: Grid, state: GridState, total: int, search: Callable[..., list[Row]]
) -> tuple[GridState, list[Row]]:
    """The rows of a page, and the state of that page, which is another one where that asked for is not there.

    `search` takes `sort` and `limit`, and `anchor` and `is_backward`, or `offset` for orders that do not go by keys.
    """
    state = grid.settled(state, total)
    if not grid.goes_by_keys(state):
        return state, search(sort=state.order, limit=state.page_size, offset=state.offset)
    limit = state.page_size
    if state.is_backward and state.anchor is None and 0 < total <= COUNTED_ROWS:
        limit = (total - 1) % state.page_size + 1
    rows = search(sort=state.order, limit=limit, anchor=state.anchor, is_backward=state.is_backward)
    if not rows and state.anchor is not None and not state.is_backward:
        last = replace(state, page=-1, anchor=None, is_backward=True)
        return last, search(sort=state.order, limit=limit, is_backward=True)
    if state.is_backward and len(rows) < limit:
        # Rows have gone meanwhile: this is the beginning.
        return state.first_page(), search(sort=state.order, limit=state.page_size)
    return state, rows
