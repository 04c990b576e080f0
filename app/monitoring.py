"""What the app tells about its own work: figures for Prometheus, JSON lines, and queries that are slow.

Nothing here knows a parameter, a value or a name of a customer: a query is told by its file, a request by its route.
"""

import logging
import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.pool import Work

log = logging.getLogger("crpm")

PURCHASE = "orders/record"
# Asked every few seconds by machines.
_UNTOLD = {"/healthz", "/readyz", "/metrics"}
_POOL_GAUGES = {
    "pool_size": "Connections of the pool.",
    "pool_available": "Connections of the pool that nobody uses.",
    "requests_waiting": "Transactions that wait for a connection.",
}
_POOL_COUNTERS = {
    "requests_num": "Connections asked for.",
    "requests_queued": "Connections that had to be waited for.",
    "requests_errors": "Connections that could not be had.",
    "connections_lost": "Connections that the server dropped.",
}
_QUERY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Monitoring:
    """Counts what is done, and tells it: `slow_query_seconds` is from when on a query is told by its name."""

    def __init__(self, *, slow_query_seconds: float = 1.0) -> None:
        self._slow = slow_query_seconds
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = self._counter("requests", "Requests answered.", "method", "route", "status")
        self._request_seconds = self._histogram(
            "request_seconds", "Until a request was answered whole.", "route"
        )
        self._query_seconds = self._histogram("query_seconds", "Until a query answered.", "query")
        self._transactions = self._counter("transactions", "Transactions by their end.", "outcome")
        self._purchases = self._counter(
            "purchases", "Purchases recorded, or asked for again by the same request."
        )
        self._loads = self._counter("loads", "Loads of files by what came of them.", "outcome")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"crpm_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"crpm_{name}", text, labels, registry=self.registry, buckets=_QUERY_BUCKETS)

    def watch_pool(self, read: Callable[[], dict[str, int]]) -> None:
        """Tell how the pool is whenever figures are asked for."""
        self.registry.register(_PoolCollector(read))

    def note_work(self, work: Work) -> None:
        """One transaction has ended."""
        self._transactions.labels(work.outcome).inc()
        for ran in work.ran:
            self._query_seconds.labels(ran.name).observe(ran.seconds)
            if ran.seconds >= self._slow:
                facts = {"event": "slow query", "query": ran.name, "duration_ms": _ms(ran.seconds)}
                log.warning("slow query %s: %s ms", ran.name, _ms(ran.seconds), extra={"facts": facts})
        if work.outcome == "committed" and any(ran.name == PURCHASE for ran in work.ran):
            self._purchases.inc()
        if not work.ran and work.outcome == "committed":
            return  # as /readyz makes one every few seconds
        facts = {
            "event": "transaction",
            "user": work.actor.user_name,
            "role": work.actor.role,
            "channel": work.actor.channel,
            "outcome": work.outcome,
            "error": work.error,
            "waited_ms": _ms(work.waited_seconds),
            "duration_ms": _ms(work.seconds),
            "queries": [{"name": ran.name, "ms": _ms(ran.seconds)} for ran in work.ran],
        }
        log.info("transaction %s", work.outcome, extra={"facts": facts})

    def note_load(self, outcome: str, seconds: float) -> None:
        """A load, or taking one back, has ended: loaded, tried, undone or refused."""
        self._loads.labels(outcome).inc()
        facts = {"event": "load", "outcome": outcome, "duration_ms": _ms(seconds)}
        log.info("load %s", outcome, extra={"facts": facts})

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered to its end."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
        facts = {
            "event": "request",
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": _ms(seconds),
        }
        log.info("%s %s %s", method, route, status, extra={"facts": facts})

    def figures(self) -> bytes:
        """Everything counted, as Prometheus reads it."""
        return generate_latest(self.registry)


class MonitoringMiddleware:
    """Notes every request by its route: an address itself may hold names and what was searched for."""

    def __init__(self, app: ASGIApp, monitoring: Monitoring) -> None:
        self.app = app
        self._monitoring = monitoring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNTOLD:
            await self.app(scope, receive, send)
            return
        status = 500

        async def send_noting_the_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_noting_the_status)
        finally:
            route = getattr(scope.get("route"), "path", None) or "other"
            self._monitoring.note_request(scope["method"], route, status, time.perf_counter() - began)


class _PoolCollector(Collector):
    def __init__(self, read: Callable[[], dict[str, int]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        now = self._read()
        for name, text in _POOL_GAUGES.items():
            yield GaugeMetricFamily(f"crpm_pool_{name.removeprefix('pool_')}", text, now.get(name, 0))
        for name, text in _POOL_COUNTERS.items():
            yield CounterMetricFamily(f"crpm_pool_{name}", text, now.get(name, 0))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
