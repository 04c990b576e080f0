"""How far long work has come: told step by step, and drawn as a bar on a terminal."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Self, TextIO, TypeVar

T = TypeVar("T")
Progress = Callable[[str], None]

# How often a step that goes on tells how far it is, and after how many rows the clock is looked at.
SECONDS_BETWEEN = 0.1
ROWS_BETWEEN = 512
BAR_WIDTH = 20


class Moment(str):
    """A step in words, as it is told; with how far it has come.

    `share` of it is done, from 0 to 1, or None where nobody knows. `rows` are those that it is about or has come
    through, at `rate` rows a second where they go one by one.
    """

    __slots__ = ("rate", "rows", "share")

    share: float | None
    rows: int | None
    rate: float | None

    def __new__(
        cls, step: str, *, share: float | None = None, rows: int | None = None, rate: float | None = None
    ) -> Self:
        """Say a step with how far it has come."""
        moment = super().__new__(cls, step)
        moment.share, moment.rows, moment.rate = share, rows, rate
        return moment


def details_of(step: str) -> str:
    """The rows and the rate of a step in words; empty where it tells none."""
    if not isinstance(step, Moment) or step.rows is None:
        return ""
    rate = f", {step.rate:,.0f} a second" if step.rate else ""
    return f"{step.rows:,} {'row' if step.rows == 1 else 'rows'}{rate}"


def watched(
    rows: Iterable[T],
    step: str,
    progress: Progress,
    share: Callable[[], float | None],
    now: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """The same rows, telling `progress` how many have gone by: ten times a second, and at the end."""
    began = told = now()
    count = 0
    for count, row in enumerate(rows, start=1):
        yield row
        if count % ROWS_BETWEEN == 0 and (time_now := now()) >= told + SECONDS_BETWEEN:
            told = time_now
            progress(Moment(step, share=share(), rows=count, rate=count / (told - began)))
    taken = now() - began
    progress(Moment(step, share=1.0, rows=count, rate=count / taken if taken > SECONDS_BETWEEN else None))


class Lines:
    """Tells each step once, as a line of its own."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._step = ""

    def __call__(self, step: str) -> None:
        """Tell a step that is new."""
        if step != self._step:
            print(step, file=self._out, flush=True)
            self._step = str(step)

    def close(self) -> None:
        """End the last line, which has ended already."""


class Bar:
    """Draws the step under way on the last line of a terminal; those that are done stay above it."""

    def __init__(self, out: TextIO, width: Callable[[], int]) -> None:
        self._out = out
        self._width = width
        self._step = ""

    def __call__(self, step: str) -> None:
        """Draw a step, over itself where it is the one under way."""
        if self._step and step != self._step:
            self._out.write("\n")
        self._step = str(step)
        words = "  ".join(part for part in (_drawn(step), str(step), details_of(step)) if part)
        # What reaches the last column makes some terminals go to the next line.
        self._out.write(f"\r\x1b[K{words[: max(self._width() - 1, 1)]}")
        self._out.flush()

    def close(self) -> None:
        """Leave the line, so that what comes next has its own."""
        if self._step:
            self._out.write("\n")
            self._out.flush()
        self._step = ""


def _drawn(step: str) -> str:
    share = step.share if isinstance(step, Moment) else None
    if share is None:
        return " " * (BAR_WIDTH + 6)
    done = round(BAR_WIDTH * share)
    return f"{'█' * done}{'░' * (BAR_WIDTH - done)} {share:>5.0%}"


def teller(out: TextIO) -> Lines | Bar:
    """A bar where `out` is a terminal that can draw one, else plain lines."""
    can_draw = out.isatty() and os.environ.get("TERM", "dumb") != "dumb" and _can_write(out, "█░")
    return Bar(out, lambda: os.get_terminal_size(out.fileno()).columns or 80) if can_draw else Lines(out)


def _can_write(out: TextIO, text: str) -> bool:
    try:
        text.encode(out.encoding)
    except UnicodeEncodeError:
        return False
    return True
