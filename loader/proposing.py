"""Proposes a mapping for a folder of files, from the names of files and columns and from what stands in them."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loader.errors import FolderError, LoadError
from loader.expressions import Column, Expression, LookedUp, Text
from loader.headers import folded
from loader.mapping import TARGETS, LookupMapping, match_columns, matches, read_mapping
from loader.profiles import ColumnProfile, FileProfile, profile_folder
from loader.reading import inspect

SYNONYMS: dict[str, dict[str, list[str]]] = {
    target: {name: [folded(alias) for alias in aliases] for name, aliases in names.items()}
    for target, names in tomllib.loads(
        Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8")
    ).items()
}
KINDS = {
    **dict.fromkeys(
        ("rate_date", "order_date", "delivered_on", "returned_on", "birth_date", "opened_on"), "date"
    ),
    **dict.fromkeys(
        ("units_per_base", "area_m2", "unit_price", "unit_cost", "quantity", "line_amount", "refund_amount"),
        "number",
    ),
    "line_number": "number",
    "email": "email",
}
MASTERS = {"customer_key": "customers", "store_key": "stores", "product_key": "products"}
CURRENCY_BEHIND = re.compile(r"[ _(]+(USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR|BRL|MXN)\)?$")
CALLED_A_KEY = ("key", "id", "code", "no", "number", "nr")
CALLED_A_NAME = ("name", "title", "description")


@dataclass(frozen=True, slots=True)
class Fed:
    """What is proposed for a field, and why it is only a guess; no remark where it is sure."""

    expression: Expression
    remark: str = ""


@dataclass(slots=True)
class Section:
    """What is proposed for a target: files of one form, and what feeds its fields."""

    target: str
    files: list[FileProfile]
    fed: dict[str, Fed] = field(default_factory=dict)
    lookups: dict[str, LookupMapping] = field(default_factory=dict)
    reached: list[LookedUp] = field(default_factory=list)

    @property
    def columns(self) -> tuple[ColumnProfile, ...]:
        """The columns of its first file, which stand for those of all."""
        return self.files[0].usable

    @property
    def gaps(self) -> list[str]:
        """Fields that the target cannot do without and that nothing feeds."""
        gaps = [
            name for name in TARGETS[self.target].fields if name in self.required and name not in self.fed
        ]
        if self.target == "returns" and not self.fed.keys() & {"line_number", "product_key"}:
            gaps.append("line_number")
        return gaps

    @property
    def required(self) -> frozenset[str]:
        """The fields that the target cannot do without."""
        return TARGETS[self.target].required

    def unused(self) -> list[ColumnProfile]:
        """Columns that feed nothing yet."""
        used = {x.expression.header for x in self.fed.values() if isinstance(x.expression, Column)}
        texts = [x.expression.template for x in self.fed.values() if isinstance(x.expression, Text)]
        return [
            column
            for column in self.columns
            if column.header not in used and not any(f"{{{column.header}}}" in text for text in texts)
        ]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Sections by target, and the files that feed none, by name with the reason."""

    folder: Path
    sections: dict[str, Section]
    left_alone: dict[str, str]


def propose(folder: Path) -> Proposal:
    """Propose what a folder's files mean. Raises FolderError where it is none or has no file with columns."""
    if not folder.is_dir():
        raise FolderError(f"There is no folder {folder}.")
    profiles, left_alone = profile_folder(folder)
    if not profiles:
        raise FolderError(f"{folder} holds no file with rows and columns.")
    forms: dict[tuple[object, ...], list[FileProfile]] = {}
    for profile in profiles:
        forms.setdefault((_is_of_returns(profile), *profile.form), []).append(profile)
    candidates = [(files, _sections_of(files)) for files in forms.values()]
    sections = _choose(candidates)
    for section in sections.values():
        _look_at_keys(section, sections)
    used = {profile.name for section in sections.values() for profile in section.files}
    used |= {
        pattern for section in sections.values() for x in section.lookups.values() for pattern in x.patterns
    }
    for profile in profiles:
        if profile.name not in used:
            left_alone.setdefault(profile.name, _why_left(profile, candidates))
    return Proposal(folder, sections, left_alone)


def _is_of_returns(profile: FileProfile) -> bool:
    """Whether a file is called so: its columns may be those of sales."""
    return any(word in folded(profile.name) for word in SYNONYMS["returns"]["words"])


def _why_left(profile: FileProfile, candidates: list[tuple[list[FileProfile], list[Section]]]) -> str:
    for files, sections in candidates:
        if profile in files and sections:
            return f"it looks like {sections[0].target} too, but has other columns"
    if _is_of_returns(profile):
        return "a return belongs to an order, and no column of it is called like the number of one"
    return "it looks like none of these"


