"""Files that never change, kept as they were first answered: Gradio reads and compresses each anew, 80 of them a page."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Files whose name changes with their content.
HASHED_FILES = "/assets/"
_ENCODINGS = ("br", "gzip")


class KeptFilesMiddleware:
    """Answers a request for a hashed file with what the application answered first; at most thrice the files in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[tuple[str, ...], list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope)
        if key is None:
            await self.app(scope, receive, send)
        elif key in self._kept:
            for message in self._kept[key]:
                await send(_copied(message))
        else:
            answer = await self._asked(scope, receive, send)
            if answer[0]["status"] == 200 and not answer[-1].get("more_body", False):
                self._kept[key] = answer

    def _key(self, scope: Scope) -> tuple[str, ...] | None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(HASHED_FILES):
            return None
        headers = Headers(scope=scope)
        accepted = headers.get("accept-encoding", "")
        return (
            None
            if "range" in headers
            else (scope["path"], *(encoding for encoding in _ENCODINGS if encoding in accepted))
        )

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> list[Message]:
        answer: list[Message] = []

        async def note(message: Message) -> None:
            answer.append(_copied(message))
            await send(message)

        await self.app(scope, receive, note)
        return answer


def _copied(message: Message) -> Message:
    # Who passes it on adds headers to it.
    return {**message, "headers": list(message["headers"])} if "headers" in message else dict(message)
