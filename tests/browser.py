"""Chromium for tests: fixtures `browser` and `open_page`, and `serving`, which runs an application for them."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from app.listening import bind
from app.server import create_server
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
def serving(make: Callable[[], FastAPI]) -> Iterator[str]:
    """Serve the application that `make` builds on a free port, from a thread; yields its address."""
    server = create_server(within_event_loop(make))
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


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    # With a profile the browser keeps compiled scripts from page to page, which halves the time a page takes to open.
    with sync_playwright() as playwright, quick_folder() as profile:
        # Debian's package where there is one, else what `playwright install` has fetched.
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=list(_ARGUMENTS)
        )
        yield context
        context.close()


@pytest.fixture(scope="session")
def idle_pages(browser: BrowserContext) -> list[Page]:
    """The blank page to open things in: one that was used before opens the next thing in half the time."""
    return browser.pages[:1]


@pytest.fixture
def open_page(browser: BrowserContext, idle_pages: list[Page]) -> Iterator[OpenPage]:
    """Opens a page: `open_page(url, width=390, is_dark=True)`.

    The test fails when a page has reported an error in its console (unless it `may_fail`), or has asked another
    site for anything.
    """
    pages: dict[Page, str] = {}
    forgiven: set[Page] = set()
    problems: list[str] = []

    def note_error(page: Page | None, text: str) -> None:
        if page not in forgiven:
            problems.append(text)

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            note_error(message.page, message.text)

    def note_exception(error: WebError) -> None:
        note_error(error.page, str(error.error))

    def note_request(request: Request) -> None:
        origins = (f"{origin}/" for origin in pages.values())
        if not request.url.startswith((*origins, "about:", "data:", "blob:")):
            problems.append(request.url)

    def open_one(
        url: str, *, width: int = 1440, height: int = 900, is_dark: bool = False, may_fail: bool = False
    ) -> Page:
        page = idle_pages.pop() if idle_pages else browser.new_page()
        pages[page] = "/".join(url.split("/")[:3])
        if may_fail:
            forgiven.add(page)
        page.set_default_timeout(_PATIENCE_MS)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        page.goto(url)
        return page

    notes = {"console": note_message, "weberror": note_exception, "request": note_request}
    for event, note in notes.items():
        browser.on(event, note)
    yield open_one
    for event, note in notes.items():
        browser.remove_listener(event, note)
    # The browser draws the page in front only.
    first, *others = pages
    for page in others:
        page.close()
    first.bring_to_front()
    first.unroute_all()
    first.evaluate("sessionStorage.clear()")
    first.goto("about:blank")
    idle_pages.append(first)
    assert problems == []