def is_understood_already(proposal: Proposal) -> bool:
    """Whether the mapping that comes along understands every file of the folder that looks like something."""
    default = read_mapping()
    try:
        found, _ = default.files_in(proposal.folder)
        for mapped, path in found:
            match_columns(mapped, path.name, inspect(path, mapped.headers).header)
    except LoadError:
        return False
    names = {path.name for _, path in found}
    return all(profile.name in names for section in proposal.sections.values() for profile in section.files)


def _sections_of(files: list[FileProfile]) -> list[Section]:
    """The targets that files of one form may feed by their own columns, the likeliest first."""
    found = []
    for target, words in SYNONYMS.items():
        if (target == "returns") is not _is_of_returns(files[0]):
            continue
        section = Section(target, files)
        _feed_by_name(section)
        if target == "returns" and "order_number" not in section.fed:
            continue
        known = len(section.required & section.fed.keys())
        is_called_so = any(word in folded(files[0].path.stem) for word in words["words"])
        if (
            known * 2 >= len(section.required)
            if is_called_so
            else known >= max(3, len(section.required) * 0.8)
        ):
            found.append((known / len(section.required), is_called_so, len(section.fed), section))
    return [section for *_, section in sorted(found, key=lambda one: one[:3], reverse=True)]


def _choose(candidates: list[tuple[list[FileProfile], list[Section]]]) -> dict[str, Section]:
    """For each target the form of files that feeds it best, with what it must look up in files of no other target."""
    chosen: dict[str, Section] = {}
    taken: dict[str, LookupMapping] = {}
    for target in TARGETS:
        rivals = [sections[0] for _, sections in candidates if sections and sections[0].target == target]
        for section in rivals:
            others = [
                files[0]
                for files, sections in candidates
                if files is not section.files
                and len(files) == 1
                and (not sections or sections[0].target == target)
            ]
            _feed_by_lookup(section, others, taken)
            taken |= section.lookups
        if rivals:
            chosen[target] = min(rivals, key=lambda section: (len(section.gaps), -len(section.fed)))
    return chosen


def _feed_by_name(section: Section) -> None:
    synonyms = SYNONYMS[section.target]
    for name in TARGETS[section.target].fields:
        kind = KINDS.get(name, "text")
        called = [
            (synonyms[name].index(alias), place, column)
            for column in section.unused()
            for place, alias in enumerate(_aliases(column, section.target))
            if alias in synonyms[name]
        ]
        fitting = [one for one in called if one[2].holds(kind)]
        if fitting or called:
            *_, column = min(fitting or called, key=lambda one: one[:2])
            remark = "" if fitting else f"its name fits, but not all of its cells are {kind}s"
            if name == "source_key" and column.filled and not column.is_unique:
                remark = "its name fits, but some keys stand in it twice"
            section.fed[name] = Fed(Column(column.header), remark)
    if section.target == "customers" and "name" not in section.fed:
        _put_names_together(section)
    if section.target == "sales" and "line_amount" in section.fed:
        section.fed.pop("unit_price", None)
    for name in section.gaps:
        dates = [column for column in section.unused() if column.filled and column.holds("date")]
        if KINDS.get(name) == "date" and len(dates) == 1:
            section.fed[name] = Fed(Column(dates[0].header), "the only dates that are left")
        keys = [
            column for column in section.unused() if column.is_unique and column.name.endswith(CALLED_A_KEY)
        ]
        if name == "source_key" and keys:
            section.fed[name] = Fed(Column(keys[0].header), "its values are different in each row")


def _put_names_together(section: Section) -> None:
    synonyms = SYNONYMS["customers"]
    parts = [
        next((c for c in section.columns if set(_aliases(c, "customers")) & set(synonyms[part])), None)
        for part in ("first_name", "last_name")
    ]
    if headers := [column.header for column in parts if column]:
        remark = "" if len(headers) == 2 else "only one part of the name"
        section.fed["name"] = Fed(Text(" ".join(f"{{{header}}}" for header in headers)), remark)


def _aliases(column: ColumnProfile, target: str) -> Iterator[str]:
    """What a column's header may be read as, the most exact first; folded, as the synonyms are."""
    names = [column.name, folded(CURRENCY_BEHIND.sub("", column.header))]
    for name in dict.fromkeys(names):
        yield name
        for word in SYNONYMS[target]["words"]:
            if name.startswith(word):
                yield name.removeprefix(word)


