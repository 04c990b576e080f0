"""The loader against psql's \\copy of the same rows, already clean, and against pandas; and the memory that it takes."""

import csv
import importlib.util
import itertools
import re
import shutil
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import pandas as pd
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.embedded import EmbeddedServer
from db.install import install
from db.pool import Actor
from db.postgres_processes import program
from loader.demo import generate
from loader.loading import load
from loader.reading import Record, inspect
from tests.bench.report import heading, row

REAL_DATA = Path(__file__).parents[3] / "shared" / "data" / "global-electronics"
TABLES = ("orders", "order_lines")
ADMIN = Actor(user_name="bench", role="crpm_admin", channel="loader")
# As many as the real file has.
APPENDED = 62_884


def against_copy(server: EmbeddedServer, folder: Path, *, lines: int, runs: int) -> None:
    """Print medians of a first load and of an append on top of it, and what the ways take beside each other.

    All write the same rows into the same tables with their keys, foreign keys and indexes. The loader reads the messy
    files, cleans them and accounts for them too.
    """
    first, more = _make_files(folder, lines)
    seconds: list[dict[str, float]] = []
    memory = 0.0
    for run in range(runs):
        measured, peak = _one_run(server, folder, first, more, name=f"bench_loads_{run}")
        seconds.append(measured)
        memory = max(memory, peak)
    heading(f"Seconds to load {lines:,} lines", "median", "loader takes")
    for way, told in (
        ("loader", "the loader, messy files"),
        ("copy", "\\copy, clean rows"),
        ("pandas", "pandas to_sql"),
    ):
        _row(told, seconds, way, "loader")
    heading(f"Seconds to append {APPENDED:,} lines", "median", "loader takes")
    _row("the loader, messy files", seconds, "append", "append")
    _row("\\copy, clean rows", seconds, "copy_more", "append")
    heading("Peak memory of the loader's process", "MB")
    row("of all loads", f"{memory:,.0f}")


def _row(told: str, seconds: list[dict[str, float]], way: str, loader: str) -> None:
    """One way's median, and how many times that the loader takes in the same run."""
    if way not in seconds[0]:
        row(told, "not measured", "-")
        print("  pandas writes to PostgreSQL through SQLAlchemy: pip install sqlalchemy to measure it.")
        return
    ratio = median(measured[loader] / measured[way] for measured in seconds)
    row(
        told,
        f"{median(measured[way] for measured in seconds):.2f}",
        "" if way == loader else f"{ratio:.2f} x",
    )


def _one_run(
    server: EmbeddedServer, folder: Path, first: Path, more: Path, *, name: str
) -> tuple[dict[str, float], float]:
    """Each way's seconds, and the loader's peak in MB."""
    owner = server.url("postgres", "postgres")
    url, other = (make_conninfo(owner, dbname=database) for database in (name, f"{name}_copied"))
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    install(url)
    seconds, peaks = {}, []
    for way, source in (("loader", first), ("append", more)):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            seconds[way], peak = process.submit(_load, url, source).result()
        peaks.append(peak)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(f"{name}_copied"), sql.Identifier(name)
            )
        )
    for load_id in (1, 2):
        for table in TABLES:
            _copy_out(url, table, folder, load_id)
    _empty(other)
    for way, load_id in (("copy", 1), ("copy_more", 2)):
        began = time.perf_counter()
        for table in TABLES:
            _psql(other, f"\\copy crpm.{table} from '{_clean_rows(folder, table, load_id)}'")
        seconds[way] = time.perf_counter() - began
    if importlib.util.find_spec("sqlalchemy"):
        _empty(other)
        seconds["pandas"] = _write_with_pandas(other, url)
    with psycopg.connect(owner, autocommit=True) as connection:
        for database in (name, f"{name}_copied"):
            connection.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(database)))
    return seconds, max(peaks)


