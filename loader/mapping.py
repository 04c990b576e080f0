"""What a folder's files mean: which files feed which target, and what feeds each of its fields."""

import re
import tomllib
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from loader.errors import FolderError, MappingError, MissingColumnsError, UnreadableFileError
from loader.expressions import (
    Constant,
    Expression,
    WrongExpressionError,
    headers_in,
    lookup_in,
    parse,
)
from loader.headers import folded

DEFAULT_MAPPING = Path(__file__).parent / "mappings" / "global_electronics.toml"


@dataclass(frozen=True, slots=True)
class Target:
    """A staging table: its fields in the table's order, and those it cannot do without."""

    fields: tuple[str, ...]
    required: frozenset[str]


def _target(required: str, optional: str = "") -> Target:
    return Target((*required.split(), *optional.split()), frozenset(required.split()))


TARGETS: dict[str, Target] = {
    "rates": _target("rate_date currency_code units_per_base"),
    "stores": _target("source_key country", "state area_m2 opened_on name"),
    "products": _target(
        "source_key name unit_price subcategory category",
        "brand color unit_cost subcategory_key category_key",
    ),
    "customers": _target(
        "source_key name",
        "gender birth_date email phone street city state_code state postal_code country continent",
    ),
    "sales": _target(
        "order_number order_date store_key product_key quantity",
        "line_number delivered_on customer_key currency_code unit_price line_amount",
    ),
    "stock": _target("store_key product_key quantity"),
    # Its line is told by line_number or product_key.
    "returns": _target(
        "order_number quantity returned_on",
        "line_number product_key store_key reason refund_amount source_key",
    ),
}
NAMES = ("source_system", "company_name", "base_currency")
KEYS_OF_A_MAPPING = (*NAMES, "may_lack_columns", "lookups", *TARGETS)
KEYS_OF_A_LOOKUP = ("files", "key", "by")


