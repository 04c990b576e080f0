"""What the server keeps of an open page."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
from starlette.routing import Mount

from app.server import create_app
from app.ui.sessions import KEPT_PAGES, PageState, PageStates
from tests.browser import within_event_loop


def page_with_choices() -> gr.Blocks:
    """Each text becomes a choice; what is chosen is counted."""
    with gr.Blocks() as page:
        text, choice, times = gr.Textbox(), gr.Dropdown(["a"], allow_custom_value=True), gr.State(0)
        text.change(lambda typed: gr.update(choices=["a", typed], value=typed), text, choice)
        choice.change(
            lambda chosen, count: (f"{chosen} {count + 1}", count + 1), [choice, times], [text, times]
        )
    return page


def test_a_page_in_use_keeps_no_more_than_it_shows_however_long_it_is_used() -> None:
    page = within_event_loop(page_with_choices)
    state = PageState(page)

    async def use() -> None:
        for number in range(5):
            await page.process_api(page.fns[0], [f"x{number}"], state=state)
            done = await page.process_api(page.fns[1], [f"x{number}", None], state=state)
            # What was changed is known: the choice is one of those that came last, and the count goes on.
            assert done["data"][0] == f"x{number} {number + 1}"

    # In a thread, as Playwright may have a loop running in this one.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, use()).result()
    assert state.blocks_config.blocks.keys() == page.blocks.keys()
    assert all(block._id == key for key, block in state.blocks_config.blocks.items())
    assert state.config_values == {}
    # Other pages begin as this one did.
    [choice] = (block for block in page.blocks.values() if isinstance(block, gr.Dropdown))
    assert choice.choices == [("a", "a")]


def test_the_app_keeps_its_pages_so_and_the_longest_unused_go_first() -> None:
    page = within_event_loop(page_with_choices)
    app = within_event_loop(lambda: create_app(page))
    route = app.routes[-1]
    assert isinstance(route, Mount)
    holder = page.state_holder
    assert isinstance(holder, PageStates)
    assert route.app.state_holder is holder
    for number in range(KEPT_PAGES + 1):
        assert isinstance(holder[f"page {number}"], PageState)
    assert "page 0" not in holder
    assert len(holder.session_data) == KEPT_PAGES
