"""Reading many panels in several answers: how far it has come is told between them, and it can be cancelled.

The page asks for the next answer when it has shown the one before. Who asks for something else meanwhile ends what is
being read.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import psycopg
from markupsafe import Markup
from psycopg import Connection

from app.ui import shell

# An answer ends with the panel that takes it beyond so long, the first sooner, since it shows what is to come; and before one
# whose statement takes longer than is patient, unless it waits for that one alone.
FIRST_SECONDS = 0.1
NEXT_SECONDS = 0.8
PATIENCE_SECONDS = 0.4
_CANCEL_PATIENCE_SECONDS = 5
_FORGOTTEN_SECONDS = 900
# The script that has what is on screen read anew.
READ_ON_SCREEN = "() => crpm.readOnScreen?.()"
_SCRIPT = (shell.ASSETS / "reading.js").read_text(encoding="utf-8")
_NUMBERS = itertools.count(1)


class ReadingNote(gr.HTML):
    """How far a reading has come. It sends `wanted` when it comes on screen and when what is there is to be read anew
    (`READ_ON_SCREEN`), `continued` with the reading's number, and `cancelled`.
    """

    def __init__(self, *, render: bool = True) -> None:
        super().__init__("", js_on_load=_SCRIPT, apply_default_css=False, padding=False, render=render)


class ReadingEndedError(Exception):
    """The reading was cancelled, or something else has been asked for."""


@dataclass(slots=True)
class Reading:
    """What one page is reading: `left` are the names of the panels to come, of so many in all, and `asked` is what for."""

    asked: Any
    left: list[str]
    count: int
    number: int = field(default_factory=lambda: next(_NUMBERS))
    is_cancelled: bool = False
    is_replaced: bool = False
    used_at: float = field(default_factory=time.monotonic)
    _connection: Connection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self, connection: Connection) -> Iterator[None]:
        """Statements run here on this connection can be ended by `end`; they raise ReadingEndedError then.

        Where one fails the transaction is as it was before.
        """
        self.used_at = time.monotonic()
        with self._lock:
            self._refuse_ended()
            self._connection = connection
        try:
            with connection.transaction():
                yield
        except psycopg.errors.QueryCanceled:
            self._refuse_ended()
            raise
        finally:
            with self._lock:
                self._connection = None

    def panels(self, seconds: float) -> Iterator[str]:
        """The panels to read in one answer, the first and more until it has taken so long; each is read when the next is asked for."""
        begun = time.monotonic()
        while self.left:
            yield self.left[0]
            del self.left[0]
            if time.monotonic() - begun > seconds:
                return

    def end(self, *, is_replaced: bool) -> None:
        """End the statement that runs, and let none follow."""
        with self._lock:
            self.is_replaced = self.is_replaced or is_replaced
            self.is_cancelled = True
            if self._connection is not None:
                self._connection.cancel_safe(timeout=_CANCEL_PATIENCE_SECONDS)

    def _refuse_ended(self) -> None:
        if self.is_cancelled:
            raise ReadingEndedError


class Readings:
    """What the open pages are reading, one each."""

    def __init__(self) -> None:
        self._of_page: dict[str, Reading] = {}
        self._lock = threading.Lock()

    def begin(self, page: str, asked: Any, names: Sequence[str]) -> Reading:
        """Begin another reading for a page, which ends the one before."""
        reading = Reading(asked, list(names), len(names))
        with self._lock:
            before = self._of_page.get(page)
            now = time.monotonic()
            self._of_page = {
                other: kept
                for other, kept in self._of_page.items()
                if now - kept.used_at < _FORGOTTEN_SECONDS
            }
            self._of_page[page] = reading
        if before is not None:
            before.end(is_replaced=True)
        return reading

    def find(self, page: str, number: int) -> Reading | None:
        """The reading of that number, if it is still what the page is reading."""
        found = self._of_page.get(page)
        return found if found is not None and found.number == number else None

    def cancel(self, page: str) -> None:
        """End what a page is reading."""
        found = self._of_page.get(page)
        if found is not None:
            found.end(is_replaced=False)

    def finish(self, page: str, reading: Reading) -> None:
        """Forget a reading that has come to its end."""
        with self._lock:
            if self._of_page.get(page) is reading:
                del self._of_page[page]


def note(reading: Reading, title_of: Callable[[str], str], *, is_first: bool = False) -> Markup:
    """How far a reading has come, for a `ReadingNote`: empty when it is through; the first one shows if none follows soon."""
    if reading.is_cancelled:
        return Markup(
            '<div class="reading" role="status">Cancelled. {} of {} read.'
            ' <button type="button" data-again>Read again</button></div>'
        ).format(reading.count - len(reading.left), reading.count)
    if not reading.left:
        return Markup("")
    place = reading.count - len(reading.left) + 1
    return Markup(
        '<div class="reading{}" role="status" data-number="{}">Reading {} of {}: {}'
        ' <progress max="{}" value="{}" aria-hidden="true"></progress>'
        ' <button type="button" data-cancel>Cancel</button></div>'
    ).format(
        " later" if is_first else "",
        reading.number,
        place,
        reading.count,
        title_of(reading.left[0]),
        reading.count,
        place - 1,
    )


def number_of(event: gr.EventData) -> int:
    """The number that a `continued` event carries; it comes from the browser: 0 for what is no number."""
    told = event._data.get("number") if isinstance(event._data, dict) else None
    return int(told) if isinstance(told, str) and told.isdecimal() else 0


def page_of(request: gr.Request | None) -> str:
    """The open page that sent a request."""
    return str(getattr(request, "session_hash", None) or "")
