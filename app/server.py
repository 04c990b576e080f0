"""The web server: the Gradio page within a FastAPI application that guards it.

Importing `app` sets the environment that Gradio reads on import, so no other module has to.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import UPLOAD_FOLDER
from app.access.door import Door
from app.access.gate import LocalOnlyMiddleware, SignInMiddleware
from app.access.ownership import PageOwnerMiddleware
from app.access.routes import router as sign_in_router
from app.kept_files import HASHED_FILES, KeptFilesMiddleware
from app.limits import BodyLimitMiddleware
from app.monitoring import Monitoring, MonitoringMiddleware
from app.proxy import ProxyMiddleware
from app.running import RunningWork, RunningWorkMiddleware
from app.ui import gr, sessions
from app.ui.shell import ASSETS, HEAD
from app.ui.theme import theme

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")

# Gradio compiles its templates in the browser, which needs the two unsafe sources for scripts.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def create_app(
    page: gr.Blocks,
    *,
    allowed_hosts: Sequence[str] = LOCAL_HOSTS,
    max_upload_mb: int = 200,
    documents: APIRouter | None = None,
    door: Door | None = None,
    operation: APIRouter | None = None,
    monitoring: Monitoring | None = None,
    trusted_proxies: Sequence[str] = (),
    root_path: str = "",
    frame_ancestors: Sequence[str] = (),
) -> FastAPI:
    """The application that serves `page` (see `app.ui.shell.build`), `/healthz`, `documents` (`app.documents.routes`)
    and what `operation` needs (`app.operation`); `monitoring` is told of each request.

    With a `door`, only to who signs in there; without one, to this machine alone.
    `allowed_hosts` are the names in the Host header that are answered (`*` for all): other sites must not reach
    a local server through a name of theirs. `trusted_proxies` and `root_path` are those of `ProxyMiddleware`;
    `frame_ancestors` are the sites that may show the app in a frame, which only works by https.
    """
    UPLOAD_FOLDER.mkdir(exist_ok=True)
    UPLOAD_FOLDER.chmod(0o700)
    app = FastAPI(openapi_url=None)
    app.state.running = RunningWork(page)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """Whether the process answers; whether its database does is told by /readyz."""
        return JSONResponse({"status": "ok"})

    for routes in (documents, operation):
        if routes:
            app.include_router(routes)
    # The last one added is the outermost.
    app.add_middleware(KeptFilesMiddleware)
    if door:
        # The page is 1 MB; where it comes from this machine, compressing it takes longer than sending it.
        app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=3)
    if door:
        app.include_router(sign_in_router(door, is_framed=bool(frame_ancestors)))
        app.add_middleware(PageOwnerMiddleware)
        app.add_middleware(SignInMiddleware, door=door)
    else:
        app.add_middleware(LocalOnlyMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_upload_mb=max_upload_mb)
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(SameOriginMiddleware)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False)
    app.add_middleware(SecurityHeadersMiddleware, frame_ancestors=frame_ancestors)
    app.add_middleware(RunningWorkMiddleware, running=app.state.running)
    if monitoring:
        app.add_middleware(MonitoringMiddleware, monitoring=monitoring)
    if door:
        app.add_middleware(ProxyMiddleware, trusted=trusted_proxies, root_path=root_path)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        show_error=False,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size=f"{max_upload_mb}mb",
        app_kwargs={"openapi_url": None},
        root_path=root_path or None,
        favicon_path=str(ASSETS / "favicon.svg"),
        theme=theme(),
        head=HEAD,
    )
    sessions.keep_little(app.routes[-1], page)
    return app


class Server(uvicorn.Server):
    """Finishes what it is at before it stops, and leaves no connection open, even one whose browser reads nothing."""

    def __init__(self, config: uvicorn.Config, running: RunningWork | None, stop_seconds: float) -> None:
        super().__init__(config)
        self._running = running
        self._stop_seconds = stop_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._running:
            await self._finish(self._running, sockets or [])
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # The event loop closes what is aborted on its next round.
        await asyncio.sleep(0)

    async def _finish(self, running: RunningWork, sockets: list[socket.socket]) -> None:
        """Take nothing new, and wait for what has begun; a second Ctrl-C cuts the wait short."""
        running.is_stopping = True
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._stop_seconds
        while running.is_busy and not self.force_exit and loop.time() < deadline:
            await asyncio.sleep(0.05)


def create_server(app: FastAPI, *, stop_seconds: float = 30) -> Server:
    """A server that, told to stop, finishes what it is at within those seconds.

    Then it waits one more second for the streams that browsers hold open, and ends them.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # ProxyMiddleware does it; this would believe everybody on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        # Longer than proxies keep a connection that nobody uses (nginx 60 s): who ends it first loses no request of the other.
        timeout_keep_alive=75,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_ended_stream)
    return Server(config, getattr(app.state, "running", None), stop_seconds)


def serve(app: FastAPI, listener: socket.socket, *, stop_seconds: float = 30) -> None:
    """Serve until Ctrl-C or SIGTERM, then return, so that the caller can stop what it has started.

    Call it from the main thread.
    """
    # uvicorn raises the signal anew once it has stopped: SIGTERM's default would end the process here.
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            create_server(app, stop_seconds=stop_seconds).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, previous)


class SecurityHeadersMiddleware:
    """Adds the security headers to every answer; the sites of `frame_ancestors` may show it in a frame."""

    def __init__(self, app: ASGIApp, *, frame_ancestors: Sequence[str] = ()) -> None:
        self.app = app
        self._headers = dict(_HEADERS)
        if frame_ancestors:
            # This older header knows no list.
            del self._headers["X-Frame-Options"]
            policy = self._headers["Content-Security-Policy"]
            allowed = " ".join(["frame-ancestors 'self'", *frame_ancestors])
            self._headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if message["status"] == 200 and scope["path"].startswith(HASHED_FILES):
                    # A browser need not ask for it again.
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class SameOriginMiddleware:
    """Refuses requests that change something when a page of another origin sends them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                await PlainTextResponse("Cross-origin request refused", 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _is_no_ended_stream(record: logging.LogRecord) -> bool:
    is_ended_stream = record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError
    return not is_ended_stream and not str(record.msg).startswith("Cancel %s running task(s)")
