"""Starting up, step by step, each of them printed."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psycopg

from app import logs
from app.access.door import Door
from app.config import Settings
from app.console import SqlConsole
from app.demo import MAX_UPLOAD_MB, Demo, forget_uploads
from app.errors import CrpmError
from app.listening import CannotListenError, bind
from app.monitoring import Monitoring
from app.repositories.reference import CompanySettings, ReferenceRepository
from app.upkeep import Upkeep
from app.workspace import LOCAL_ACTOR, Workspace
from db.console import Console
from db.errors import SchemaError
from db.install import install
from db.pool import Actor, Database
from db.server import Server, open_server
from db.versions import Schema, read_schema, require_current
from loader.account import Report
from loader.cells import DateOrder, DecimalMark
from loader.demo import generate
from loader.errors import LoadError
from loader.loading import load
from loader.mapping import Mapping
from loader.progress import Progress
from loader.undoing import undo

if TYPE_CHECKING:
    # Gradio takes seconds to import.
    import gradio as gr
    from fastapi import FastAPI

DEMO_COMPANY = "Fjord & Field"


class StartError(Exception):
    """The app cannot start; the message says why in one line."""


def step(text: str) -> None:
    """Print what is being done."""
    if logging.getLogger("crpm").isEnabledFor(logging.INFO):
        logging.getLogger("crpm").info(text, extra={"facts": {"event": "start", "message": text}})
    else:
        print(text, flush=True)


def each_step() -> Progress:
    """Prints each step of a load once, however often it tells how far it has come."""
    printed: list[str] = []

    def tell(text: str) -> None:
        if printed[-1:] != [text]:
            printed.append(text)
            step(f"  {text}")

    return tell


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turn what the database or a load refuses into a StartError."""
    try:
        yield
    except (LoadError, CrpmError) as error:
        raise StartError(str(error)) from error
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()
        raise StartError(f"The database refuses: {reason[0] if reason else type(error).__name__}.") from error


@dataclass(frozen=True, slots=True)
class Loads:
    """What the Data tab can have loaded, on the server that was started."""

    owner_url: str
    monitoring: Monitoring | None = None

    @contextmanager
    def _noted(self, outcome: str) -> Iterator[None]:
        began = time.perf_counter()
        is_done = False
        try:
            yield
            is_done = True
        finally:
            if self.monitoring:
                self.monitoring.note_load(outcome if is_done else "refused", time.perf_counter() - began)

    def load_files(
        self,
        folder: Path,
        date_order: DateOrder | None,
        actor: Actor,
        progress: Progress,
        *,
        decimal: DecimalMark | None = None,
        mapping: Mapping | None = None,
        is_live: bool = False,
        create_customers: bool = False,
        is_dry_run: bool = False,
    ) -> Report:
        """Load a folder of files; raises LoadError, with nothing loaded."""
        with self._noted("tried" if is_dry_run else "loaded"):
            return load(
                self.owner_url,
                folder,
                actor=actor,
                date_order=date_order,
                decimal=decimal,
                mapping=mapping,
                is_live=is_live,
                create_customers=create_customers,
                is_dry_run=is_dry_run,
                progress=progress,
            )

    def undo(self, load_id: int, actor: Actor, progress: Progress) -> None:
        """Take a load back; raises LoadError, with nothing taken back."""
        with self._noted("undone"):
            undo(self.owner_url, load_id, actor=actor, progress=progress)

    def load_demo(self, actor: Actor, progress: Progress) -> Report:
        """Invent the demo retailer up to yesterday and load it."""
        with TemporaryDirectory(prefix="crpm-demo-") as name, self._noted("loaded"):
            progress("Inventing four years of a retailer")
            generate(Path(name), today=datetime.now(UTC).date())
            return load(
                self.owner_url,
                Path(name),
                actor=actor,
                source_system="demo",
                company_name=DEMO_COMPANY,
                is_demo=True,
                progress=progress,
            )


@dataclass(frozen=True, slots=True)
class Resources:
    """What is open while the app serves."""

    server: Server
    database: Database
    console: Console | None
    demo: Demo | None
    monitoring: Monitoring
    upkeep: Upkeep


def run(settings: Settings) -> None:
    """Start everything, serve until Ctrl-C or SIGTERM, and stop everything.

    Raises StartError or ServerError where it cannot start.
    """
    if settings.share and not (settings.auth or settings.demo):
        raise StartError("A link is for everybody who gets to know it: add --auth, or --demo, to --share.")
    logs.set_up(settings.log)
    with _listener(settings) as listener, _opened(settings) as opened:
        with told_in_one_line():
            workspace = Workspace(opened.database)
            loads = Loads(opened.server.owner_url, opened.monitoring)
            _fill(workspace, loads, settings, opened.server)
            minor_units = _minor_units(workspace)
            needs_sign_in = settings.auth or opened.demo is not None or not _is_local(settings.host)
            door = Door(workspace, demo=opened.demo) if needs_sign_in else None
            opened.upkeep.begin()
        # Importing Gradio takes seconds: whatever is wrong up to here is said without it.
        from app.server import serve

        app = _application(settings, opened, loads, door, minor_units)
        _announce(settings, listener, door)
        with _link(listener.getsockname()[1]) if settings.share else nullcontext():
            serve(app, listener, stop_seconds=settings.stop_seconds)
        step("Stopping")


def _listener(settings: Settings) -> socket.socket:
    try:
        return bind(settings.host, settings.port)
    except CannotListenError as error:
        raise StartError(str(error)) from error


