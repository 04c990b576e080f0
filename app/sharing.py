"""`python -m app --share`: a link from outside to the app on this machine, through Gradio's tunnel."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from gradio import networking, tunneling


class NoLinkError(Exception):
    """There is no link to be had; the message says why, in one line."""


@contextmanager
def shared(port: int) -> Iterator[str]:
    """The address of a link to a port of this machine, for as long as the context lasts. Raises NoLinkError."""
    others = list(tunneling.CURRENT_TUNNELS)
    try:
        # Gradio raises RuntimeError, OSError, httpx's errors and others for whatever is in the way.
        address = networking.setup_tunnel("127.0.0.1", port, secrets.token_urlsafe(32), None, None)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NoLinkError(
            f"No link can be had from gradio.live: {reason} "
            "It needs access to the internet. Start without --share to serve this machine alone."
        ) from error
    try:
        yield urlsplit(address)._replace(scheme="https").geturl()
    finally:
        for tunnel in tunneling.CURRENT_TUNNELS:
            if tunnel not in others:
                tunnel.kill()  # type: ignore[no-untyped-call]
