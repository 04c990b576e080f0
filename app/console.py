"""The SQL console: what somebody typed is run, and an answer or an error that points at its place comes back."""

import csv
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from app.documents.tables import without_formula
from app.errors import StatementError, UnavailableError
from db.console import (
    Caller,
    Console,
    HarmfulFunctionError,
    ReadableColumn,
    RefusedError,
    ResultColumn,
    Row,
    TooManyRunsError,
)
from db.pool import Role

# Who may use it; crpm.console_runs takes no note of anybody else's statements.
WHO_MAY_ASK: frozenset[Role] = frozenset({"crpm_analyst", "crpm_manager", "crpm_admin"})
SHOWN_ROWS = 500
# A download may take longer than a page, but not hold its connection for ever.
DOWNLOAD_SECONDS = 900
_PAGE_ROWS = 1_000
_LONGEST_TEXT = 100_000
_EXCERPT = 100

_BEGINNING = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(\w+)", re.DOTALL)
_QUERIES = {"select", "with", "values", "table"}
_ONE_QUERY = "The console runs one query that only reads: SELECT, WITH, VALUES or TABLE."
_MAY_READ = "The console reads what stands in the schema beside it: nothing that names a person, and it changes nothing."


@dataclass(frozen=True, slots=True)
class Answer:
    """The first rows of a result; `has_more` says that there are others."""

    columns: list[ResultColumn]
    rows: list[Row]
    has_more: bool
    seconds: float


class SqlConsole:
    """Runs statements for people. Everything it raises is a CrpmError."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def run(self, text: str, caller: Caller) -> Answer:
        """Run a statement and give its first rows."""
        began = time.perf_counter()
        with self._told(text), self._console.open(_checked(text), caller) as result:
            rows = result.fetch(SHOWN_ROWS + 1)
            # Long rows end a page earlier.
            has_more = len(rows) > SHOWN_ROWS or bool(result.fetch(1))
            return Answer(result.columns, rows[:SHOWN_ROWS], has_more, time.perf_counter() - began)

    def explain(self, text: str, caller: Caller, *, is_run: bool) -> list[str]:
        """The lines of a statement's plan; with `is_run`, what running it took."""
        with self._told(text):
            return self._console.explain(_checked(text), caller, is_run=is_run)

    def csv(self, text: str, caller: Caller) -> Iterator[bytes]:
        """Run a statement and give all its rows as CSV, as `app.documents.tables` writes it, page by page.

        The first part comes once the statement has been understood. What fails later breaks the download off.
        """
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        with self._told(text), self._console.open(_checked(text), caller) as result:
            are_numbers = [column.is_number for column in result.columns]
            yield b"\xef\xbb\xbf" + _csv([[without_formula(column.name) for column in result.columns]])
            while page := result.fetch(_PAGE_ROWS):
                yield _csv([_plain(row, are_numbers) for row in page])
                if time.monotonic() > deadline:
                    raise StatementError(f"The download took longer than {DOWNLOAD_SECONDS // 60} minutes.")

    def cancel(self, caller: Caller) -> int:
        """End what this caller has running; how many statements that were."""
        return self._console.cancel(caller)

    def readable_columns(self, caller: Caller) -> list[ReadableColumn]:
        """What statements can read."""
        with self._told(""):
            return self._console.readable_columns(caller)

    @contextmanager
    def _told(self, text: str) -> Iterator[None]:
        try:
            yield
        except RefusedError as error:
            raise self._refused(text, error) from error
        except HarmfulFunctionError as error:
            raise StatementError(
                f"The console does not run texts with {error.name} in them, not even in quotes or comments.",
                pointer=_pointer(text, error.place),
            ) from error
        except TooManyRunsError as error:
            raise StatementError(
                "Two of your statements are running. Wait for one, or cancel it."
                if error.is_own
                else "Others are running as many statements as the console can. Try again in a moment."
            ) from error
        except PoolTimeout as error:
            raise UnavailableError from error

    def _refused(self, text: str, error: RefusedError) -> StatementError | UnavailableError:
        cause, diag = error.cause, error.cause.diag
        if isinstance(cause, psycopg.errors.QueryCanceled):
            return StatementError(
                "Cancelled."
                if error.is_cancelled
                else f"Stopped after {self._console.seconds:g} seconds. Ask for less: fewer days, one store, fewer joined rows."
            )
        if diag.message_primary is None:
            return UnavailableError()
        hints = [diag.message_detail, diag.message_hint, _advice(text, error)]
        return StatementError(
            diag.message_primary[:1].upper() + diag.message_primary[1:],
            pointer="" if error.place is None else _pointer(text, error.place),
            hints=[hint for hint in hints if hint],
        )


def _checked(text: str) -> str:
    """The text, where it can be sent as it stands."""
    if not text.strip():
        raise StatementError("Type a query first, such as SELECT * FROM analytics.headline")
    if len(text) > _LONGEST_TEXT:
        raise StatementError(
            f"A statement may have {_LONGEST_TEXT:,} characters; this one has {len(text):,}."
        )
    for place, character in enumerate(text):
        # The server would take the text to end there, or could not read it.
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise StatementError(
                "A character here cannot be sent to the database. Delete it.", pointer=_pointer(text, place)
            )
    return text


def _advice(text: str, error: RefusedError) -> str:
    cause = error.cause
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return _MAY_READ
    if isinstance(cause, psycopg.errors.LockNotAvailable):
        return "A load is at work on this table. Try again when it is done."
    beginning = _BEGINNING.match(text)
    is_query = beginning is not None and beginning[1].lower() in _QUERIES
    is_misplaced = isinstance(cause, psycopg.errors.SyntaxError) and (error.place is None or not is_query)
    refusals = (psycopg.errors.FeatureNotSupported, psycopg.errors.ReadOnlySqlTransaction)
    return _ONE_QUERY if is_misplaced or isinstance(cause, refusals) else ""


def _pointer(text: str, place: int) -> str:
    """Line and column of a place in a text, and below them the line with a caret under the place."""
    place = min(place, len(text))
    begin = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = text[begin : end if end >= 0 else len(text)].replace("\t", " ").rstrip("\r")
    column = place - begin
    cut = max(0, column - _EXCERPT // 2)
    shown = line[cut : cut + _EXCERPT].encode(errors="replace").decode()
    number = text.count("\n", 0, place) + 1
    return f"Line {number}, column {column + 1}:\n{shown}\n{' ' * (column - cut)}^"


def _plain(row: Row, are_numbers: list[bool]) -> list[str]:
    return [
        "" if value is None else value if is_number else without_formula(value)
        for value, is_number in zip(row, are_numbers, strict=True)
    ]


def _csv(rows: list[list[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
