"""What a folder's files mean: which file feeds which target, and which column feeds which field."""

import tomllib
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from loader.errors import FolderError, MappingError, MissingColumnsError, UnreadableFileError

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
    "stores": _target("source_key country", "state area_m2 opened_on"),
    "products": _target(
        "source_key name unit_price subcategory category",
        "brand color unit_cost subcategory_key category_key",
    ),
    "customers": _target(
        "source_key name",
        "gender birth_date email phone street city state_code state postal_code country continent",
    ),
    "sales": _target(
        "order_number line_number order_date store_key product_key quantity",
        "delivered_on customer_key currency_code",
    ),
    "stock": _target("store_key product_key quantity"),
}


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What one kind of file means: file name pattern, and by field the header of its column."""

    target: str
    pattern: str
    columns: ReadOnlyMapping[str, str]


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a source system's files mean. `base_currency` is that of prices, costs and rates."""

    source_system: str
    company_name: str
    base_currency: str
    files: tuple[FileMapping, ...]

    def files_in(self, folder: Path) -> tuple[list[tuple[FileMapping, Path]], list[str]]:
        """The folder's files that are understood, by target, and the names of the others.

        Raises FolderError where nothing is understood.
        """
        if not folder.is_dir():
            raise FolderError(f"There is no folder {folder}.")
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        found = [
            (mapped, path)
            for mapped in self.files
            for path in paths
            if fnmatchcase(folded(path.name), folded(mapped.pattern))
        ]
        if not found:
            wanted = ", ".join(mapped.pattern for mapped in self.files)
            raise FolderError(f"{folder} holds none of the files {wanted}.")
        understood = {path for _, path in found}
        return found, [path.name for path in paths if path not in understood]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file's cells go: by field the place of its cell in a row, and the headers that feed nothing."""

    places: ReadOnlyMapping[str, int]
    unread: tuple[str, ...]


def match_columns(mapped: FileMapping, file_name: str, header: tuple[str, ...]) -> Columns:
    """Find the mapped columns in a file's header.

    Raises MissingColumnsError, which names the missing columns and those found, and UnreadableFileError for a
    header that has a mapped column twice.
    """
    headers = [folded(name) for name in header]
    wanted = {field: folded(name) for field, name in mapped.columns.items()}
    if twice := sorted({header[headers.index(name)] for name in wanted.values() if headers.count(name) > 1}):
        raise UnreadableFileError(f"{file_name} has two columns {twice[0]}: rename or remove one.")
    required = TARGETS[mapped.target].required
    missing = [
        mapped.columns[field] for field, name in wanted.items() if field in required and name not in headers
    ]
    if missing:
        raise MissingColumnsError(
            f"{file_name} lacks the columns {', '.join(missing)}. It has {', '.join(header)}."
        )
    places = {field: headers.index(name) for field, name in wanted.items() if name in headers}
    return Columns(places, tuple(name for place, name in enumerate(header) if place not in places.values()))


def folded(name: str) -> str:
    """A file's or column's name without case, spaces, underscores and hyphens."""
    return "".join(letter for letter in name.casefold() if letter not in " _-\t\N{NO-BREAK SPACE}")


def read_mapping(path: Path = DEFAULT_MAPPING) -> Mapping:
    """Read a mapping from its TOML file. Raises MappingError, which says what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        files = tuple(
            _file_mapping(target, section) for target, section in content.items() if isinstance(section, dict)
        )
        return Mapping(content["source_system"], content["company_name"], content["base_currency"], files)
    except KeyError as error:
        raise MappingError(f"{path.name} does not say {error}.") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path.name}: {error}.") from error


def _file_mapping(target: str, section: dict[str, Any]) -> FileMapping:
    if target not in TARGETS:
        raise MappingError(f"There is no target {target}; there are {', '.join(TARGETS)}.")
    columns: dict[str, str] = section["columns"]
    if unknown := columns.keys() - set(TARGETS[target].fields):
        raise MappingError(f"The target {target} has no field {', '.join(sorted(unknown))}.")
    if missing := TARGETS[target].required - columns.keys():
        raise MappingError(f"The target {target} needs a column for {', '.join(sorted(missing))}.")
    return FileMapping(target, section["file"], columns)