@contextmanager
def _opened(settings: Settings) -> Iterator[Resources]:
    """The server, its database with the schema, and the connections to it; all of them closed at the end."""
    monitoring = Monitoring(slow_query_seconds=settings.slow_query_ms / 1000)
    step("Connecting to DATABASE_URL" if settings.database_url else "Starting PostgreSQL")
    with (
        open_server(database_url=settings.database_url, data_dir=settings.data_dir) as server,
        ExitStack() as stack,
    ):
        with told_in_one_line():
            demo = _demo(settings, server.owner_url)
            if install(server.owner_url):
                step("Built the schema")
        console = _console(server)
        if console:
            stack.callback(console.close)
        database = Database(
            server.app_url,
            revive=server.ensure_running if server.is_embedded else None,
            note=monitoring.note_work,
        )
        stack.callback(database.close)
        if demo:
            stack.callback(demo.end)
        upkeep = Upkeep(database)
        stack.callback(upkeep.end)
        monitoring.watch_pool(database.pool_figures)
        yield Resources(server, database, console, demo, monitoring, upkeep)


def _application(
    settings: Settings, opened: Resources, loads: Loads, door: Door | None, minor_units: dict[str, int]
) -> "FastAPI":
    """The web application with its page, over what is open."""
    from app import operation
    from app.documents.routes import router
    from app.server import LOCAL_HOSTS, create_app
    from app.ui import format as written
    from app.ui import page, shell, uploads

    demo = opened.demo
    max_upload_mb = settings.max_upload_mb or (MAX_UPLOAD_MB if demo else 200)
    uploads.unpack_at_most(max_upload_mb * 10_000_000)
    written.know_currencies(minor_units)
    served = Workspace(opened.database, needs_sign_in=door is not None)
    sql_console = SqlConsole(opened.console) if opened.console else None
    whole = shell.build(page.tabs(served, loads, sql_console), identity=page.identity(served, demo=demo))
    app = create_app(
        whole,
        documents=router(served, sql_console),
        operation=operation.router(
            opened.monitoring,
            why_not_ready=partial(_why_not_ready, Workspace(opened.database), read_schema()),
            metrics_token=settings.metrics_token,
        ),
        monitoring=opened.monitoring,
        door=door,
        allowed_hosts=settings.allowed_hosts if door else LOCAL_HOSTS,
        max_upload_mb=max_upload_mb,
        trusted_proxies=list(map(str, settings.forwarded_allow_ips)),
        root_path=settings.root_path,
        frame_ancestors=settings.frame_ancestors,
    )
    if demo:
        demo.forget = partial(_forget, whole)
        demo.keep()
    return app


def _announce(settings: Settings, listener: socket.socket, door: Door | None) -> None:
    """Say where the app is, and how the first administrator comes in."""
    host, port = listener.getsockname()[:2]
    step(f"CRPM is ready: http://{host}:{port}  (Ctrl-C stops it)")
    if door and door.setup_token:
        link = f"http://{host}:{port}{settings.root_path}/setup?token={door.setup_token}"
        step(f"Nobody can sign in yet. This link makes the first administrator, once: {link}")


def _console(server: Server) -> Console | None:
    """The connections of the SQL console, where its login has an address."""
    if server.console_url is None:
        return None
    return Console(server.console_url, revive=server.ensure_running if server.is_embedded else None)


def _demo(settings: Settings, owner_url: str) -> Demo | None:
    """The demo, its database in the state of the present period, where there is to be one."""
    if not settings.demo:
        return None

    def build(url: str) -> None:
        step("Making the state that the demo goes back to")
        install(url)
        Loads(url).load_demo(LOCAL_ACTOR, each_step())

    demo = Demo(owner_url, settings.demo_hours, build)
    demo.begin()
    step(f"This is a demo: everything goes back at {demo.next_return():%H:%M} UTC")
    return demo


def _forget(whole: "gr.Blocks") -> None:
    """Let go what Gradio keeps of the pages that were open, and of their files."""
    whole.state_holder.session_data.clear()
    whole.state_holder.time_last_used.clear()
    forget_uploads()


@contextmanager
def _link(port: int) -> Iterator[None]:
    from app.sharing import NoLinkError, shared

    try:
        with shared(port) as address:
            step(f"For people elsewhere, until this app stops: {address}")
            yield
    except NoLinkError as error:
        raise StartError(str(error)) from error


def _is_local(host: str) -> bool:
    """Whether nobody but this machine can connect to that address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _fill(workspace: Workspace, loads: Loads, settings: Settings, server: Server) -> None:
    """Load the demo data into a new embedded database, or where it is asked for."""
    wants_demo = settings.demo_data or (server.is_embedded and not settings.empty)
    if wants_demo and _company(workspace) is None:
        report = loads.load_demo(LOCAL_ACTOR, each_step())
        step(f"Loaded the demo data: {sum(file.loaded for file in report.files):,} rows")


def _company(workspace: Workspace) -> CompanySettings | None:
    with workspace.transaction() as connection:
        return ReferenceRepository(connection).settings()


def _minor_units(workspace: Workspace) -> dict[str, int]:
    with workspace.transaction() as connection:
        currencies = ReferenceRepository(connection).currencies()
    return {currency.currency_code: currency.minor_units for currency in currencies}


def _why_not_ready(workspace: Workspace, schema: Schema) -> str | None:
    """Why the database cannot be worked with, or None where it can."""
    try:
        with workspace.transaction() as connection:
            try:
                require_current(connection, schema)
            except SchemaError as error:
                return str(error)
    except CrpmError as error:
        return str(error)
    return None
