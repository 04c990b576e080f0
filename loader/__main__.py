"""Files in from the command line; `python -m loader --help` tells the commands."""

import argparse
import csv
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import psycopg

from db.embedded import end_by_exception
from db.errors import ServerError
from db.install import install
from db.pool import Actor
from db.server import open_server
from loader.account import as_json, as_table
from loader.demo import generate
from loader.errors import FolderError, LoadError, UndecidedError
from loader.loading import acting, load
from loader.mapping import DEFAULT_MAPPING, read_mapping
from loader.progress import Progress, teller
from loader.proposal_text import as_toml, gaps_of
from loader.proposing import is_understood_already, propose
from loader.reading import inspect
from loader.rejected import as_files, read_rejected, write_files
from loader.rejected import as_table as rejected_as_table
from loader.undoing import undo

NOTHING_LOADED = 1
STOPPED_TO_ASK = 2
LOCAL_ADMIN = Actor(user_name="local", role="crpm_admin", channel="loader")


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    end_by_exception()
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except UndecidedError as error:
        answers = [
            answer
            for answer, is_asked in (
                (f"--date-order {' or '.join(error.date_orders)}", error.date_orders),
                ("--decimal point or comma", error.asks_decimal),
            )
            if is_asked
        ]
        print(f"{error}\nNothing was loaded: say {' and '.join(answers)}.", file=sys.stderr)
        return STOPPED_TO_ASK
    except (LoadError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NOTHING_LOADED
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        print(f"error: the database refused: {str(error).splitlines()[0]}", file=sys.stderr)
        return NOTHING_LOADED
    except BrokenPipeError:
        # Whoever read the output has seen enough; closing it again must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return NOTHING_LOADED
    except KeyboardInterrupt:
        print("Stopped: nothing was loaded.", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loader",
        description="Load files into the database: that of DATABASE_URL, else the embedded one in CRPM_DATA_DIR.",
        epilog="Exit status: 0 when every row is accounted for, rejected or not; 1 when nothing could be loaded; "
        "2 when it stops to ask.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("load", help="load a folder of CSV files and account for every row")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.add_argument("--json", action="store_true", help="print the account as one JSON object")
    command.add_argument(
        "--opening-stock",
        type=_count,
        default=100,
        metavar="N",
        help="opening count of what has sold in a store, and of every product online (default 100); "
        "a Stock.csv in the folder takes precedence",
    )
    command.add_argument(
        "--live",
        action="store_true",
        help="the sales are new: they take stock, and an order for more than is on hand is rejected whole",
    )
    command.add_argument(
        "--dry-run",
        action="store_true",
        help="print the account and how customers, products, orders, lines and revenue would move; write nothing",
    )
    command.add_argument("--source", metavar="NAME", help="source system whose keys the files use")
    command.add_argument("--company", metavar="NAME", help="name of the company, where it is not set up yet")
    command.add_argument(
        "--date-order",
        choices=("mdy", "dmy", "ymd"),
        help="how to read dates whose column does not tell day from month; dmy also swaps back what a spreadsheet has swapped",
    )
    command.add_argument(
        "--decimal",
        choices=("point", "comma"),
        help="how to read numbers such as 1.234 whose column does not tell decimals from thousands",
    )
    command.add_argument(
        "--create-missing",
        choices=("customers",),
        help="load orders of customers whose key no file has, each with a customer made up and marked as such; "
        "otherwise they are rejected",
    )
    command.add_argument(
        "--map",
        type=Path,
        metavar="FILE.toml",
        help="what the files mean, where they are not of the Global Electronics form; see docs/mapping.md",
    )
    command.set_defaults(run=load_folder)

    command = commands.add_parser(
        "rejects", help="list a load's rejected rows, or write them out to be mended"
    )
    command.add_argument(
        "load", nargs="?", type=_number, metavar="LOAD", help="the latest where none is named"
    )
    command.add_argument(
        "--csv",
        action="store_true",
        help="the open ones in their file's own columns, to be mended and loaded again",
    )
    command.add_argument(
        "--into",
        type=Path,
        metavar="FOLDER",
        help="write them there as CSV, one file for each that was loaded",
    )
    command.set_defaults(run=list_rejects)

    command = commands.add_parser(
        "undo", help="take back what a load brought, updates included, or say what depends on it"
    )
    command.add_argument("load", type=_number, metavar="LOAD")
    command.set_defaults(run=take_back)

    command = commands.add_parser("map", help="propose a mapping for a folder of files of any form, to edit")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.set_defaults(run=propose_mapping)

    command = commands.add_parser("demo", help="write the demo's files into a folder")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.set_defaults(run=write_demo)

    command = commands.add_parser("read", help="print what is understood of a file, as RFC 4180 CSV in UTF-8")
    command.add_argument("file", type=Path, metavar="FILE")
    command.set_defaults(run=read_file)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 1,000,000")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text} is not the number of a load")
    return int(text)


def load_folder(options: argparse.Namespace) -> None:
    """Load a folder and print its account."""
    mapping = read_mapping(options.map) if options.map else None
    if mapping and options.folder.is_dir():
        for target, pattern in mapping.patterns_without_files(options.folder):
            _tell(f"No file is called {pattern}: nothing from there for {target}")
    with open_server() as server, _telling() as tell:
        if install(server.owner_url):
            tell("Built the schema")
        report = load(
            server.owner_url,
            options.folder,
            actor=LOCAL_ADMIN,
            source_system=options.source,
            company_name=options.company,
            opening_stock=options.opening_stock,
            date_order=options.date_order,
            decimal=options.decimal,
            is_live=options.live,
            is_dry_run=options.dry_run,
            mapping=mapping,
            create_customers=options.create_missing == "customers",
            progress=tell,
        )
    print(as_json(report) if options.json else as_table(report))


def list_rejects(options: argparse.Namespace) -> None:
    """Print a load's rejected rows, or write them out in the columns of their files."""
    with open_server() as server, acting(server.owner_url, LOCAL_ADMIN) as connection:
        rows = read_rejected(connection, load_id=options.load)
    files = as_files(rows)
    if options.into:
        for path in write_files(files, options.into):
            _tell(f"Wrote {path}")
        if not files:
            _tell("No rejected row is open: there is nothing to write.")
    elif not options.csv:
        print(rejected_as_table(rows))
    elif len(files) > 1:
        raise FolderError(f"There are rejected rows of {', '.join(files)}. Say --into FOLDER.")
    else:
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
            out.writelines(files.values())
        if not files:
            _tell("No rejected row is open: there is nothing to write.")


def take_back(options: argparse.Namespace) -> None:
    """Take a load back."""
    with open_server() as server, _telling() as tell:
        undo(server.owner_url, options.load, actor=LOCAL_ADMIN, progress=tell)
    print(f"Load {options.load} is taken back.")


def propose_mapping(options: argparse.Namespace) -> None:
    """Print a mapping for a folder's files, and tell what is missing in it."""
    proposal = propose(options.folder)
    if is_understood_already(proposal):
        _tell("These files are of the form that is understood without a mapping")
        print(DEFAULT_MAPPING.read_text(encoding="utf-8"), end="")
        return
    print(as_toml(proposal), end="")
    for gap in gaps_of(proposal):
        _tell(f"Gap to fill: {gap}")


def write_demo(options: argparse.Namespace) -> None:
    """Write the demo's files, up to yesterday."""
    generate(options.folder, today=datetime.now(UTC).date())
    _tell(f"Wrote the demo's files into {options.folder}")


def read_file(options: argparse.Namespace) -> None:
    """Print a file's header and records, cells exactly as they are."""
    with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
        write_as_read(options.file, out)


def write_as_read(path: Path, out: TextIO) -> None:
    """Write a file's header and records as RFC 4180 CSV."""
    source = inspect(path)
    rows = csv.writer(out)
    rows.writerow(source.header)
    rows.writerows(record.cells for record in source.records())


def _tell(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


@contextmanager
def _telling() -> Iterator[Progress]:
    """The progress of a command on standard error: a bar on a terminal, else plain lines."""
    tell = teller(sys.stderr)
    try:
        yield tell
    finally:
        tell.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
