"""Chromium for tests: fixtures `browser` and `open_page`, and `serving`, which runs an application for them."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    WebError,
    expect,
    sync_playwright,
)

from app.listening import bind
from tests.folders import quick_folder

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Waiting ends as soon as the page is as expected; a busy machine may take its time.
_PATIENCE_MS = 20_000
expect.set_options(timeout=_PATIENCE_MS)

T = TypeVar("T")
OpenPage: TypeAlias = Callable[..., Page]


def within_event_loop(make: Callable[[], T]) -> T:
    """Build a Gradio page or application: without a running event loop, Gradio makes loops that it never closes."""

    async def made() -> T:
        return make()

    # In a thread, because Playwright keeps a loop running in this one.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, made()).result()


@contextmanager
def serving(make: Callable[[], FastAPI], **options: Any) -> Iterator[str]:
    """Serve the application that `make` builds on a free port, from a thread; yields its address.

    The options are those of `app.server.create_server`.
    """
    # Here, because it imports Gradio, which takes seconds: the process that hands out the tests needs none of it.
    from app.server import create_server

    server = create_server(within_event_loop(make), **options)
    listener = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        # The listener holds the request back until the server accepts it.
        httpx.get(f"{address}/healthz", timeout=30)
        yield address
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()


@dataclass(frozen=True, slots=True)
class Pages:
    """The browser's pages: blank ones to use again, and what is known of those in use."""

    browser: BrowserContext
    # One that was used before opens the next thing in half the time.
    idle: list[Page]
    origins: dict[Page, str] = field(default_factory=dict)
    forgiven: set[Page] = field(default_factory=set)

    def open(
        self, url: str, *, width: int = 1440, height: int = 900, is_dark: bool = False, may_fail: bool = False
    ) -> Page:
        page = self.idle.pop() if self.idle else self.browser.new_page()
        self.origins[page] = "/".join(url.split("/")[:3])
        (self.forgiven.add if may_fail else self.forgiven.discard)(page)
        page.set_default_timeout(_PATIENCE_MS)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        page.goto(url)
        return page

    def close(self, page: Page) -> None:
        """Keep the first page that is closed; the browser draws the page in front only."""
        # Whoever still listens for another page is not told what breaks off here.
        self.forgiven.add(page)
        origin = self.origins[page]
        page.unroute_all()
        if self.idle:
            page.close()
            del self.origins[page]
            return
        page.bring_to_front()
        # What a page keeps for its next visit is cleared once nothing of it is left to keep something again.
        page.route(f"{origin}/**", lambda route: route.fulfill(body=""))
        page.goto(origin)
        page.evaluate("sessionStorage.clear()")
        page.unroute_all()
        page.goto("about:blank")
        del self.origins[page]
        self.idle.append(page)


@pytest.fixture(scope="session")
def pages() -> Iterator[Pages]:
    # With a profile the browser keeps compiled scripts from page to page, which halves the time a page takes to open.
    with sync_playwright() as playwright, quick_folder() as profile:
        # Debian's package where there is one, else what `playwright install` has fetched.
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=list(_ARGUMENTS),
        )
        yield Pages(context, context.pages[:1])
        context.close()


@pytest.fixture(scope="session")
def browser(pages: Pages) -> BrowserContext:
    return pages.browser


@contextmanager
def opening(pages: Pages) -> Iterator[OpenPage]:
    """Opens pages; fails at the end when one has reported an error, or has asked another site for anything."""
    opened: list[Page] = []
    problems: list[str] = []

    def note_error(page: Page | None, text: str) -> None:
        if page not in pages.forgiven:
            problems.append(text)

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            note_error(message.page, message.text)

    def note_exception(error: WebError) -> None:
        note_error(error.page, str(error.error))

    def note_request(request: Request) -> None:
        origins = (f"{origin}/" for origin in pages.origins.values())
        if not request.url.startswith((*origins, "about:", "data:", "blob:")):
            problems.append(request.url)

    def open_one(url: str, **options: Any) -> Page:
        opened.append(pages.open(url, **options))
        return opened[-1]

    notes = {"console": note_message, "weberror": note_exception, "request": note_request}
    for event, note in notes.items():
        pages.browser.on(event, note)
    yield open_one
    for event, note in notes.items():
        pages.browser.remove_listener(event, note)
    for page in opened:
        pages.close(page)
    assert problems == []


@contextmanager
def first_read_held(page: Page) -> Iterator[Callable[[], None]]:
    """Holds back the first thing that the page asks the server, so that later ones overtake it.

    Yields what lets it go and waits for its answer.
    """
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    def release() -> None:
        with page.expect_response("**/gradio_api/run/**"):
            held[0].continue_()

    page.route("**/gradio_api/run/**", hold_the_first)
    yield release
    page.unroute("**/gradio_api/run/**")


@pytest.fixture
def open_page(pages: Pages) -> Iterator[OpenPage]:
    """Opens a page: `open_page(url, width=390, is_dark=True, may_fail=True)`, for one that is to report an error."""
    with opening(pages) as open_one:
        yield open_one


@pytest.fixture(scope="module")
def open_page_of_module(pages: Pages) -> Iterator[OpenPage]:
    """As open_page, for a page that the tests of a module share: opening one costs as much as several clicks.

    The browser draws the page in front only: `page.bring_to_front()` where another has been opened since.
    """
    with opening(pages) as open_one:
        yield open_one
