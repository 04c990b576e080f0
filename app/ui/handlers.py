"""What every handler of a screen is wrapped in: errors become a message, never a broken page."""

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any, ParamSpec

import gradio as gr

from app.errors import CrpmError

log = logging.getLogger(__name__)
P = ParamSpec("P")


def guarded(handler: Callable[P, Any]) -> Callable[P, Any]:
    """Show what a person can be told as a toast and leave the page as it is.

    Anything else is logged under an id that the toast names. Toasts need a queued event.
    """

    @wraps(handler)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return handler(*args, **kwargs)
        except CrpmError as error:
            # A toast shows markup; names in a message are text.
            gr.Warning(escape(str(error)))
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s in %s", incident, handler.__qualname__)
            gr.Warning(f"Something went wrong, and nothing was saved. Mention {incident} when you report it.")
        return gr.skip()

    return wrapper
