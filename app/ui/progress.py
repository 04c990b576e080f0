"""Long work beside the page: its steps as they are told, then its result."""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from markupsafe import Markup

from loader.progress import Moment, details_of

T = TypeVar("T")

# How long the page waits for the next step before it looks whether the work has ended.
_WAIT_SECONDS = 0.2


def steps_then_result(work: Callable[[Callable[[str], None]], T]) -> Iterator[str | T]:
    """Run `work(progress)` in a thread: yields each text given to `progress`, and last of all what it returned.

    Raises what the work raises. A page that is closed meanwhile does not stop the work.
    """
    steps: queue.SimpleQueue[str] = queue.SimpleQueue()
    with ThreadPoolExecutor(1, thread_name_prefix="work") as executor:
        running = executor.submit(work, steps.put)
        while not (running.done() and steps.empty()):
            try:
                yield steps.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                continue
        yield running.result()


def bar(step: str) -> Markup:
    """A step under way, as a notice: a bar of how much is done, or one that moves where nobody knows, and the rows."""
    share = step.share if isinstance(step, Moment) else None
    value = Markup("") if share is None else Markup(' value="{:.3f}"').format(share)
    return Markup(
        '<div class="notice info working" role="status"><progress aria-label="{}"{}></progress> {}{}</div>'
    ).format(step, value, step, f": {details}" if (details := details_of(step)) else "")
