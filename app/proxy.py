"""What a proxy in front of the app tells: who asks, by which scheme and name, and under which path it serves the app."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

# Gradio would believe the last three from anybody.
_TOLD = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-gradio-server")


class ProxyMiddleware:
    """Takes over the X-Forwarded headers of trusted proxies, and keeps those of everybody else from the app.

    `trusted` are addresses or networks, such as 10.0.0.0/8. A path may come with `root_path` or without it.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str] = (), root_path: str = "") -> None:
        self.app = app
        self._trusted = [ip_network(network, strict=False) for network in trusted]
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": list(scope["headers"])}
            self._place(scope)
            headers = Headers(scope=scope)
            if is_within(_client(scope), self._trusted):
                self._believe(scope, headers)
            kept = MutableHeaders(scope=scope)
            for name in _TOLD:
                del kept[name]
        await self.app(scope, receive, send)

    def _place(self, scope: Scope) -> None:
        if self._root_path:
            scope["root_path"] = self._root_path
            if f"{scope['path']}/".startswith(f"{self._root_path}/"):
                scope["path"] = scope["path"].removeprefix(self._root_path) or "/"

    def _believe(self, scope: Scope, told: Headers) -> None:
        # The last address that is not a proxy of ours: what stands before it is what somebody claims.
        hops = [hop.strip() for line in told.getlist("x-forwarded-for") for hop in line.split(",")]
        for hop in reversed(hops):
            if not _is_address(hop):
                break
            scope["client"] = (hop, 0)
            if not is_within(hop, self._trusted):
                break
        if told.get("x-forwarded-proto") in ("http", "https"):
            scope["scheme"] = told["x-forwarded-proto"]
        if host := told.get("x-forwarded-host"):
            MutableHeaders(scope=scope)["host"] = host


def is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is in one of the networks."""
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _client(scope: Scope) -> str:
    return str(scope["client"][0]) if scope.get("client") else ""
