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
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.server import bind, create_server

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
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Debian's package where there is one, else what `playwright install` has fetched.
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def browser_contexts(browser: Browser) -> Iterator[dict[tuple[int, int, bool], BrowserContext]]:
    """One context for each size and colour scheme, since pages of one context share what they have loaded."""
    contexts: dict[tuple[int, int, bool], BrowserContext] = {}
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture
def open_page(
    browser: Browser, browser_contexts: dict[tuple[int, int, bool], BrowserContext]
) -> Iterator[OpenPage]:
    """Opens a page: `open_page(url, width=390, is_dark=True)`.

    The test fails when a page has reported an error in its console (unless it `may_fail`), or has asked another
    site for anything.
    """
    pages: list[Page] = []
    problems: list[str] = []

    def open_one(
        url: str, *, width: int = 1440, height: int = 900, is_dark: bool = False, may_fail: bool = False
    ) -> Page:
        key = (width, height, is_dark)
        if key not in browser_contexts:
            browser_contexts[key] = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if is_dark else "light"
            )
        page = browser_contexts[key].new_page()
        page.set_default_timeout(_PATIENCE_MS)
        origin = "/".join(url.split("/")[:3])
        if not may_fail:
            page.on(
                "console", lambda message: problems.append(message.text) if message.type == "error" else None
            )
            page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((f"{origin}/", "data:", "blob:"))
                else problems.append(request.url)
            ),
        )
        pages.append(page)
        page.goto(url)
        return page

    yield open_one
    for page in pages:
        page.close()
    assert problems == []
