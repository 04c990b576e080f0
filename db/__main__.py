"""The database from the command line; `python -m db --help` tells the commands."""

import argparse
import json
import re
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.backup import backup, named_in, remove_old
from db.client_programs import addressed
from db.cluster import DATABASE, SUPERUSER
from db.embedded import EmbeddedServer, end_by_exception, running
from db.errors import (
    BackupFileError,
    ConsoleAddressMissingError,
    NothingToDriveError,
    NotSetUpError,
    PortTakenError,
    SchemaMissingError,
    ServerError,
)
from db.install import install, migrate, set_console_password
from db.postgres_processes import program
from db.proof import Proof, prove
from db.restore import restore
from db.server import (
    APP_LOGIN,
    CONSOLE_LOGIN,
    configured_data_dir,
    configured_url,
    forget_other_servers,
    open_server,
)
from db.sqlfiles import query
from db.verify import Result, verify
from db.versions import is_installed, read_schema, require_current

CONSOLE_ROLE = "crpm_admin"
STOPPED = 3  # the exit status of `status`, as of pg_ctl's
_URI = re.compile(r"(?P<address>postgres(?:ql)?://(?:[^@/]*@)?[^?]*)\??(?P<query>.*)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    end_by_exception()
    parser = _parser()
    options = parser.parse_args(_before_dashes(arguments))
    options.psql_arguments = arguments[len(_before_dashes(arguments)) + 1 :]
    if options.psql_arguments and options.run is not psql:
        parser.error("only psql takes arguments after --")
    try:
        return int(options.run(options))
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        print(f"error: The database refuses: {reason}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m db",
        description="Drive the database: that of DATABASE_URL, else the embedded one in CRPM_DATA_DIR.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "psql",
        help="open psql on the database",
        usage="python -m db psql [--owner | --analyst] [-- ARGUMENTS OF PSQL]",
    )
    who = command.add_mutually_exclusive_group()
    who.add_argument("--owner", action="store_true", help="as the database's owner")
    who.add_argument(
        "--analyst",
        action="store_true",
        help="as the SQL console: read only, and nothing that names a person",
    )
    command.set_defaults(run=psql)

    commands.add_parser("url", help="print the address that psql uses").set_defaults(run=print_url)
    command = commands.add_parser("install", help="build the schema if it is missing")
    command.add_argument(
        "--afresh", action="store_true", help="drop demo data of another schema, and build it anew"
    )
    command.set_defaults(run=install_schema)
    commands.add_parser("migrate", help="lead the database to the schema of this CRPM").set_defaults(
        run=migrate_schema
    )

    command = commands.add_parser("backup", help="write the database into a file, while it is in use")
    command.add_argument("file", type=Path, help="a new file, or a folder in which it is named by the time")
    command.add_argument(
        "--prove", action="store_true", help="restore it beside the source and compare everything"
    )
    command.add_argument(
        "--keep", type=_positive, metavar="N", help="in a folder, remove all but the newest N"
    )
    command.set_defaults(run=backup_database)

    command = commands.add_parser("restore", help="bring a backup back")
    command.add_argument("file", type=Path)
    command.add_argument("--replace", action="store_true", help="give up what is in the database")
    command.set_defaults(run=restore_database)

    command = commands.add_parser("verify", help="recompute what the database promises, and tell differences")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=verify_books)

    command = commands.add_parser(
        "prune", help="delete records of who changed and read what that are older than they are kept"
    )
    command.add_argument(
        "--months", type=_positive, metavar="N", help="keep N months from now on; without, as was said before"
    )
    command.set_defaults(run=prune_records)

    commands.add_parser("start", help="start the embedded server until `stop`").set_defaults(run=start)

    command = commands.add_parser(
        "listen",
        help="let programs of this machine connect to the embedded server as the SQL console, by TCP",
    )
    how = command.add_mutually_exclusive_group(required=True)
    how.add_argument("port", type=_port, nargs="?", help="with a new password, which is printed")
    how.add_argument("--off", action="store_true", help="no more")
    command.set_defaults(run=listen)

    command = commands.add_parser("stop", help="stop the embedded server")
    command.add_argument("--force", action="store_true", help="even while an application uses it")
    command.set_defaults(run=stop)

    commands.add_parser(
        "status", help=f"tell whether the embedded server runs (exit status {STOPPED}: it does not)"
    ).set_defaults(run=status)
    return parser