@dataclass(frozen=True, slots=True)
class LookupMapping:
    """Another file of the folder whose rows are found by a key.

    `by` says what a row that asks has as the key, which is in the column `key` of the looked up file.
    """

    name: str
    patterns: tuple[str, ...]
    key: str
    by: Expression


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What one kind of file means: patterns of its files' names, and by field what feeds it.

    `origin` is the mapping's name for messages, empty for the one that comes along, whose files
    `may_lack_columns` of fields that are not required.
    """

    target: str
    patterns: tuple[str, ...]
    fields: ReadOnlyMapping[str, Expression]
    lookups: ReadOnlyMapping[str, LookupMapping] = field(default_factory=dict)
    may_lack_columns: bool = False
    origin: str = ""

    def headers_of(self, name: str) -> list[str]:
        """The columns of its own file that a field needs, those that hold the keys of its lookups among them."""
        return list(_headers_needed(self.fields[name], self.lookups))

    @property
    def headers(self) -> set[str]:
        """The columns of its own file that all of its fields need."""
        return {header for name in self.fields for header in self.headers_of(name)}


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a source system's files mean. `base_currency` is that of prices, costs and rates."""

    source_system: str
    company_name: str
    base_currency: str
    files: tuple[FileMapping, ...]
    lookups: ReadOnlyMapping[str, LookupMapping]

    def files_in(self, folder: Path) -> tuple[list[tuple[FileMapping, Path]], list[str]]:
        """The folder's files that are understood, by target, and the names of the others.

        Raises FolderError where nothing is understood.
        """
        if not folder.is_dir():
            raise FolderError(f"There is no folder {folder}.")
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        found = [(mapped, path) for mapped in self.files for path in in_order(paths, mapped.patterns)]
        if not found:
            wanted = ", ".join(pattern for mapped in self.files for pattern in mapped.patterns)
            raise FolderError(f"{folder} holds none of the files {wanted}.")
        understood = {path for _, path in found}
        understood |= {path for path in paths for x in self.lookups.values() if matches(path, x.patterns)}
        return found, [path.name for path in paths if path not in understood]

    def patterns_without_files(self, folder: Path) -> list[tuple[str, str]]:
        """Targets and patterns of file names that no file of the folder has."""
        paths = [path for path in folder.iterdir() if path.is_file()]
        return [
            (mapped.target, pattern)
            for mapped in self.files
            for pattern in mapped.patterns
            if not any(matches(path, (pattern,)) for path in paths)
        ]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file's cells are: the place in a row by column as the mapping calls it.

    `fields` are the fields that the file can feed, `unread` its headers that feed nothing.
    """

    places: ReadOnlyMapping[str, int]
    fields: tuple[str, ...]
    unread: tuple[str, ...]


def match_columns(mapped: FileMapping, file_name: str, header: tuple[str, ...]) -> Columns:
    """Find the mapped columns in a file's header.

    Raises MissingColumnsError, which names the missing columns and those found, and UnreadableFileError for a
    header that has a mapped column twice.
    """
    headers = [folded(name) for name in header]
    needed = {name: mapped.headers_of(name) for name in mapped.fields}
    wanted = {column: folded(column) for columns in needed.values() for column in columns}
    if twice := sorted({header[headers.index(name)] for name in wanted.values() if headers.count(name) > 1}):
        raise UnreadableFileError(f"{file_name} has two columns {twice[0]}: rename or remove one.")
    lacking = {column for column, name in wanted.items() if name not in headers}
    required = TARGETS[mapped.target].required if mapped.may_lack_columns else needed.keys()
    missing: dict[str, str] = {}
    for name, columns in needed.items():
        for column in columns if name in required else ():
            if column in lacking:
                missing.setdefault(column, name)
    fed = tuple(name for name, columns in needed.items() if not lacking.intersection(columns))
    if mapped.target == "returns" and not {"line_number", "product_key"}.intersection(fed):
        missing |= {needed[name][0]: name for name in ("line_number", "product_key") if name in needed}
    if missing:
        raise MissingColumnsError(_about_missing(mapped, file_name, missing, header))
    places = {column: headers.index(name) for column, name in wanted.items() if column not in lacking}
    unread = tuple(name for place, name in enumerate(_without_blanks(header)) if place not in places.values())
    return Columns(places, fed, unread)


def _without_blanks(header: tuple[str, ...]) -> list[str]:
    return [name or f"column {place} without a name" for place, name in enumerate(header, start=1)]


def _about_missing(
    mapped: FileMapping, file_name: str, missing: dict[str, str], header: tuple[str, ...]
) -> str:
    found = f"It has {', '.join(_without_blanks(header))}."
    if not mapped.origin:
        return f"{file_name} lacks the columns {', '.join(missing)}. {found}"
    asked = ", ".join(f"{column} (for {name})" for column, name in missing.items())
    return f"{mapped.origin}, {mapped.target}: {file_name} lacks the columns {asked}. {found}"


def in_order(paths: list[Path], patterns: tuple[str, ...]) -> list[Path]:
    """The files that are called by one of the patterns, each once, in the order of the patterns."""
    return list(dict.fromkeys(path for pattern in patterns for path in paths if matches(path, (pattern,))))


def matches(path: Path, patterns: tuple[str, ...]) -> bool:
    """Whether a file is called by one of the patterns, by its own name or by that of the CSV file it stands for."""
    # What Excel writes beside a file that is open is no table.
    if path.name.startswith("~$"):
        return False
    names = {folded(path.name), folded(as_csv_name(path.name))}
    # Of the signs of patterns only * and ? are meant: brackets stand in names of files.
    return any(
        fnmatchcase(name, folded(pattern).replace("[", "[[]")) for name in names for pattern in patterns
    )


def as_csv_name(name: str) -> str:
    """The name of the CSV file that a compressed one or an Excel file stands for: Sales.csv for Sales.xlsx.

    Sales.xlsx.csv stands for it too: it holds rejected rows of Sales.xlsx where Sales.csv has some of its own.
    """
    return re.sub(r"(\.csv\.gz|\.xlsx)(\.csv)?$", ".csv", name, flags=re.IGNORECASE)


def read_mapping(path: Path = DEFAULT_MAPPING) -> Mapping:
    """Read a mapping from its TOML file. Raises MappingError, which says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path.name} is no UTF-8 text: save it as UTF-8.") from error
    return understand_mapping(text, path.name, is_own=path != DEFAULT_MAPPING)


