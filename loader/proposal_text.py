"""A proposed mapping as TOML, with remarks on what is a guess and what is missing."""

from collections.abc import Iterator

from loader.expressions import Column, Constant, Expression, LookedUp, Part, Text
from loader.mapping import TARGETS, LookupMapping
from loader.profiles import CURRENCY_SIGNS, ColumnProfile
from loader.proposing import CURRENCY_BEHIND, Proposal, Section, patterns_for

HEAD = """\
# A mapping proposed from the files in {folder}. docs/mapping.md explains every key.
# What has no remark is sure: the column's name and what stands in it both fit. Look at each guess, and fill each gap: write
# what feeds it between the quotes and take the # before it away.
"""


def as_toml(proposal: Proposal) -> str:
    """The text of a mapping file. It loads as it is where gaps_of finds none."""
    lines = [HEAD.format(folder=_plain(proposal.folder.name)), *_names(proposal)]
    for target in TARGETS:
        if section := proposal.sections.get(target):
            lines += ["", *_section(section, proposal)]
    lookups: dict[str, LookupMapping] = {}
    for section in proposal.sections.values():
        lookups |= section.lookups
    for lookup in lookups.values():
        lines += ["", *_lookup(lookup)]
    missing = [target for target in TARGETS if target not in proposal.sections]
    if missing or proposal.left_alone:
        lines.append("")
    lines += [f"# {target}: no file here looks like it" for target in missing]
    lines += [
        _comment(f"not used: {name} ({reason.rstrip('.')})")
        for name, reason in sorted(proposal.left_alone.items())
    ]
    return "\n".join(lines) + "\n"


def gaps_of(proposal: Proposal) -> list[str]:
    """What a person must add before the mapping loads."""
    currency = [] if _currency(proposal)[0] else ["base_currency"]
    return [*currency, *(f"{target}.{name}" for target, x in proposal.sections.items() for name in x.gaps)]


def _names(proposal: Proposal) -> Iterator[str]:
    name = proposal.folder.resolve().name or "files"
    yield f"source_system = {_quoted(name.lower())} # guess: the folder's name"
    yield f"company_name = {_quoted(name.replace('_', ' ').replace('-', ' ').title())} # guess: the folder's name"
    currency, remark = _currency(proposal)
    if currency:
        yield f"base_currency = {_quoted(currency)}{_guess(remark)}"
    else:
        yield '# base_currency: the currency of prices, costs and rates, such as "EUR"'
        yield '# base_currency = ""'


def _currency(proposal: Proposal) -> tuple[str, str]:
    """The currency that prices are in, and why that is a guess; empty where nothing tells."""
    products = proposal.sections.get("products")
    fed = (
        {x.expression.header for x in products.fed.values() if isinstance(x.expression, Column)}
        if products
        else set()
    )
    for header in fed:
        if code := CURRENCY_BEHIND.search(header):
            return code.group(1), ""
    columns = [
        (section.target, column) for section in proposal.sections.values() for column in section.columns
    ]
    columns.sort(key=lambda one: one[1].header not in fed)
    for target, column in columns:
        if found := _sign(column):
            return found, f"the sign in the column {column.header} of {target}"
    return "", ""


def _sign(column: ColumnProfile) -> str:
    signs = {CURRENCY_SIGNS[sign] for sign in column.signs if sign in CURRENCY_SIGNS}
    return signs.pop() if len(signs) == 1 else ""


def _section(section: Section, proposal: Proposal) -> Iterator[str]:
    yield f"[{section.target}]"
    yield _files(patterns_for(section.files, proposal.folder))
    for name in TARGETS[section.target].fields:
        if fed := section.fed.get(name):
            yield f"{name} = {written(fed.expression)}{_guess(fed.remark)}"
        elif name in section.gaps:
            choices = [*(column.header for column in section.columns), *map(written, section.reached)]
            yield _comment(f"{section.target}.{name}: choose one of {', '.join(choices)}")
            yield f'# {name} = ""'
    if unused := [column.header for column in section.unused()]:
        yield _comment(f"not used: {', '.join(unused)}")


def _lookup(lookup: LookupMapping) -> Iterator[str]:
    yield f"[lookups.{lookup.name if lookup.name.isascii() else _quoted(lookup.name)}]"
    yield _files(list(lookup.patterns))
    yield f"key = {_quoted(lookup.key)}"
    if lookup.by != Column(lookup.key):
        yield f"by = {written(lookup.by)}"


def _files(patterns: list[str]) -> str:
    quoted = ", ".join(_quoted(pattern) for pattern in patterns)
    return f"files = {quoted}" if len(patterns) == 1 else f"files = [{quoted}]"


def written(expression: Expression) -> str:
    """An expression as a mapping says it."""
    match expression:
        case Column(header):
            return _quoted(header) if not set(header) & set("{}") else f"{{ column = {_quoted(header)} }}"
        case LookedUp(lookup, header):
            return f"{{ lookup = {_quoted(lookup)}, column = {_quoted(header)} }}"
        case Text(template):
            return _quoted(template)
        case Constant(text):
            return f"{{ constant = {_quoted(text)} }}"
        case Part(whole, separator, number):
            inner = (
                written(whole) if isinstance(whole, LookedUp) else f"{{ column = {_quoted(whole.header)} }}"
            )
            return f"{inner[:-2]}, split = {_quoted(separator)}, part = {number} }}"


def _guess(remark: str) -> str:
    return f" {_comment(f'guess: {remark}')}" if remark else ""


def _comment(text: str) -> str:
    return f"# {_plain(text)}"


def _plain(text: str) -> str:
    """Text that stays on its line, whatever a header holds."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(x if x.isprintable() else f"\\U{ord(x):08x}" for x in plain) + '"'
