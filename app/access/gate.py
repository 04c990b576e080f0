"""The middleware in front of everything: whoever has no session gets no further than the page to sign in on."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.door import Door
from app.errors import UnavailableError

COOKIE = "crpm_session"
# What is answered without a session. Nothing here tells of the business; figures for machines ask for a token of their own.
PUBLIC = {"/login", "/setup", "/demo", "/healthz", "/readyz", "/metrics", "/favicon.ico"}
# Gradio's own scripts and fonts, the same for everybody: a page asks for a hundred of them, and each would ask the database.
STATIC = ("/assets/", "/static/")


class SignInMiddleware:
    """Lets through who is signed in, as `request.state.actor`; others are sent to the page to sign in on."""

    def __init__(self, app: ASGIApp, *, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # which nothing here uses
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = await self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        request = Request(scope)
        path = request.url.path.removeprefix(scope.get("root_path", ""))
        if path in PUBLIC or path.startswith(STATIC):
            return None
        try:
            actor = await run_in_threadpool(self.door.actor, request.cookies.get(COOKIE))
        except UnavailableError as error:
            return PlainTextResponse(str(error), 503)
        if actor is None:
            return _ask_to_sign_in(request)
        request.state.actor = actor
        return None


class LocalOnlyMiddleware:
    """Refuses what a proxy hands on: without sign-in this app is for its own machine alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Request(scope).headers
            if "x-forwarded-for" in headers or "forwarded" in headers:
                text = "CRPM runs without sign-in, for this machine alone. Start it with CRPM_AUTH=1 to serve it through a proxy."
                await PlainTextResponse(text, 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _ask_to_sign_in(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}/login?wanted={quote(wanted, safe='/')}", 303)
    # The page asks for itself again when it gets this, and is then sent to sign in.
    return JSONResponse({"detail": "Sign in first."}, 401)
