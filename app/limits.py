"""How much may be sent to the app at once, so that nobody fills its memory or disk."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What stands in the fields of a page, with room to spare; what a form to sign in on holds is far less.
MOST_BYTES = 8_000_000
# All files that are chosen at once come in one request.
_MOST_FILES = 10
_UPLOADS = "/gradio_api/upload"


class BodyLimitMiddleware:
    """Refuses requests that are too long, by what they announce and by what comes; `max_upload_mb` is of one file."""

    def __init__(self, app: ASGIApp, *, max_upload_mb: int) -> None:
        self.app = app
        self._most_uploaded = max_upload_mb * 1_000_000 * _MOST_FILES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most_uploaded if scope["path"].rstrip("/") == _UPLOADS else MOST_BYTES
        refusal = PlainTextResponse("Too much at once.", 413)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > most:
            await _pass_over(receive, most)
            await refusal(scope, receive, send)
            return
        size, is_answered, is_refused = 0, False, False

        async def receive_limited() -> Message:
            nonlocal size, is_refused
            message = await receive()
            size += len(message.get("body", b""))
            if size <= most:
                return message
            if not is_answered:
                if message.get("more_body"):
                    await _pass_over(receive, most)
                await refusal(scope, receive, send)
            is_refused = True
            return {"type": "http.disconnect"}

        async def send_unless_refused(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if not is_refused:
                await send(message)

        try:
            await self.app(scope, receive_limited, send_unless_refused)
        except ClientDisconnect:
            if not is_refused:
                raise


async def _pass_over(receive: Receive, most: int) -> None:
    """Read what comes without keeping it: a browser that is cut off while it sends does not read the answer."""
    size, is_more = 0, True
    while is_more and size <= most:
        message = await receive()
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