def understand_mapping(text: str, name: str, *, is_own: bool) -> Mapping:
    """The mapping that a text in TOML means. `name` is for messages. Raises MappingError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{name} is no TOML: {error}.") from error
    if unknown := [key for key in content if key not in KEYS_OF_A_MAPPING]:
        raise MappingError(f"{name}: there is no {unknown[0]}; there are {', '.join(KEYS_OF_A_MAPPING)}.")
    for key in NAMES:
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise MappingError(f'{name} does not say {key}: add a line such as {key} = "{EXAMPLES[key]}".')
    may_lack = content.get("may_lack_columns", False)
    if not isinstance(may_lack, bool):
        raise MappingError(f"{name}: may_lack_columns is true or false.")
    lookups = _lookups(name, content.get("lookups", {}))
    files = tuple(
        _file_mapping(name, target, content[target], content["base_currency"], lookups)
        for target in content
        if target in TARGETS
    )
    if not files:
        raise MappingError(
            f"{name} maps nothing: add one of {', '.join(f'[{target}]' for target in TARGETS)}."
        )
    origin = name if is_own else ""
    files = tuple(replace(x, lookups=lookups, may_lack_columns=may_lack, origin=origin) for x in files)
    source_system, company_name, base_currency = (content[key] for key in NAMES)
    return Mapping(source_system, company_name, base_currency, files, lookups)


EXAMPLES = {"source_system": "shop-system", "company_name": "My Company", "base_currency": "USD"}


def _file_mapping(
    origin: str, target: str, section: Any, base_currency: str, lookups: dict[str, LookupMapping]
) -> FileMapping:
    where = f"{origin}, {target}"
    if not isinstance(section, dict):
        raise MappingError(f"{where}: it must be a section, which begins with [{target}].")
    known = TARGETS[target]
    if unknown := [key for key in section if key not in ("files", *known.fields)]:
        raise MappingError(
            f"{where}: there is no field {', '.join(unknown)}; there are files and {', '.join(known.fields)}."
        )
    patterns = _patterns(where, section)
    fields = {
        name: _expression(f"{where}, {name}", section[name], lookups)
        for name in known.fields
        if name in section
    }
    if missing := [name for name in known.fields if name in known.required and name not in fields]:
        raise MappingError(f"{where}: it must say what feeds {', '.join(missing)}.")
    if target == "returns" and not fields.keys() & {"line_number", "product_key"}:
        raise MappingError(f"{where}: it must say what feeds line_number or product_key.")
    if target == "sales":
        if fields.keys() >= {"unit_price", "line_amount"}:
            raise MappingError(
                f"{where}: unit_price and line_amount both say what was charged; leave out one of them."
            )
        # Without any word of a currency, what was charged is counted as the prices are.
        fields.setdefault("currency_code", Constant(base_currency))
    return FileMapping(target, patterns, fields)


def _lookups(origin: str, sections: Any) -> dict[str, LookupMapping]:
    if not isinstance(sections, dict):
        raise MappingError(f"{origin}: lookups are sections, each of which begins with [lookups.NAME].")
    lookups: dict[str, LookupMapping] = {}
    for name, section in sections.items():
        where = f"{origin}, lookups.{name}"
        if not isinstance(section, dict):
            raise MappingError(f"{where}: it must be a section, which begins with [lookups.{name}].")
        if unknown := [key for key in section if key not in KEYS_OF_A_LOOKUP]:
            raise MappingError(f"{where}: there is no {unknown[0]}; there are {', '.join(KEYS_OF_A_LOOKUP)}.")
        key = section.get("key")
        if not isinstance(key, str) or not key.strip():
            raise MappingError(f'{where}: key must be the column that holds the key, such as key = "ID".')
        by = _expression(f"{where}, by", section.get("by", {"column": key}), sections)
        lookups[name] = LookupMapping(name, _patterns(where, section), key, by)
    for name in lookups:
        _refuse_circle(origin, lookups, name)
    return lookups


def _refuse_circle(origin: str, lookups: dict[str, LookupMapping], first: str) -> None:
    way = [first]
    while asked := lookup_in(lookups[way[-1]].by):
        way.append(asked.lookup)
        if asked.lookup in way[:-1]:
            raise MappingError(
                f"{origin}, lookups.{first}, by: the lookups go in a circle: {' needs '.join(way)}. "
                "One of them must take its key from a column."
            )


def _expression(where: str, written: object, lookups: ReadOnlyMapping[str, object]) -> Expression:
    try:
        expression = parse(written)
    except WrongExpressionError as error:
        raise MappingError(f"{where}: {error}.") from error
    if (asked := lookup_in(expression)) and asked.lookup not in lookups:
        there_are = f"there are {', '.join(lookups)}" if lookups else "there are none"
        raise MappingError(
            f"{where}: there is no lookup {asked.lookup}; {there_are}. A lookup is a section [lookups.{asked.lookup}]."
        )
    return expression


def _patterns(where: str, section: dict[str, Any]) -> tuple[str, ...]:
    files = section.get("files")
    patterns = [files] if isinstance(files, str) else files
    if (
        not isinstance(patterns, list)
        or not patterns
        or not all(isinstance(pattern, str) and folded(pattern) for pattern in patterns)
    ):
        raise MappingError(
            f'{where}: files must be the name of a file, such as files = "Sales.csv" or "Sales_*.csv", '
            'or several: files = ["Sales_2019.csv", "Sales_2020.csv"].'
        )
    if outside := [pattern for pattern in patterns if "/" in pattern or "\\" in pattern]:
        raise MappingError(
            f"{where}: {outside[0]} names a folder; files are looked for in the loaded folder only."
        )
    return tuple(patterns)


def _headers_needed(expression: Expression, lookups: ReadOnlyMapping[str, LookupMapping]) -> list[str]:
    asked = lookup_in(expression)
    return _headers_needed(lookups[asked.lookup].by, lookups) if asked else list(headers_in(expression))
