"""The pages to sign in on: plain HTML forms that need no script, everything escaped."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

_STYLE = Markup((Path(__file__).parent / "pages.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} \u00b7 CRPM</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    "<style>{style}</style></head><body><main>"
    '<p class="wordmark"><span aria-hidden="true">\u25c6</span> CRPM</p><h1>{title}</h1>{body}</main></body></html>'
)
_FORM = Markup('<form method="post">{fields}<button type="submit">{button}</button></form>')
_FIELD = Markup(
    '<label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" value="{value}" '
    'autocomplete="{autocomplete}" required{focus}>'
)
_HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')
_PROBLEM = Markup('<p class="problem" role="alert">{}</p>')
_NOTE = Markup('<p class="note">{}</p>')
_SIGN_OUT = Markup(
    '<form method="post" action="{}/logout"><button type="submit" class="quiet">Sign out</button></form>'
)
_DEMO = Markup('<form method="post" action="{}/demo">{}{}</form>')
_LOOK = Markup('<button type="submit" name="role" value="{}">Look around as {} {}</button>')
_RETURN = Markup(
    '<form method="post" action="{}/demo/return"><button type="submit">Go back to the first state now</button></form>'
)
_BACK = Markup('<p><a href="{}/">Back to CRPM</a></p>')


def demo(*, root: str, accounts: Sequence[str], next_return: datetime, wanted: str, note: str = "") -> str:
    """The page of a demo to get in on, with a button for each of the roles."""
    buttons = Markup("").join(_LOOK.format(role, "an" if role == "admin" else "a", role) for role in accounts)
    told = _NOTE.format(
        f"{note} Try whatever you like: at {_moment(next_return)} everything goes back to how it was. "
        "Type nothing private, others look around here too.".strip()
    )
    return _page("Look around", told + _DEMO.format(root, _HIDDEN.format("wanted", wanted), buttons))


def sign_in(*, wanted: str, user_name: str = "", problem: str = "", note: str = "") -> str:
    """The page to sign in on; `wanted` is where to go afterwards."""
    fields = [
        _HIDDEN.format("wanted", wanted),
        _field("user_name", "User name", value=user_name, autocomplete="username", has_focus=not user_name),
        _field(
            "password", "Password", "password", autocomplete="current-password", has_focus=bool(user_name)
        ),
    ]
    return _page("Sign in", _said(problem, note) + _form(fields, "Sign in"))


def first_admin(*, token: str, user_name: str = "", problem: str = "") -> str:
    """The page that makes the first administrator."""
    fields = [
        _HIDDEN.format("token", token),
        _field("user_name", "User name", value=user_name, autocomplete="username", has_focus=True),
        *_new_password("Password"),
    ]
    note = "You will be the first administrator. This page works once."
    return _page("Welcome", _said(problem, note) + _form(fields, "Begin"))


def account(*, user_name: str, role: str, root: str, problem: str = "", note: str = "") -> str:
    """The page of one's own account: another password, and signing out."""
    fields = [
        _HIDDEN.format("user_name", user_name),
        _field("old_password", "Password now", "password", autocomplete="current-password"),
        *_new_password("New password"),
    ]
    who = f"You are signed in as {user_name}, {role}."
    body = _said(problem, note or who) + _form(fields, "Change password") + _SIGN_OUT.format(root)
    return _page("Your account", body + _BACK.format(root))


def demo_account(
    *, user_name: str, role: str, root: str, next_return: datetime, may_return: bool, problem: str = ""
) -> str:
    """The page of a demo account: what it is, signing out, and for administrators the way back at once."""
    note = (
        f"You are signed in as {user_name}, {role}, with everybody else who looks around in this role. "
        f"At {_moment(next_return)} everything goes back to how it was, and everybody is signed out."
    )
    back = _RETURN.format(root) if may_return else Markup("")
    return _page("Your account", _said(problem, note) + back + _SIGN_OUT.format(root) + _BACK.format(root))


def _moment(when: datetime) -> str:
    return f"{when:%H:%M} UTC on {when.day} {when:%B}"


def _new_password(label: str) -> list[Markup]:
    return [
        _field("password", label, "password", autocomplete="new-password"),
        _field("repeated", f"{label}, once more", "password", autocomplete="new-password"),
    ]


def _field(
    name: str,
    label: str,
    kind: str = "text",
    *,
    value: str = "",
    autocomplete: str = "",
    has_focus: bool = False,
) -> Markup:
    focus = Markup(" autofocus") if has_focus else ""
    return _FIELD.format(
        name=name, label=label, kind=kind, value=value, autocomplete=autocomplete, focus=focus
    )


def _form(fields: Sequence[Markup], button: str) -> Markup:
    return _FORM.format(fields=Markup("").join(fields), button=button)


def _said(problem: str, note: str = "") -> Markup:
    return (_PROBLEM.format(problem) if problem else Markup("")) + (
        _NOTE.format(note) if note else Markup("")
    )


def _page(title: str, body: Markup) -> str:
    return str(_PAGE.format(title=title, style=_STYLE, body=body))
