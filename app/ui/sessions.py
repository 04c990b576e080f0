"""What the server keeps of each page that is open: what was changed on it, and nothing twice.

Gradio 6.31 gives a component that a handler has changed another id, and keeps it a second time under that one as soon as
the page sends its value back: a page in use grows without end. And it keeps the properties of every component of every
page for deep links, which CRPM has not.
"""

from copy import copy
from datetime import datetime
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder
from starlette.routing import BaseRoute, Mount

# So many pages that were opened are kept; the longest unused go first.
KEPT_PAGES = 300


class PageState(SessionState):
    """The components of one page, those that were changed under the id they had, and the values of its gr.State."""

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, tuple[Any, datetime]] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = 3600

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = (block.time_to_live, datetime.now())  # noqa: DTZ005 - as Gradio compares it
            self.state_data[key] = value
            return
        if isinstance(value, Block):
            value._id = key
        self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Not kept."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Not kept."""


class PageStates(StateHolder):
    """The states of the pages that are open, by the id that each has given itself."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = PageState(self.blocks)
        return super().__getitem__(session_id)


def keep_little(route: BaseRoute, page: gr.Blocks) -> None:
    """Have the page that was mounted at this route keep its sessions so."""
    if not isinstance(route, Mount) or not isinstance(mounted := route.app, App):
        raise TypeError("Gradio mounts a page in another way than it did.")
    page.state_session_capacity = KEPT_PAGES
    mounted.state_holder = PageStates()  # type: ignore[no-untyped-call]  # Gradio's own __init__
    mounted.state_holder.set_blocks(page)
