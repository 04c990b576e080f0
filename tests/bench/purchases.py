"""Purchases per second: the project's function against a floor, through the repository, and as the tables grow."""

import os
import random
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from app.repositories.orders import OrdersRepository, PurchaseLine
from app.upkeep import Upkeep
from db.embedded import EmbeddedServer
from db.install import install
from db.pool import Actor, Database
from db.postgres_processes import program
from tests.bench.report import heading, row

HERE = Path(__file__).parent
PRODUCTS = {"uniform": "random(1, 2500)", "skewed": "random_zipfian(1, 2500, 1.2)"}
SCRIPTS = {"floor": "floor.sql", "function": "record_purchase.sql"}
TPS = re.compile(r"tps = ([\d.]+)")
FAILED = re.compile(r"number of failed transactions: (\d+)")
CORES = os.cpu_count() or 1


def against_the_floor(server: EmbeddedServer, folder: Path, *, seconds: int, runs: int) -> None:
    """Print medians and their ratio for 1, 8 and 32 clients; the two ways take turns within each run.

    The floor inserts the same rows with all their keys, and moves no stock.
    """
    url = _shop(server, "bench_purchases")
    heading("Purchases per second, three lines each", "floor", "function", "ratio", "deadlocks")
    for spread in PRODUCTS:
        for clients in (1, 8, 32):
            rates: dict[str, list[float]] = {way: [] for way in SCRIPTS}
            for _ in range(runs):
                for way in SCRIPTS:
                    script = _script(folder, way, spread)
                    rates[way].append(_pgbench(url, script, clients=clients, seconds=seconds))
            floor, function = median(rates["floor"]), median(rates["function"])
            row(
                f"{spread}, {clients} clients",
                f"{floor:,.0f}",
                f"{function:,.0f}",
                f"{function / floor:.2f}",
                _deadlocks(url),
            )


def beside_rollups(server: EmbeddedServer, folder: Path, *, seconds: int, runs: int) -> None:
    """Print what it costs that each purchase notes its day, and that sales are rolled up meanwhile, all the time."""
    url = _shop(server, "bench_rollups")
    heading("Purchases per second beside rollups", "not noted", "noted", "ratio", "folded", "ratio")
    for spread in PRODUCTS:
        script = _script(folder, "function", spread)
        for clients in (8, 32):
            rates: dict[str, list[float]] = {"not noted": [], "noted": [], "folded": []}
            for _ in range(runs):
                for way in rates:
                    _switch_notes(url, on=way != "not noted")
                    with _folding(url) if way == "folded" else nullcontext():
                        rates[way].append(_pgbench(url, script, clients=clients, seconds=seconds))
            without, noted, folded = (median(measured) for measured in rates.values())
            row(
                f"{spread}, {clients} clients",
                f"{without:,.0f}",
                f"{noted:,.0f}",
                f"{noted / without:.2f}",
                f"{folded:,.0f}",
                f"{folded / without:.2f}",
            )


def _switch_notes(url: str, *, on: bool) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            f"ALTER TABLE crpm.orders {'ENABLE' if on else 'DISABLE'} TRIGGER tg_orders__note_recorded_days".encode()
        )


@contextmanager
def _folding(url: str) -> Iterator[None]:
    """Somebody rolls sales up, as often as the app does."""
    database = Database(make_conninfo(url, user="crpm_app"), max_size=1)
    upkeep = Upkeep(database)
    upkeep.begin()
    try:
        yield
    finally:
        upkeep.end()
        database.close()


def through_the_repository(server: EmbeddedServer, folder: Path, *, seconds: int, runs: int) -> None:
    """Print what one process a core records through the repository, beside as many clients of pgbench."""
    url = _shop(server, "bench_repository")
    app_url = make_conninfo(url, user="crpm_app")
    script = _script(folder, "function", "uniform")
    rates: dict[str, list[float]] = {"pgbench": [], "repository": []}
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as processes:
        for _ in range(runs):
            rates["pgbench"].append(_pgbench(url, script, clients=CORES, seconds=seconds))
            recorded = processes.map(_record, [app_url] * CORES, [seconds] * CORES)
            rates["repository"].append(sum(recorded))
    pgbench, repository = median(rates["pgbench"]), median(rates["repository"])
    heading("Purchases per second, through Python", "pgbench", "repository", "ratio")
    row(f"{CORES} clients", f"{pgbench:,.0f}", f"{repository:,.0f}", f"{repository / pgbench:.2f}")


def as_tables_grow(server: EmbeddedServer, folder: Path, *, seconds: int, runs: int, lines: int) -> None:
    """Print the function's rate on a small and a large history, in lines; the two take turns within each run."""
    sizes = (60_000, lines)
    urls = []
    for size in sizes:
        url = _shop(server, f"bench_{size}_lines")
        history = (HERE / "history.sql").read_text(encoding="utf-8").replace("{orders}", str(size // 3))
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in history.split(";\n"):
                connection.execute(statement.encode())
        urls.append(url)
    script = _script(folder, "function", "uniform")
    rates: list[list[float]] = [[], []]
    for _ in range(runs):
        for place, url in enumerate(urls):
            rates[place].append(_pgbench(url, script, clients=8, seconds=seconds))
    small, large = (median(measured) for measured in rates)
    heading("Purchases per second, lines there before", *(f"{size:,}" for size in sizes), "ratio")
    row("uniform, 8 clients", f"{small:,.0f}", f"{large:,.0f}", f"{large / small:.2f}")


def _shop(server: EmbeddedServer, name: str) -> str:
    """The address of a new database with the shop of purchases.sql."""
    owner = server.url("postgres", "postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = make_conninfo(owner, dbname=name)
    install(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((HERE / "purchases.sql").read_bytes())
    return url


def _script(folder: Path, way: str, spread: str) -> Path:
    text = (HERE / SCRIPTS[way]).read_text(encoding="utf-8").replace("{product}", PRODUCTS[spread])
    script = folder / f"{way}_{spread}.sql"
    script.write_text(text, encoding="utf-8")
    return script


def _record(app_url: str, seconds: int) -> float:
    """Purchases per second that this process records as a clerk, each in a transaction of its own."""
    database = Database(app_url)
    clerk = Actor("bench", "crpm_clerk")
    chance = random.Random(os.getpid())  # noqa: S311 - which product is bought is no secret
    recorded = 0
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        lines = [
            PurchaseLine(product_id=product, quantity=Decimal(1))
            for product in chance.sample(range(1, 2501), 3)
        ]
        with database.transaction(clerk) as connection:
            OrdersRepository(connection).record(
                store_id=chance.randint(1, 10),
                customer_id=chance.randint(1, 15_000),
                lines=lines,
                request_id=uuid4(),
            )
        recorded += 1
    rate = recorded / (time.perf_counter() - begun)
    database.close()
    return rate


def _deadlocks(url: str) -> object:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return found[0] if found else "?"


def _pgbench(url: str, script: Path, *, clients: int, seconds: int) -> float:
    command = [program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2))]
    done = subprocess.run(
        [*command, "-T", str(seconds), "-f", script, url],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    if (failed := FAILED.search(done.stdout)) and failed[1] != "0":
        raise RuntimeError(f"{failed[1]} transactions failed:\n{done.stderr}")
    found = TPS.search(done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])