def _load(url: str, folder: Path) -> tuple[float, float]:
    """Load a folder in this process: seconds, and its peak in MB."""
    began = time.perf_counter()
    load(url, folder, actor=ADMIN)
    taken = time.perf_counter() - began
    # Not what getrusage tells: that begins with the memory of the process that started this one.
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return taken, int(peak) / 1024


def _clean_rows(folder: Path, table: str, load_id: int) -> Path:
    return folder / f"{table}_{load_id}.txt"


def _copy_out(url: str, table: str, folder: Path, load_id: int) -> None:
    """Write the rows of a load into a file, as \\copy takes them."""
    rows = f"SELECT t.* FROM crpm.{table} AS t INNER JOIN crpm.load_files AS f USING (load_file_id) WHERE f.load_id = {load_id} ORDER BY t.order_id"
    columns = _psql(
        url,
        f"SELECT string_agg('t.' || attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'crpm.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
    )
    _psql(
        url, f"\\copy ({rows.replace('t.*', columns.strip(), 1)}) to '{_clean_rows(folder, table, load_id)}'"
    )


def _empty(url: str) -> None:
    """Leave everything but orders, and what depends on them; the other ways begin as the loader did."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE crpm.orders, crpm.order_lines, crpm.payments, crpm.returns, crpm.stock_movements"
        )
        # pandas writes every column, and does not say that it overrides this one.
        connection.execute("ALTER TABLE crpm.orders ALTER order_id SET GENERATED BY DEFAULT")
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _psql(url: str, command: str) -> str:
    done = subprocess.run(
        [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", command, url],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr}")
    return done.stdout


def _write_with_pandas(url: str, loaded: str) -> float:
    """Seconds that pandas takes to write the rows of a first load, which it has in memory."""
    # Nothing else needs it, so it may be missing.
    from sqlalchemy import create_engine
    from sqlalchemy import inspect as reflect

    frames = {}
    with psycopg.connect(loaded) as connection:
        for table in TABLES:
            cursor = connection.execute(
                sql.SQL(
                    "SELECT t.* FROM crpm.{} AS t INNER JOIN crpm.load_files AS f USING (load_file_id) WHERE f.load_id = 1"
                ).format(sql.Identifier(table))
            )
            frames[table] = pd.DataFrame(
                cursor.fetchall(), columns=[column.name for column in cursor.description or ()]
            )
    parts = conninfo_to_dict(url)
    engine = create_engine("postgresql+psycopg://", connect_args=parts)
    types = {
        table: {
            column["name"]: column["type"] for column in reflect(engine).get_columns(table, schema="crpm")
        }
        for table in TABLES
    }
    began = time.perf_counter()
    for table, frame in frames.items():
        frame.to_sql(
            table,
            engine,
            schema="crpm",
            if_exists="append",
            index=False,
            chunksize=10_000,
            dtype=types[table],
        )
    taken = time.perf_counter() - began
    engine.dispose()
    return taken


def _make_files(folder: Path, lines: int) -> tuple[Path, Path]:
    """Files of the real shape with so many sales lines, and more of them to append, under new order numbers."""
    source = folder / "source"
    if REAL_DATA.is_dir():
        source = REAL_DATA
    else:
        generate(source, today=datetime.now(UTC).date())
    first, more = folder / "first", folder / "more"
    sales = next(path for path in source.iterdir() if path.name == "Sales.csv")
    form = inspect(sales)
    records = list(form.records())
    copies = enumerate(itertools.chain.from_iterable(itertools.repeat(records)))
    for target, count in ((first, lines), (more, APPENDED)):
        target.mkdir()
        with (target / "Sales.csv").open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(form.header)
            rows.writerows(
                _renumbered(record, place // len(records))
                for place, record in itertools.islice(copies, count)
            )
    for path in source.iterdir():
        if path.suffix == ".csv" and path.name not in ("Sales.csv", "Stock.csv"):
            shutil.copy(path, first)
    return first, more


def _renumbered(record: Record, copy: int) -> list[str]:
    """The same cells with an order number that no other copy has; the order number stands first."""
    number, *others = record.cells
    return [f"{number}{copy:04}" if number else number, *others]
