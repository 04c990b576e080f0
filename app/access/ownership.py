"""What Gradio keeps for an open page belongs to who opened it: nobody else may use it, whoever learns its id."""

import json
from collections import OrderedDict
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "/gradio_api/"
_HEARTBEAT = "/gradio_api/heartbeat/"
# Gradio forgets the longest unused pages long before.
_MOST_PAGES = 10_000


class PageOwnerMiddleware:
    """Refuses questions about a page (Gradio's session_hash) to anybody but the user who asked the first one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._owners: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _API not in scope["path"]:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        pages = {_page_in_address(scope)}
        # Whatever it calls itself: only files, which name no page, are not looked into.
        if not request.headers.get("content-type", "").lower().startswith("multipart/"):
            body = await request.body()
            receive = _again(body, receive)
            pages.add(_page_of(body))
        user_name = request.state.actor.user_name
        if not all(self._is_own(page, user_name) for page in pages if page is not None):
            await PlainTextResponse("This page is somebody else's.", 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_own(self, page: str, user_name: str) -> bool:
        owner = self._owners.setdefault(page, user_name)
        self._owners.move_to_end(page)
        if len(self._owners) > _MOST_PAGES:
            self._owners.popitem(last=False)
        return owner == user_name


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read already, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given


def _page_of(body: bytes) -> str | None:
    try:
        question = json.loads(body)
    except ValueError:
        return None  # Gradio refuses it
    page = question.get("session_hash") if isinstance(question, dict) else None
    return page if isinstance(page, str) else None


def _page_in_address(scope: Scope) -> str | None:
    path = scope["path"]
    if _HEARTBEAT in path:
        return str(path.rpartition("/")[2])
    found = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash")
    return found[0] if found else None
