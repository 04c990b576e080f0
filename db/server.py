"""Which PostgreSQL server is used: that of DATABASE_URL if it is set, else the embedded one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from db.cluster import SUPERUSER
from db.embedded import EmbeddedServer, running
from db.errors import DatabaseAddressError, UnreachableServerError, UnsupportedServerError

APP_LOGIN = "crpm_app"
CONSOLE_LOGIN = "crpm_console"
_PROJECT = Path(__file__).resolve().parents[1]
_OLDEST_MAJOR_VERSION = 15
_CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    `owner_url` may build the schema and act as `crpm_owner`; `app_url` is the login of the application, `console_url` that
    of the SQL console, None where nobody has told its address.
    """

    owner_url: str
    app_url: str
    embedded: EmbeddedServer | None = None
    console_url: str | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether the server is the embedded one."""
        return self.embedded is not None

    def ensure_running(self) -> None:
        """Start the embedded server again if it was killed; a server of DATABASE_URL is left to its owner."""
        if self.embedded is not None:
            self.embedded.ensure_running()


@contextmanager
def open_server(*, database_url: str | None = None, data_dir: Path | None = None) -> Iterator[Server]:
    """Use the server at an address, else the embedded one of a data folder, else what the environment names.

    A server at an address is checked and otherwise left alone; the embedded one runs at least until the end.
    Raises a `ServerError`.
    """
    address = database_url or (None if data_dir else configured_url())
    if address:
        _check(address)
        yield Server(owner_url=address, app_url=address, console_url=configured_console_url())
        return
    forget_other_servers()
    with running(data_dir or configured_data_dir()) as embedded:
        yield Server(
            owner_url=embedded.url(SUPERUSER),
            app_url=embedded.url(APP_LOGIN),
            embedded=embedded,
            console_url=embedded.url(CONSOLE_LOGIN),
        )


def configured_url() -> str | None:
    """Return DATABASE_URL, or None for the embedded server."""
    return os.environ.get("DATABASE_URL", "").strip() or None


def configured_console_url() -> str | None:
    """Return CONSOLE_DATABASE_URL, the address of DATABASE_URL's server for the login of the SQL console."""
    return os.environ.get("CONSOLE_DATABASE_URL", "").strip() or None


def configured_data_dir() -> Path:
    """Return the data folder of the embedded server: CRPM_DATA_DIR, else one in the project."""
    return Path(os.environ.get("CRPM_DATA_DIR") or _PROJECT / ".data" / "postgres")


def forget_other_servers() -> None:
    """Drop the PG* variables of this process: libpq would mix them into the embedded server's address."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _check(address: str) -> None:
    """Raise unless a supported server answers at the address. No message tells the password."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise DatabaseAddressError from None
    # An unescaped @ or / in a password moves the rest of it to where messages would show it.
    ports = str(parts.get("port", "")).split(",")
    if "@" in str(parts.get("host")) or not all(port.isdigit() for port in ports if port):
        raise DatabaseAddressError
    try:
        with psycopg.connect(address, connect_timeout=_CONNECT_SECONDS) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise UnreachableServerError(reason=str(error).splitlines()[0]) from error
    if version < _OLDEST_MAJOR_VERSION * 10_000:
        raise UnsupportedServerError(found=version // 10_000, needed=_OLDEST_MAJOR_VERSION)
