"""Purchases per second: the project's function against a floor, the same rows inserted without any stock logic."""

import os
import re
import subprocess
from pathlib import Path
from statistics import median

import psycopg
from psycopg.conninfo import make_conninfo

from db.embedded import EmbeddedServer
from db.install import install
from db.postgres_processes import program
from tests.bench.report import heading, row

HERE = Path(__file__).parent
PRODUCTS = {"uniform": "random(1, 2500)", "skewed": "random_zipfian(1, 2500, 1.2)"}
SCRIPTS = {"floor": "floor.sql", "function": "record_purchase.sql"}
TPS = re.compile(r"tps = ([\d.]+)")
FAILED = re.compile(r"number of failed transactions: (\d+)")


def measure(server: EmbeddedServer, folder: Path, *, seconds: int, runs: int) -> None:
    """Print medians and their ratio for 1, 8 and 32 clients; the two ways take turns within each run."""
    owner = server.url("postgres", "postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench_purchases")
    url = make_conninfo(owner, dbname="bench_purchases")
    install(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((HERE / "purchases.sql").read_bytes())
    heading("Purchases per second, three lines each", "floor", "function", "ratio", "deadlocks")
    for spread, product in PRODUCTS.items():
        for way, script in SCRIPTS.items():
            text = (HERE / script).read_text(encoding="utf-8").replace("{product}", product)
            (folder / f"{way}.sql").write_text(text, encoding="utf-8")
        for clients in (1, 8, 32):
            rates: dict[str, list[float]] = {way: [] for way in SCRIPTS}
            for _ in range(runs):
                for way in SCRIPTS:
                    rates[way].append(_pgbench(url, folder / f"{way}.sql", clients, seconds))
            with psycopg.connect(url) as connection:
                deadlocks = connection.execute(
                    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
                ).fetchone()
            floor, function = median(rates["floor"]), median(rates["function"])
            row(
                f"{spread}, {clients} clients",
                f"{floor:,.0f}",
                f"{function:,.0f}",
                f"{function / floor:.2f}",
                deadlocks[0] if deadlocks else "?",
            )


def _pgbench(url: str, script: Path, clients: int, seconds: int) -> float:
    done = subprocess.run(
        [
            program("pgbench"),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-T",
            str(seconds),
            "-f",
            script,
            url,
        ],
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
