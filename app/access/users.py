"""`python -m app user`: who may sign in, for whoever runs the server."""

import argparse
import getpass
import sys
from collections.abc import Sequence

from psycopg import Connection

from app.access import passwords
from app.config import Settings
from app.errors import CrpmError, InputError, NotFoundError
from app.repositories.reference import ReferenceRepository
from app.repositories.users import User, UsersRepository
from app.workspace import told
from db.install import install
from db.pool import Actor, Database, Role
from db.server import open_server

ROLES: dict[str, Role] = {
    "viewer": "crpm_viewer",
    "analyst": "crpm_analyst",
    "clerk": "crpm_clerk",
    "manager": "crpm_manager",
    "admin": "crpm_admin",
}
ALL_STORES = "all"
ACTOR = Actor("local", "crpm_admin", channel="command line")


def main(arguments: Sequence[str], settings: Settings) -> int:
    """Run one command; returns the exit status. Raises ServerError where there is no server."""
    options = _parser().parse_args(arguments)
    try:
        # Asked for before anything is begun: a person takes their time.
        new = _new_password(options.name) if options.command in ("add", "reset") else ""
        with open_server(database_url=settings.database_url, data_dir=settings.data_dir) as server:
            install(server.owner_url)
            database = Database(server.app_url, max_size=1)
            try:
                with told(), database.transaction(ACTOR) as connection:
                    _run(connection, options, new)
            finally:
                database.close()
    except CrpmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(connection: Connection, options: argparse.Namespace, new: str) -> None:
    users = UsersRepository(connection)
    command, name = options.command, getattr(options, "name", "")
    if command == "list":
        for user in users.all():
            print(_described(user))
        return
    if command == "add":
        store_id = _store(connection, options.store)
        users.add(
            user_name=name,
            role_name=ROLES[options.role],
            password_hash=passwords.hashed(new),
            store_id=store_id,
        )
        return
    is_done = {
        "disable": lambda: users.set_active(name, is_active=False),
        "enable": lambda: users.set_active(name, is_active=True),
        "role": lambda: users.set_role(name, role_name=ROLES[options.role]),
        "store": lambda: users.set_store(name, store_id=_store(connection, options.store)),
        "reset": lambda: users.reset_password(name, password_hash=passwords.hashed(new)),
    }[command]()
    if not is_done:
        raise NotFoundError(f"There is no user {name}. `python -m app user list` shows them.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m app user", description="Who may sign in.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, text: str, *, has_name: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        if has_name:
            command.add_argument("name", help="the user's name")
        return command

    store = "name of the one store this person works for, or `all`"
    adding = add("add", "Add somebody; the password is asked for, or read from standard input.")
    adding.add_argument("--role", choices=ROLES, required=True)
    adding.add_argument("--store", default=ALL_STORES, help=store)
    add("list", "List everybody.", has_name=False)
    add("disable", "Let somebody sign in no more, and sign them out.")
    add("enable", "Let a disabled user sign in again.")
    add("reset", "Set another password, which is asked for or read from standard input.")
    add("role", "Give somebody another role.").add_argument("role", choices=ROLES)
    add("store", "Tie somebody to one store, or to none.").add_argument("store", help=store)
    return parser


def _new_password(user_name: str) -> str:
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise InputError("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    passwords.check_new(password, user_name=user_name)
    return password


def _store(connection: Connection, name: str) -> int | None:
    if name == ALL_STORES:
        return None
    stores = {store.name.casefold(): store.store_id for store in ReferenceRepository(connection).stores()}
    if name.casefold() not in stores:
        raise InputError(f"There is no store {name}.")
    return stores[name.casefold()]


def _described(user: User) -> str:
    notes = [user.role_name.removeprefix("crpm_"), f"at {user.store}" if user.store else ""]
    notes += ["" if user.is_active else "disabled", "" if user.has_password else "without a password"]
    return f"{user.user_name}: {', '.join(note for note in notes if note)}"
