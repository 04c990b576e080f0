"""What a mapping says about a field: a column, text made of columns, a constant, part of a column, or a lookup."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from typing import TypeAlias

COLUMN_IN_BRACES = re.compile(r"\{([^{}]+)\}")
FORMS = (
    'a column ("Name"), text with columns in braces ("{First} {Last}"), { constant = "..." }, '
    '{ column = "..." }, { column = "...", split = "-", part = 1 } or { lookup = "...", column = "..." }'
)
KEYS_OF_A_FORM = frozenset({"constant", "column", "split", "part", "lookup"})


class WrongExpressionError(ValueError):
    """What is written for a field has no meaning; the message says why."""


class NoMatchError(Exception):
    """A lookup has no row of the key that a row asks for; the message says which."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cell of a column."""

    header: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text with columns in it, such as "{First} {Last}"."""

    template: str


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row."""

    text: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A column of the row that a lookup finds in another file."""

    lookup: str
    header: str


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between separators; parts count from 1, and from the end with -1."""

    whole: Column | LookedUp
    separator: str
    number: int


Expression: TypeAlias = Column | Text | Constant | LookedUp | Part
Evaluate: TypeAlias = Callable[[list[str]], str]


def parse(written: object) -> Expression:
    """Understand what a mapping says about a field. Raises WrongExpressionError."""
    if isinstance(written, str) and written.strip():
        if not set(written) & set("{}"):
            return Column(written)
        if set(COLUMN_IN_BRACES.sub("", written)) & set("{}") or not COLUMN_IN_BRACES.search(written):
            raise WrongExpressionError(
                f'the braces of "{written}" do not match up; a column whose name has braces is '
                '{ column = "..." }'
            )
        return Text(written)
    if not isinstance(written, dict) or not written:
        raise WrongExpressionError(f"{written!r} is none of these: {FORMS}")
    if unknown := sorted(written.keys() - KEYS_OF_A_FORM):
        raise WrongExpressionError(f"it says {', '.join(unknown)}, and must be {FORMS}")
    if "constant" in written:
        return _constant(written)
    header = _text(written, "column")
    whole = LookedUp(_text(written, "lookup"), header) if "lookup" in written else Column(header)
    if not written.keys() & {"split", "part"}:
        return whole
    number = written.get("part")
    if not isinstance(number, int) or isinstance(number, bool) or number == 0:
        raise WrongExpressionError("part must be 1, 2, 3 ... from the beginning, or -1, -2 ... from the end")
    separator = written.get("split")
    if not isinstance(separator, str) or not separator:
        raise WrongExpressionError('split must be the text that separates the parts, such as "-"')
    return Part(whole, separator, number)


def _constant(written: dict[str, object]) -> Constant:
    value = written["constant"]
    if len(written) > 1:
        raise WrongExpressionError("a constant has nothing beside it")
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise WrongExpressionError("constant must be text or a whole number")
    return Constant(str(value))


def _text(written: dict[str, object], key: str) -> str:
    value = written.get(key)
    if not isinstance(value, str) or not value.strip():
        raise WrongExpressionError(f"{key} must be a name in quotes; a field is {FORMS}")
    return value


def headers_in(expression: Expression) -> Iterator[str]:
    """The columns of a row's own file that an expression takes cells from; a lookup's key is not among them."""
    match expression:
        case Column(header) | Part(Column(header)):
            yield header
        case Text(template):
            yield from COLUMN_IN_BRACES.findall(template)


def lookup_in(expression: Expression) -> LookedUp | None:
    """The lookup that an expression asks, if any."""
    match expression:
        case LookedUp() as found:
            return found
        case Part(LookedUp() as found):
            return found
    return None


def name_of(expression: Expression) -> str:
    """What messages call an expression."""
    whole = expression.whole if isinstance(expression, Part) else expression
    match whole:
        case Column(header):
            return header
        case LookedUp(lookup, header):
            return f"{header} ({lookup})"
        case Text(template):
            return template
        case Constant(text):
            return f'constant "{text}"'


def evaluator(
    expression: Expression, places: ReadOnlyMapping[str, int], lookups: ReadOnlyMapping[LookedUp, Evaluate]
) -> int | Evaluate:
    """How to get an expression's value out of a row's cells: the place of its cell, or a function of all cells.

    `places` has the place of each header of headers_in, `lookups` the function of each lookup. The function raises
    NoMatchError where a lookup has no such key.
    """
    match expression:
        case Column(header):
            return places[header]
        case Constant(text):
            return lambda cells: text
        case LookedUp():
            return lookups[expression]
        case Text(template):
            return _filled(template, places)
    get = as_function(evaluator(expression.whole, places, lookups))
    index = expression.number - 1 if expression.number > 0 else expression.number
    return lambda cells: _part(get(cells), expression.separator, index)


def as_function(value: int | Evaluate) -> Evaluate:
    """A place as a function of a row's cells, as other values are."""
    if isinstance(value, int):
        place = value
        return lambda cells: cells[place]
    return value


def _part(text: str, separator: str, index: int) -> str:
    parts = text.split(separator)
    return parts[index] if -len(parts) <= index < len(parts) else ""


def _filled(template: str, places: ReadOnlyMapping[str, int]) -> Evaluate:
    # Text and columns in turn: text stands at even places.
    pieces = COLUMN_IN_BRACES.split(template)
    texts, cells_at = pieces[::2], [places[header] for header in pieces[1::2]]

    def fill(cells: list[str]) -> str:
        found = [cells[place].strip() for place in cells_at]
        if not any(found):
            return ""
        joined = texts[0] + "".join(cell + text for cell, text in zip(found, texts[1:], strict=True))
        # An empty middle name leaves no second blank behind.
        return " ".join(joined.split())

    return fill