def _before_dashes(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def psql(options: argparse.Namespace) -> int:
    """Open psql; its exit status is ours."""
    with open_server() as server:
        if options.owner:
            return _run_psql(server.owner_url, options.psql_arguments)
        with psycopg.connect(server.owner_url) as connection:
            if not is_installed(connection):
                raise SchemaMissingError
        if options.analyst:
            if server.console_url is None:
                raise ConsoleAddressMissingError
            return _run_psql(server.console_url, options.psql_arguments)
        return _run_psql(with_role(server.app_url, CONSOLE_ROLE), options.psql_arguments)


def _run_psql(url: str, arguments: list[str]) -> int:
    address, environment = addressed(url)
    # Ctrl-C is psql's, to cancel a query. A handler, as psql would inherit SIG_IGN.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    command = [str(program("psql")), *address, *arguments]
    status = subprocess.run(command, env=environment, check=False).returncode
    return status if status >= 0 else 128 - status


def with_role(url: str, role: str) -> str:
    """Return the address of a server with its sessions switched to a role; both forms of address will do."""
    uri = _URI.fullmatch(url)
    if uri is None:
        former = conninfo_to_dict(url).get("options") or ""
        return make_conninfo(url, options=f"{former} -c role={role}".strip())
    parameters = [parameter for parameter in uri["query"].split("&") if parameter]
    former = "".join(unquote(parameter[8:]) for parameter in parameters if parameter.startswith("options="))
    parameters = [parameter for parameter in parameters if not parameter.startswith("options=")]
    options = quote(f"{former} -c role={role}".strip(), safe="")
    return f"{uri['address']}?{'&'.join([*parameters, f'options={options}'])}"


def print_url(options: argparse.Namespace) -> int:
    """Print the address that psql uses, and start nothing."""
    url = configured_url() or EmbeddedServer(configured_data_dir()).url(APP_LOGIN)
    print(with_role(url, CONSOLE_ROLE))
    return 0


def install_schema(options: argparse.Namespace) -> int:
    """Build the schema where it is missing."""
    with open_server() as server:
        is_new = install(server.owner_url, afresh=options.afresh)
    print("The schema was built." if is_new else "The schema is there already.")
    return 0


def migrate_schema(options: argparse.Namespace) -> int:
    """Apply the migrations that the database lacks."""
    schema = read_schema()
    with open_server() as server:
        for step in migrate(server.owner_url, schema):
            print(f"Applied {step.file}.", flush=True)
    print(f"The database has version {schema.version} of the schema.")
    return 0


def backup_database(options: argparse.Namespace) -> int:
    """Write a backup, and prove it if asked to; the exit status tells whether it is one."""
    is_folder = options.file.is_dir()
    if options.keep and not is_folder:
        raise BackupFileError(file=options.file, reason="--keep needs a folder that is there")
    file = named_in(options.file) if is_folder else options.file
    with open_server() as server:
        if options.prove:
            proof = prove(server.owner_url, file)
            written, is_good = proof.backup, proof.is_proved
            _print_proof(proof)
        else:
            written, is_good = backup(server.owner_url, file), True
    print(f"Wrote {written.file}: {written.size:,} bytes, SHA-256 {written.sha256}.")
    for old in remove_old(options.file, options.keep) if options.keep and is_good else ():
        print(f"Removed {old}.")
    return 0 if is_good else 1


def _print_proof(proof: Proof) -> None:
    for one in proof.compared:
        if not one.is_equal:
            print(f"{one.what} is WRONG: {one.source} in the source, {one.restored} restored")
    for check in proof.checks:
        if check.differences:
            _print_result(check)
    outcome = "Proved" if proof.is_proved else "NOT proved"
    print(
        f"{outcome}: {len(proof.compared)} figures compared, {len(proof.checks)} checks of what was restored."
    )


def restore_database(options: argparse.Namespace) -> int:
    """Bring a backup back."""
    with open_server() as server:
        restore(server.owner_url, options.file, replace=options.replace)
        print(f"Restored {options.file}.")
        with psycopg.connect(server.owner_url) as connection:
            require_current(connection, read_schema())
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def prune_records(options: argparse.Namespace) -> int:
    """Delete what is recorded of changes and reads of long ago; what counts as long is a setting."""
    with open_server() as server, psycopg.connect(server.owner_url) as connection:
        if not is_installed(connection):
            raise SchemaMissingError
        if options.months:
            kept = connection.execute(query("activity/keep_months").text, {"months": options.months})
            if not kept.rowcount:
                raise NotSetUpError
        months, changes, reads = connection.execute(query("activity/prune").text, {}).fetchone() or (
            None,
            0,
            0,
        )
    if months is None:
        print("Records are kept for ever. Say how long with --months N.")
    else:
        print(
            f"Records are kept for {months:,} months. Deleted {changes:,} changes and {reads:,} bulk reads."
        )
    return 0


def verify_books(options: argparse.Namespace) -> int:
    """Check every promise of the schema; the exit status tells whether all of them are kept."""
    results = []
    with open_server() as server:
        for result in verify(server.owner_url):
            results.append(result)
            if not options.json:
                _print_result(result)
    broken = sum(result.differences > 0 for result in results)
    rows = sum(result.rows for result in results)
    if options.json:
        print(json.dumps({"is_clean": not broken, "checks": [asdict(r) for r in results]}, default=str))
    elif broken:
        print(f"{broken} of {len(results)} checks found differences in {rows:,} rows.")
    else:
        print(f"All {len(results)} checks are clean: {rows:,} rows were looked at.")
    return 1 if broken else 0


def _print_result(result: Result) -> None:
    outcome = f"{result.differences:,} WRONG" if result.differences else "ok"
    print(f"{outcome:>10}  {result.rows:>11,} rows  {result.check}: {result.description}", flush=True)
    for example in result.examples:
        print(" " * 12 + ", ".join(f"{name} {value}" for name, value in example.items()))
    if result.differences > len(result.examples):
        print(" " * 12 + f"and {result.differences - len(result.examples):,} more")


def start(options: argparse.Namespace) -> int:
    """Start the embedded server until `stop`."""
    server = _embedded_server()
    server.start(keep=True)
    print(f"The server runs on {server.folder} until `python -m db stop`.")
    return 0


def listen(options: argparse.Namespace) -> int:
    """Have the embedded server listen on a TCP port, or on none, from its next start on."""
    server = _embedded_server()
    is_kept = server.status().is_kept
    server.listen(None)
    if options.port:
        _refuse_taken(options.port)
        password = secrets.token_urlsafe(18)
        with running(server.folder) as opened:
            set_console_password(opened.url(SUPERUSER), password)
        server.listen(options.port)
        print(f"postgresql://{CONSOLE_LOGIN}:{password}@127.0.0.1:{options.port}/{DATABASE}")
    if is_kept:
        server.start(keep=True)
    if not options.port:
        print(f"The server on {server.folder} can be reached by its socket alone.")
    return 0


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1024 to 65535")
    return int(text)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(port=port) from error


def stop(options: argparse.Namespace) -> int:
    """Stop the embedded server."""
    server = _embedded_server()
    was_running = server.stop(force=options.force)
    print(f"The server on {server.folder} {'was stopped' if was_running else 'was not running'}.")
    return 0


def status(options: argparse.Namespace) -> int:
    """Tell whether the embedded server runs, and for whom."""
    server = _embedded_server()
    now = server.status()
    if not now.is_running:
        print(f"The server on {server.folder} is stopped.")
        return STOPPED
    uses = [
        text
        for holds, text in (
            (now.is_in_use, "an application uses it"),
            (now.is_kept, "it was started by hand"),
        )
        if holds
    ]
    print(f"The server on {server.folder} runs: {' and '.join(uses) or 'nobody uses it'}.")
    return 0


def _embedded_server() -> EmbeddedServer:
    if configured_url() is not None:
        raise NothingToDriveError
    forget_other_servers()
    return EmbeddedServer(configured_data_dir())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
