"""How the app writes its log: lines for people, or one JSON object a line for programs."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg

LogFormat = Literal["text", "json"]


class JsonFormatter(logging.Formatter):
    """One JSON object a record: the facts it carries, else its message.

    Of an exception its kind, the rule that was broken and the places in the code are told, and not its message, which may
    name customers.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        facts = getattr(record, "facts", None)
        told |= (
            facts
            if facts is not None
            else {"event": "log", "logger": record.name, "message": record.getMessage()}
        )
        if record.exc_info and record.exc_info[1] is not None:
            told["exception"] = _described(record.exc_info[1])
        return json.dumps({name: value for name, value in told.items() if value is not None}, default=str)


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, Any] = {
        "kind": type(error).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, psycopg.Error):
        told |= {"sqlstate": error.sqlstate, "rule": error.diag.constraint_name}
    return told


def set_up(log_format: LogFormat) -> None:
    """Log warnings to stderr as lines for people, or everything that happens to stdout as JSON."""
    if log_format == "text":
        logging.basicConfig(
            level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
        )
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("crpm").setLevel(logging.INFO)
