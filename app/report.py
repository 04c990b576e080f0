"""`python -m app report`: every panel of Analytics for a period, as one file to send on."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from psycopg import Connection

from app.access.users import ROLES
from app.config import Settings
from app.errors import CrpmError, InputError
from app.repositories.analytics import FIRST_DAY, LAST_DAY, AnalyticsRepository, Filters
from app.repositories.customers import SEGMENTS
from app.repositories.reference import ReferenceRepository
from app.workspace import told
from db.install import install
from db.pool import Actor, Database
from db.server import open_server

_FORMS = (".html", ".pdf")


def main(arguments: Sequence[str], settings: Settings) -> int:
    """Write the report; returns the exit status. Raises ServerError where there is no server."""
    options = _parser().parse_args(arguments)
    try:
        _check(options.out)
        with open_server(database_url=settings.database_url, data_dir=settings.data_dir) as server:
            install(server.owner_url)
            database = Database(server.app_url, max_size=1)
            try:
                content = written(database, options)
            finally:
                database.close()
        options.out.write_bytes(content)
    except OSError as error:
        print(f"error: {options.out} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    except CrpmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Wrote {options.out}.")
    return 0


def written(database: Database, options: argparse.Namespace) -> bytes:
    """The file, all of whose figures are of one moment."""
    # Drawing needs Gradio and more, which take seconds: not to say that an option is wrong.
    from app.documents import report, report_page, report_pdf
    from app.ui import format as ui_format

    role = ROLES[options.role]
    actor = Actor("local", role, channel="command line")
    with told(), database.transaction(actor, is_of_one_moment=True) as connection:
        currencies = ReferenceRepository(connection).currencies()
        ui_format.know_currencies({one.currency_code: one.minor_units for one in currencies})
        read = report.read(connection, _filters(connection, options), role)
    return report_pdf.pdf(read) if options.out.suffix == ".pdf" else report_page.page(read)


def _check(out: Path) -> None:
    if out.suffix not in _FORMS:
        raise InputError(f"A report is written as {' or '.join(_FORMS)}, and {out} has another ending.")
    if not out.absolute().parent.is_dir():
        raise InputError(f"There is no folder {out.absolute().parent}. Make it, or choose another.")


def _filters(connection: Connection, options: argparse.Namespace) -> Filters:
    if options.first > options.last:
        raise InputError("The first day is after the last. Exchange them.")
    choices = AnalyticsRepository(connection).list_filter_choices()

    def chosen(kind: str) -> str | None:
        name = getattr(options, kind)
        found = {choice.label.casefold(): choice.value for choice in choices if choice.kind == kind}
        if name is not None and name.casefold() not in found:
            raise InputError(f"There is no {kind} {name}. There are: {', '.join(sorted(found))[:400]}.")
        return found[name.casefold()] if name is not None else None

    store, country, category = chosen("store"), chosen("country"), chosen("category")
    return Filters(
        options.first,
        options.last,
        store_id=int(store) if store else None,
        country_code=country,
        category_id=int(category) if category else None,
        segment=options.segment,
        compare_with=options.compare_with,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m app report",
        description="Write every panel of Analytics for a period into one file: figures, charts, tables and what they mean.",
    )
    parser.add_argument("--from", dest="first", type=_day, required=True, metavar="DAY", help="2024-01-01")
    parser.add_argument("--to", dest="last", type=_day, required=True, metavar="DAY", help="2024-12-31")
    parser.add_argument("--out", type=Path, required=True, help="the file: report.pdf or report.html")
    parser.add_argument(
        "--role",
        choices=ROLES,
        default="analyst",
        help="what this role may not see is left out: for an analyst, who it is for at first, all that names or "
        "describes a person; a clerk sees no cost, a manager everything",
    )
    parser.add_argument(
        "--compare-with",
        choices=("previous", "year"),
        default="previous",
        help="the period before, or the same days one year before",
    )
    for kind in ("store", "country", "category"):
        parser.add_argument(f"--{kind}", metavar="NAME", help=f"of this {kind} alone")
    parser.add_argument("--segment", choices=SEGMENTS, help="of customers in this segment alone")
    return parser


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: write a day as 2024-03-31") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise argparse.ArgumentTypeError(f"{text}: choose a day from {FIRST_DAY} to {LAST_DAY}")
    return day
