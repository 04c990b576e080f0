"""What became of every row that was read: the report of a load, and how it is printed."""

import json
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from db.sqlfiles import query

# Keys of made up customers in the report for people; the JSON has all of them.
SHOWN_KEYS = 20


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One file's rows: loaded, updated, duplicate and rejected add up to `read`.

    `conflicts` are the fields of updated rows that a person has edited, differently: there the person's stay.
    `missing` has by column {"cells": how many were missing, "done": what was done}. `mojibake` is None or
    {"rows": how many have text that was read in a wrong encoding, "line": the first, "example": a word of it}.
    """

    file: str
    target: str
    read: int
    loaded: int
    updated: int
    duplicate: int
    rejected: int
    conflicts: int
    missing: dict[str, Any]
    mojibake: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Money:
    """The sales lines' worth, quantity times price in base currency; the last three add up to `read`."""

    read: Decimal
    loaded: Decimal
    duplicate: Decimal
    rejected: Decimal


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures that a load moves; revenue is net of returns, in base currency."""

    customers: int
    products: int
    orders: int
    lines: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Trial:
    """The figures before a load that was only tried out, and what they would be after it."""

    before: Headline
    after: Headline


@dataclass(frozen=True, slots=True)
class Report:
    """The account of a load; `trial` is None for one that happened.

    Sales rows whose price or quantity cannot be read are `unpriced_rows`, without money.
    `created_customers` are the keys of customers made up because only the sales have them.
    """

    load_id: int
    base_currency: str
    is_unchanged: bool
    files: tuple[FileAccount, ...]
    money: Money
    unpriced_rows: int
    ignored_files: tuple[str, ...]
    created_customers: tuple[str, ...]
    trial: Trial | None = None


def read_report(connection: Connection, *, load_id: int, ignored_files: list[str]) -> Report:
    """Read the account of a load from the database."""
    parameters = {"load_id": load_id}
    with connection.cursor(row_factory=class_row(FileAccount)) as cursor:
        files = cursor.execute(query("loader/file_accounts").text, parameters).fetchall()
    with connection.cursor(row_factory=dict_row) as cursor:
        [row] = cursor.execute(query("loader/load_account").text, parameters).fetchall()
    created = connection.execute(query("loader/list_placeholders").text, parameters).fetchall()
    return Report(
        load_id=load_id,
        base_currency=row["base_currency_code"],
        is_unchanged=row["status"] == "unchanged",
        files=tuple(files),
        money=Money(row["money_read"], row["money_loaded"], row["money_duplicate"], row["money_rejected"]),
        unpriced_rows=row["unpriced_rows"],
        ignored_files=tuple(ignored_files),
        created_customers=tuple(key for (key,) in created),
    )


def read_headline(connection: Connection) -> Headline:
    """The figures as they are now."""
    with connection.cursor(row_factory=class_row(Headline)) as cursor:
        [row] = cursor.execute(query("loader/headline").text, {}).fetchall()
    return row


def as_json(report: Report) -> str:
    """The report as one JSON object, money as decimal strings; of a dry run with the figures before and after."""
    outcomes = ("file", "read", "loaded", "updated", "duplicate", "rejected", "conflicts", "missing")
    trial = {"dry_run": True, "figures": asdict(report.trial)} if report.trial else {}
    return json.dumps(
        {
            "load_id": None if report.trial else report.load_id,
            "files": [
                {name: getattr(file, name) for name in outcomes}
                | ({"mojibake": file.mojibake} if file.mojibake else {})
                for file in report.files
            ],
            "money": {
                name: str(getattr(report.money, name)) for name in ("read", "loaded", "duplicate", "rejected")
            },
            "unpriced_rows": report.unpriced_rows,
            "created_customers": report.created_customers,
            **trial,
        },
        ensure_ascii=False,
        default=str,
    )


def as_table(report: Report) -> str:
    """The report for people: a table of rows, a line of money, and what else there is to know."""
    heading = ("File", "Read", "Loaded", "Updated", "Duplicate", "Rejected", "Conflicts")
    rows = [
        (
            file.file,
            *(
                f"{count:,}"
                for count in (
                    file.read,
                    file.loaded,
                    file.updated,
                    file.duplicate,
                    file.rejected,
                    file.conflicts,
                )
            ),
        )
        for file in report.files
    ]
    money = report.money
    rows.append(
        (
            f"Sales, {report.base_currency}",
            f"{money.read:,}",
            f"{money.loaded:,}",
            "",
            f"{money.duplicate:,}",
            f"{money.rejected:,}",
            "",
        )
    )
    widths = [max(len(row[place]) for row in (heading, *rows)) for place in range(len(heading))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in (heading, *rows)
    ]
    return "\n".join([*lines, "", *_about_cells(report), *_remarks(report)])


def _about_cells(report: Report) -> list[str]:
    """What was missing in each file, and what was read in a wrong encoding; nothing where all is well."""
    lines = [
        f"Missing in {file.file}: {'; '.join(said_of_missing(file.missing))}."
        for file in report.files
        if file.missing
    ]
    lines += [
        f"Read in a wrong encoding before, {file.file}: {said_of_mojibake(file.mojibake)}. It was left as it is."
        for file in report.files
        if file.mojibake
    ]
    return [*lines, ""] if lines else []


def said_of_missing(missing: dict[str, Any]) -> list[str]:
    """What was missing in a file, column by column."""
    return [f"{column} {found['cells']:,} ({found['done']})" for column, found in missing.items()]


def said_of_mojibake(mojibake: dict[str, Any]) -> str:
    """How much text of a file was read in a wrong encoding; the example goes when a customer is anonymised."""
    example = f", such as {mojibake['example']} on line {mojibake['line']}" if "example" in mojibake else ""
    return f"{mojibake['rows']:,} {'row' if mojibake['rows'] == 1 else 'rows'}{example}"


def _outcome(report: Report) -> str:
    return "nothing changed" if report.is_unchanged else "done"


def _figures(trial: Trial) -> list[str]:
    moved = [
        f"  {name.capitalize()}: {getattr(trial.before, name):,} before, {getattr(trial.after, name):,} after."
        for name in (field.name for field in fields(Headline))
    ]
    return ["Dry run: nothing was written. How the figures would move:", *moved]


def _remarks(report: Report) -> list[str]:
    remarks = _figures(report.trial) if report.trial else [f"Load {report.load_id}: {_outcome(report)}."]
    if rejected := sum(file.rejected for file in report.files):
        remarks.append(f"Rejected rows, each kept with its reason in crpm.rejects: {rejected:,}.")
    if conflicts := sum(file.conflicts for file in report.files):
        remarks.append(
            "Fields that people have edited and the files changed too, left as people edited them and kept in "
            f"crpm.load_conflicts: {conflicts:,}."
        )
    if report.unpriced_rows:
        remarks.append(
            f"Sales rows without money, as their price or quantity cannot be read: {report.unpriced_rows:,}."
        )
    if report.created_customers:
        shown = ", ".join(report.created_customers[:SHOWN_KEYS])
        more = " and others" if len(report.created_customers) > SHOWN_KEYS else ""
        count = len(report.created_customers)
        remarks.append(f"Customers made up, as no file has their keys: {count:,} ({shown}{more}).")
    if report.ignored_files:
        remarks.append(f"Files not understood and left alone: {', '.join(report.ignored_files)}.")
    return remarks