def _look_at_keys(section: Section, sections: dict[str, Section]) -> None:
    """Compare keys of customers, stores and products with the keys that their own files have."""
    for name, target in MASTERS.items():
        master = sections.get(target)
        if name not in TARGETS[section.target].fields or not master:
            continue
        keys = _keys(master)
        if not keys:
            continue
        if name not in section.fed:
            likely = [
                column
                for column in section.unused()
                if column.name.endswith(CALLED_A_KEY)
                and len(column.values) > 1
                and _share(column, keys) > 0.95
            ]
            if len(likely) == 1:
                section.fed[name] = Fed(Column(likely[0].header), f"its values are keys of {target}")
        elif isinstance(own := section.fed[name].expression, Column):
            column = next(column for column in section.columns if column.header == own.header)
            if column.filled and (share := _share(column, keys)) < 0.5:
                remark = f"its name fits, but only {share:.0%} of its values are keys of {target}"
                section.fed[name] = Fed(own, remark)


def _keys(master: Section) -> set[str]:
    source_key = master.fed.get("source_key")
    if not source_key or not isinstance(source_key.expression, Column):
        return set()
    if not all(profile.is_whole for profile in master.files):
        return set()
    header = folded(source_key.expression.header)
    return {
        value
        for x in master.files
        for column in x.columns
        if column.name == header
        for value in column.values
    }


def _share(column: ColumnProfile, keys: set[str]) -> float:
    return len(column.values & keys) / max(1, len(column.values))


def _feed_by_lookup(section: Section, others: list[FileProfile], taken: dict[str, LookupMapping]) -> None:
    """Feed what is still missing from files whose rows are found by a key, step by step."""
    steps: list[tuple[ColumnProfile, Expression]] = [(x, Column(x.header)) for x in section.columns]
    reached: list[tuple[FileProfile, ColumnProfile, LookedUp]] = []
    lookups: dict[str, LookupMapping] = {}
    for asking, by in steps:
        for profile in others:
            key = _key_for(asking, profile)
            if not key or any(profile is known for known, _, _ in reached):
                continue
            words = _words(profile)
            for name in (words[-1], "_".join(words), f"{'_'.join(words)}_of_{section.target}"):
                lookup = LookupMapping(name, (profile.name,), key.header, by)
                if taken.get(name, lookup) == lookup and name not in lookups:
                    break
            lookups[name] = lookup
            for column in profile.usable:
                if column is not key:
                    reached.append((profile, column, LookedUp(name, column.header)))
                    steps.append((column, LookedUp(name, column.header)))
    for name in TARGETS[section.target].fields:
        if name in section.fed or (section.target == "sales" and name in ("unit_price", "line_amount")):
            continue
        for profile, column, looked_up in reached:
            aliases = {*_aliases(column, section.target), *_aliases_in_lookup(profile, column)}
            if aliases & set(SYNONYMS[section.target][name]) and column.holds(KINDS.get(name, "text")):
                section.fed[name] = Fed(looked_up)
                break
    # A gap may be filled from any of them.
    section.reached = [looked_up for _, _, looked_up in reached] if section.gaps else []
    wanted = [*(x.expression for x in section.fed.values()), *section.reached]
    while wanted:
        if isinstance(asked := wanted.pop(), LookedUp):
            section.lookups[asked.lookup] = lookups[asked.lookup]
            wanted.append(lookups[asked.lookup].by)


def _key_for(asking: ColumnProfile, profile: FileProfile) -> ColumnProfile | None:
    """The column of a file that holds the keys which stand in another file's column."""
    if not profile.is_whole or not asking.values:
        return None
    for column in profile.usable:
        is_called_so = column.name == asking.name or (
            column.name in CALLED_A_KEY and _singular(_words(profile)[-1]) in asking.name
        )
        if is_called_so and column.is_unique and _share(asking, column.values) > 0.95:
            return column
    return None


def _aliases_in_lookup(profile: FileProfile, column: ColumnProfile) -> Iterator[str]:
    if column.name in CALLED_A_NAME:
        thing = _singular(_words(profile)[-1])
        yield from (thing, f"{thing}name")


def _words(profile: FileProfile) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", profile.path.stem).lower()) or [
        "lookup"
    ]


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def patterns_for(files: list[FileProfile], folder: Path) -> list[str]:
    """A pattern that files have in common and no other file of the folder has; else their names."""
    names = [profile.name for profile in files]
    if len(names) == 1:
        return names
    pattern = re.sub(r"[0-9]+", "*", names[0])
    called_so = {path.name for path in folder.iterdir() if matches(path, (pattern,))}
    return [pattern] if called_so == set(names) else names
