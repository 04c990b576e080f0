"""What came of what people did: how long each action took, what was refused, what went wrong."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from tests.bench.report import heading, row


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase that the till said was recorded."""

    request_id: str
    order_number: str


@dataclass(slots=True)
class Tally:
    """Counted by all the threads at once."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    purchases: list[Purchase] = field(default_factory=list)
    pages: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def timed(self, action: str) -> Iterator[None]:
        """Time an action; one that fails is not counted."""
        began = time.perf_counter()
        yield
        taken = time.perf_counter() - began
        with self._lock:
            self.seconds[action].append(taken)

    def note_page(self) -> None:
        """A page was opened."""
        with self._lock:
            self.pages += 1

    def note_error(self, text: str) -> None:
        """Something went wrong that should not have."""
        with self._lock:
            self.errors[text] += 1

    def note_refusal(self, reason: str) -> None:
        """Something was refused as it should be."""
        with self._lock:
            self.refused[reason] += 1

    def note_purchase(self, purchase: Purchase) -> None:
        """The till has said that a purchase is recorded."""
        with self._lock:
            self.purchases.append(purchase)

    def reasons(self) -> list[str]:
        """What went wrong, the most frequent first."""
        return [f"{count} times: {text}" for text, count in self.errors.most_common()]

    def print(self) -> None:
        """The table by action, in milliseconds."""
        heading("Milliseconds until all of it is answered", "times", "p50", "p95", "p99", "longest")
        for action, taken in sorted(self.seconds.items()):
            shares = quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 99
            times = (shares[49], shares[94], shares[98], max(taken))
            row(action, len(taken), *(f"{seconds * 1000:,.0f}" for seconds in times))
        for reason, count in self.refused.items():
            row(f"refused: {reason}", count)
