"""What is being worked on, so that stopping can wait for it: requests, and what Gradio runs for a page."""

from dataclasses import dataclass

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

# Held open by a browser for as long as its page is: there is nothing to finish.
_STREAMS = ("/gradio_api/queue/data", "/gradio_api/heartbeat/")


@dataclass(slots=True)
class RunningWork:
    """What a server is at, and whether it has been told to stop."""

    page: gr.Blocks
    requests: int = 0
    is_stopping: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether a request has not been answered, or an event of a page has not been worked through."""
        queue = self.page._queue
        return self.requests > 0 or len(queue) > 0 or any(queue.active_jobs)


class RunningWorkMiddleware:
    """Counts requests from their first byte to the last of their answer."""

    def __init__(self, app: ASGIApp, running: RunningWork) -> None:
        self.app = app
        self._running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_STREAMS):
            await self.app(scope, receive, send)
            return
        self._running.requests += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._running.requests -= 1
