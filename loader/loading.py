"""One load from beginning to end: a folder of files in, one transaction, a report out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import Connection

from db.pool import Actor
from loader.account import Report, Trial, read_headline, read_report
from loader.cells import DateOrder, DecimalMark, understand_cells
from loader.errors import OtherBaseCurrencyError
from loader.expressions import LookedUp
from loader.lookups import Table, read_lookups, values_of
from loader.mapping import Columns, FileMapping, Mapping, match_columns, read_mapping
from loader.progress import Progress
from loader.publishing import publish
from loader.queries import run
from loader.reading import SourceFile, inspect
from loader.staging import StagedFile, stage

# Any number will do, as long as every load asks for the same one.
LOAD_LOCK = 7_215_002


def say_nothing(step: str) -> None:
    """The progress of a load that nobody watches."""


def load(
    owner_url: str,
    folder: Path,
    *,
    actor: Actor,
    source_system: str | None = None,
    company_name: str | None = None,
    opening_stock: int = 100,
    date_order: DateOrder | None = None,
    decimal: DecimalMark | None = None,
    is_demo: bool = False,
    is_live: bool = False,
    is_dry_run: bool = False,
    mapping: Mapping | None = None,
    create_customers: bool = False,
    progress: Progress = say_nothing,
) -> Report:
    """Load a folder of files and account for every row, all in one transaction: done, or as if it had never been.

    `owner_url` is a login that may act as crpm_owner; whether the actor may load is decided by the rights of the
    actor's role (psycopg.errors.InsufficientPrivilege). Loads queue: a second one waits for the first.
    `company_name` and `is_demo` count only where the business is not set up yet. `opening_stock` is the opening
    count of what has sold where, unless the folder has a file of counts. Sales are history, which takes no stock, or
    new with `is_live`: then they take theirs, nothing is assumed, and an order for more than is on hand is rejected
    whole. With `create_customers`, an order of a customer whose key no file has is loaded, and its customer made up;
    else it is rejected. `date_order` and `decimal` decide columns of dates and numbers that do not decide themselves.
    A dry run does all the same and rolls it back: its report tells the figures before and after. `progress` is told
    each step. Raises a LoadError, with nothing loaded.
    """
    mapping = mapping or read_mapping()
    found, ignored = mapping.files_in(folder)
    tables = read_lookups(folder, [mapped for mapped, _ in found])
    sources = [(mapped, inspect(path, mapped.headers)) for mapped, path in found]
    matched = [
        (mapped, source, match_columns(mapped, source.name, source.header)) for mapped, source in sources
    ]
    source_system = source_system or mapping.source_system
    with acting(owner_url, actor) as connection:
        run(connection, "lock", {"lock": LOAD_LOCK})
        load_id = _begin(connection, source_system, folder, is_live=is_live)
        _set_up(connection, mapping, company_name or mapping.company_name, is_demo=is_demo)
        before = read_headline(connection) if is_dry_run else None
        staged = _stage_all(connection, load_id, matched, tables, progress)
        progress("Understanding dates, numbers and names")
        understand_cells(connection, load_id=load_id, date_order=date_order, decimal=decimal)
        parameters = {
            "load_id": load_id,
            "source_system": source_system,
            "opening_stock": opening_stock,
            "is_live": is_live,
            "create_customers": create_customers,
            "load_file_ids": [file.load_file_id for file in staged],
            "rows_read": [file.rows_read for file in staged],
            "unmatched_file_ids": [file.load_file_id for file in staged if file.has_unmatched],
        }
        targets = {mapped.target for mapped, _, _ in matched}
        publish(connection, parameters, targets=targets, is_live=is_live, progress=progress)
        report = read_report(connection, load_id=load_id, ignored_files=ignored)
        if before:
            report = replace(report, trial=Trial(before, read_headline(connection)))
            connection.rollback()
        return report


@contextmanager
def acting(owner_url: str, actor: Actor) -> Iterator[Connection]:
    """A transaction in the actor's name and with the rights of the actor's role, on a login that may take it."""
    with psycopg.connect(owner_url, client_encoding="utf8") as connection:
        run(
            connection,
            "act_as",
            {"role": actor.role, "user_name": actor.user_name, "channel": "loader"},
        )
        yield connection


def _begin(connection: Connection, source_system: str, folder: Path, *, is_live: bool) -> int:
    """Record the load under the actor's role, then act as the owner, in the actor's name."""
    begun = {"source_system": source_system, "folder": str(folder), "is_live": is_live}
    load_id: int = run(connection, "begin_load", begun)
    run(connection, "act_as_owner", {})
    run(connection, "empty_staging", {})
    return load_id


def _stage_all(
    connection: Connection,
    load_id: int,
    matched: list[tuple[FileMapping, SourceFile, Columns]],
    tables: dict[LookedUp, Table],
    progress: Progress,
) -> list[StagedFile]:
    staged = []
    for mapped, source, columns in matched:
        values = values_of(mapped, columns, tables)
        staged.append(
            stage(
                connection,
                load_id=load_id,
                mapped=mapped,
                source=source,
                columns=columns,
                values=values,
                progress=progress,
            )
        )
    if any(file.target == "sales" and "line_number" not in file.fields for file in staged):
        run(connection, "number_lines", {})
    return staged


def _set_up(connection: Connection, mapping: Mapping, company_name: str, *, is_demo: bool) -> None:
    """Set the business up where it is not yet. Raises OtherBaseCurrencyError where it counts in another currency."""
    run(
        connection,
        "add_settings",
        {"company_name": company_name, "base_currency": mapping.base_currency, "is_demo": is_demo},
    )
    run(connection, "analyze_settings", {})
    base_currency = run(connection, "base_currency", {})
    if base_currency != mapping.base_currency:
        raise OtherBaseCurrencyError(
            f"The files' prices are in {mapping.base_currency}, and this business counts in {base_currency}."
        )
