"""The addresses to sign in and out at: /login, /logout, /setup (the first administrator), /account, and a demo's."""

import logging
from typing import Annotated
from urllib.parse import urlsplit

import psycopg
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from app.access import pages
from app.access.door import Door
from app.access.gate import COOKIE
from app.demo import ACCOUNTS, Demo
from app.errors import CrpmError, InputError, NotAllowedError, RuleError
from db.errors import ServerError
from db.pool import Actor

log = logging.getLogger(__name__)

# As long as a session can last; the database decides when it ends.
_COOKIE_SECONDS = 7 * 24 * 3600
_PRIVATE = {"Cache-Control": "no-store"}
_NO_USER = "Nobody has been added yet. Open the link that the app printed when it started."

Field = Annotated[str, Form()]


def router(door: Door, *, is_framed: bool = False) -> APIRouter:
    """The routes of a door; `is_framed` where a page of another site shows the app."""
    routes = APIRouter()

    @routes.get("/login")
    def login_page(request: Request, wanted: str = "/") -> HTMLResponse:
        if door.demo:
            return _page(_demo_page(request, door.demo, wanted))
        return _page(pages.sign_in(wanted=wanted, note=_NO_USER if door.waits_for_first_admin() else ""))

    @routes.post("/login")
    def login(request: Request, user_name: Field = "", password: Field = "", wanted: Field = "/") -> Response:
        try:
            key = door.sign_in(user_name, password, address=_address(request))
        except CrpmError as error:
            shown = pages.sign_in(wanted=wanted, user_name=user_name, problem=str(error))
            return _page(shown, _status(error))
        return _signed_in(request, key, _own_path(wanted), is_framed=is_framed)

    @routes.post("/demo")
    def look_around(request: Request, role: Field = "", wanted: Field = "/") -> Response:
        try:
            key = door.look_around(role, address=_address(request))
        except CrpmError as error:
            return PlainTextResponse(str(error), _status(error))
        return _signed_in(request, key, _own_path(wanted), is_framed=is_framed)

    @routes.post("/demo/return")
    def go_back(request: Request) -> Response:
        if not door.demo or request.state.actor.role != "crpm_admin":
            return PlainTextResponse("A demo's administrators alone bring it back.", 403)
        try:
            door.demo.go_back()
        except (ServerError, psycopg.Error) as error:
            log.error("the demo does not go back: %s", error)
            return account(request, 503, problem="The demo cannot go back now. Try again in a minute.")
        return _page(_demo_page(request, door.demo, "/", note="Everything is as it was at first."))

    @routes.post("/logout")
    def logout(request: Request) -> Response:
        door.sign_out(request.cookies[COOKIE])
        answer = RedirectResponse(f"{_root(request)}/login", 303)
        return _with_cookie(answer, request, "", is_framed=is_framed)

    @routes.get("/setup")
    def setup_page(request: Request, token: str = "") -> Response:
        if not door.waits_for_first_admin():
            return RedirectResponse(f"{_root(request)}/login", 303)
        return _page(pages.first_admin(token=token))

    @routes.post("/setup")
    def setup(
        request: Request, token: Field = "", user_name: Field = "", password: Field = "", repeated: Field = ""
    ) -> Response:
        try:
            _check_repeated(password, repeated)
            key = door.add_first_admin(token, user_name, password, address=_address(request))
        except CrpmError as error:
            shown = pages.first_admin(token=token, user_name=user_name, problem=str(error))
            return _page(shown, _status(error))
        return _signed_in(request, key, "/", is_framed=is_framed)

    def account(request: Request, status: int = 200, *, problem: str = "", note: str = "") -> HTMLResponse:
        actor: Actor = request.state.actor
        role = actor.role.removeprefix("crpm_")
        root = _root(request)
        if door.demo:
            shown = pages.demo_account(
                user_name=actor.user_name,
                role=role,
                root=root,
                next_return=door.demo.next_return(),
                may_return=role == "admin",
                problem=problem,
            )
            return _page(shown, status)
        return _page(
            pages.account(user_name=actor.user_name, role=role, root=root, problem=problem, note=note), status
        )

    @routes.get("/account")
    def account_page(request: Request) -> HTMLResponse:
        return account(request)

    @routes.post("/account")
    def change_password(
        request: Request, old_password: Field = "", password: Field = "", repeated: Field = ""
    ) -> Response:
        actor: Actor = request.state.actor
        try:
            _check_repeated(password, repeated)
            key = door.change_password(actor.user_name, old_password, password, address=_address(request))
        except CrpmError as error:
            return account(request, _status(error), problem=str(error))
        answer = account(request, note="Your password is changed. You were signed out everywhere else.")
        return _with_cookie(answer, request, key, is_framed=is_framed)

    return routes


def _demo_page(request: Request, demo: Demo, wanted: str, *, note: str = "") -> str:
    return pages.demo(
        root=_root(request), accounts=list(ACCOUNTS), next_return=demo.next_return(), wanted=wanted, note=note
    )


def _page(html: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status, headers=_PRIVATE)


def _check_repeated(password: str, repeated: str) -> None:
    if password != repeated:
        raise InputError("The two passwords differ.")


def _status(error: CrpmError) -> int:
    if isinstance(error, RuleError):
        return 429 if error.rule == "sign_in_tries_are_limited" else 400
    if isinstance(error, InputError):
        return 400
    return 403 if isinstance(error, NotAllowedError) else 503


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _root(request: Request) -> str:
    root: str = request.scope.get("root_path", "")
    return root


def _own_path(wanted: str) -> str:
    """Where to go after signing in: a page of this app, whatever the address asked for."""
    parts = urlsplit(wanted)
    is_own = not parts.scheme and not parts.netloc and wanted.startswith("/") and "\\" not in wanted
    return wanted if is_own and not wanted.startswith("//") else "/"


def _signed_in(request: Request, key: str, path: str, *, is_framed: bool) -> Response:
    answer = RedirectResponse(f"{_root(request)}{path}", 303)
    return _with_cookie(answer, request, key, is_framed=is_framed)


def _with_cookie(answer: Response, request: Request, key: str, *, is_framed: bool) -> Response:
    """The answer with the session's key for the browser to keep, or with none for it to forget the one it has."""
    answer.set_cookie(
        COOKIE,
        key,
        max_age=_COOKIE_SECONDS if key else 0,
        path=_root(request) or "/",
        secure=is_framed or request.url.scheme == "https",
        httponly=True,
        samesite="none" if is_framed else "lax",
    )
    if is_framed:
        # Kept apart for each site that shows the app. Python's cookies know the word since 3.14 only.
        answer.headers["set-cookie"] += "; Partitioned"
    return answer
