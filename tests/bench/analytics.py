"""The dashboard and every section of Analytics as the lines grow, beside pandas, DuckDB and views without rollups."""

import importlib
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import psycopg
from psycopg.conninfo import make_conninfo

from app.repositories.analytics import AnalyticsRepository, Filters, Horizon
from app.ui import questions
from app.ui.questions import customers, products, sales, stock
from app.ui.tabs.analytics import PERIODS
from app.ui.tabs.dashboard import spans
from app.upkeep import Upkeep
from db.embedded import EmbeddedServer
from db.install import install
from db.pool import Actor, Database
from loader.demo import generate
from loader.loading import load
from tests.bench.loads import REAL_DATA
from tests.bench.report import heading, row

HERE = Path(__file__).parent
MANAGER = Actor("bench", "crpm_manager")
# Each copy of an order has its id so much higher: see copies.sql.
APART = 1_000_000
READS_OF_DASHBOARD = 20
DASHBOARD = {
    "day": sales.HEADLINE,
    "month": sales.HEADLINE,
    "daily": sales.OVER_TIME_COMPARED,
    "monthly": sales.OVER_TIME_COMPARED,
    "best": products.BEST_SELLERS_SHORT,
    "customers": customers.TOP_CUSTOMERS_SHORT,
    "stock": stock.LOW_STOCK,
}
_ROLLED_UP = "('-infinity', 'infinity', NULL, NULL, NULL, NULL)"
_MONTHS = "(SELECT min(order_date) FROM crpm.orders), current_date, NULL, NULL, NULL, NULL"
# The same question of all sales there are: from the rollups, from the views of lines, in DuckDB's SQL, and in pandas.
QUESTIONS: dict[str, dict[str, Any]] = {
    "totals with orders": {
        "crpm": f"SELECT sum(revenue), sum(units), sum(orders) FROM analytics.sales_of_days{_ROLLED_UP}",
        "views": "SELECT sum(revenue), sum(units), count(DISTINCT order_id) FROM analytics.sales",
        "duckdb": "SELECT sum(revenue), sum(units), count(DISTINCT order_id) FROM lines",
        "pandas": lambda lines: (lines.revenue.sum(), lines.units.sum(), lines.order_id.nunique()),
    },
    "revenue by month": {
        "crpm": f"SELECT date_trunc('month', sold_on), sum(revenue) FROM analytics.sales_of_days{_ROLLED_UP} GROUP BY 1",
        "views": "SELECT date_trunc('month', sold_on), sum(revenue) FROM analytics.sales GROUP BY 1",
        "duckdb": "SELECT date_trunc('month', sold_on), sum(revenue) FROM lines GROUP BY 1",
        "pandas": lambda lines: lines.groupby(lines.sold_on.dt.to_period("M")).revenue.sum(),
    },
    "ten best products": {
        "crpm": "SELECT product_id, sum(units) AS sold FROM analytics.sales_of_products({from_on}, {to_on}, NULL, NULL, NULL, NULL)"
        " GROUP BY 1 ORDER BY sold DESC LIMIT 10",
        "views": "SELECT product_id, sum(units) AS sold FROM analytics.sales GROUP BY 1 ORDER BY sold DESC LIMIT 10",
        "duckdb": "SELECT product_id, sum(units) AS sold FROM lines GROUP BY 1 ORDER BY sold DESC LIMIT 10",
        "pandas": lambda lines: lines.groupby("product_id").units.sum().nlargest(10),
    },
    "categories with orders": {
        "crpm": "SELECT category_id, sum(revenue), sum(orders_of_category) + count(DISTINCT order_id)"
        " FROM analytics.sales_of_products({from_on}, {to_on}, NULL, NULL, NULL, NULL) GROUP BY 1",
        "views": "SELECT category_id, sum(revenue), count(DISTINCT order_id) FROM analytics.detailed_sales GROUP BY 1",
        "duckdb": "SELECT category_id, sum(revenue), count(DISTINCT order_id) FROM lines GROUP BY 1",
        "pandas": lambda lines: lines.groupby("category_id").agg({"revenue": "sum", "order_id": "nunique"}),
    },
    "stores with orders": {
        "crpm": f"SELECT store_id, sum(revenue), sum(orders) FROM analytics.sales_of_days{_ROLLED_UP} GROUP BY 1",
        "views": "SELECT store_id, sum(revenue), count(DISTINCT order_id) FROM analytics.sales GROUP BY 1",
        "duckdb": "SELECT store_id, sum(revenue), count(DISTINCT order_id) FROM lines GROUP BY 1",
        "pandas": lambda lines: lines.groupby("store_id").agg({"revenue": "sum", "order_id": "nunique"}),
    },
    "customers: last day, orders, revenue": {
        "crpm": f"SELECT customer_id, max(sold_on), sum(orders), sum(revenue) FROM analytics.sales_of_customers{_ROLLED_UP} GROUP BY 1",
        "views": "SELECT customer_id, max(sold_on), count(DISTINCT order_id), sum(revenue) FROM analytics.sales GROUP BY 1",
        "duckdb": "SELECT customer_id, max(sold_on), count(DISTINCT order_id), sum(revenue) FROM lines GROUP BY 1",
        "pandas": lambda lines: lines.groupby("customer_id").agg(
            {"sold_on": "max", "order_id": "nunique", "revenue": "sum"}
        ),
    },
}
_LINES = """
SELECT s.order_id, s.sold_on, s.store_id, coalesce(s.customer_id, 0) AS customer_id, s.product_id, s.category_id, s.units::bigint AS units,
    (s.revenue * 100)::bigint AS revenue
FROM analytics.detailed_sales AS s
"""


def figures(server: EmbeddedServer, folder: Path, *, runs: int, copies: list[int]) -> None:
    """Print milliseconds for so many copies of the real sales, or of the demo's where they are not there."""
    urls = _databases(server, folder, copies)
    databases = [Database(make_conninfo(url, user="crpm_app"), max_size=1) for url in urls]
    sizes = [_count(url) for url in urls]
    _roll_up(databases, sizes)
    for url in urls:
        _run(url, "VACUUM ANALYZE")
    _dashboard(databases, sizes)
    for period in ("Last 12 months", "All"):
        _sections(databases, sizes, period, runs)
    _beside_others(urls, sizes, copies, folder, runs)
    for database in databases:
        database.close()


def _databases(server: EmbeddedServer, folder: Path, copies: list[int]) -> list[str]:
    files = REAL_DATA
    if not files.is_dir():
        files = folder / "demo"
        generate(files)
    owner = server.url("postgres", "postgres")
    first = make_conninfo(owner, dbname="bench_analytics")
    _run(owner, "CREATE DATABASE bench_analytics")
    install(first)
    load(first, files, actor=Actor("bench", "crpm_admin", channel="loader"))
    urls = []
    for number in copies:
        _run(owner, f"CREATE DATABASE bench_analytics_{number} TEMPLATE bench_analytics")
        url = make_conninfo(owner, dbname=f"bench_analytics_{number}")
        _run(
            url,
            *(HERE / "copies.sql").read_text(encoding="utf-8").replace("{copies}", str(number)).split(";\n"),
        )
        urls.append(url)
    return urls


def _roll_up(databases: list[Database], sizes: list[int]) -> None:
    heading("Rolling up all sales, once", *(f"{size:,}" for size in sizes))
    row("seconds", *(f"{_seconds(Upkeep(database).fold):,.1f}" for database in databases))


def _dashboard(databases: list[Database], sizes: list[int]) -> None:
    heading("Dashboard, all its questions, ms", *(f"{size:,}" for size in sizes))
    taken = []
    for database in databases:
        days = spans(_horizon(database))
        asked = [(insight.question, days[panel].filters) for panel, insight in DASHBOARD.items()]
        _milliseconds(database, asked)
        taken.append(sorted(_milliseconds(database, asked) for _ in range(READS_OF_DASHBOARD)))
    row("p50", *(f"{median(times):,.0f}" for times in taken))
    row("p95", *(f"{times[int(0.95 * READS_OF_DASHBOARD) - 1]:,.0f}" for times in taken))


def _sections(databases: list[Database], sizes: list[int], period: str, runs: int) -> None:
    heading(f"Sections of Analytics, {period}, ms", *(f"{size:,}" for size in sizes))
    for section, panels in questions.SECTIONS.items():
        asked = dict.fromkeys(insight.question for panel_row in panels for insight in panel_row)
        taken, slowest = [], ""
        for database in databases:
            filters = _filters(database, period)
            times = {
                question: median(_milliseconds(database, [(question, filters)]) for _ in range(runs))
                for question in asked
            }
            taken.append(f"{sum(times.values()):,.0f}")
            slowest = max(times, key=times.__getitem__)
            slowest = f"{slowest} {times[slowest]:,.0f}"
        row(section, *taken, f"  most: {slowest}")


def _beside_others(urls: list[str], sizes: list[int], copies: list[int], folder: Path, runs: int) -> None:
    """Each question over all sales, in the four ways; the ways take turns within a run."""
    ways = ["crpm", "views", "pandas", *(["duckdb"] if importlib.util.find_spec("duckdb") else [])]
    if "duckdb" not in ways:
        print("\n  DuckDB is not measured: pip install duckdb to do so.")
    with psycopg.connect(urls[0]) as connection:
        once = pd.DataFrame(connection.execute(_LINES).fetchall(), columns=_columns(connection))
    once["sold_on"] = pd.to_datetime(once.sold_on)
    for url, size, number in zip(urls, sizes, copies, strict=True):
        lines = pd.concat([once.assign(order_id=once.order_id + APART * copy) for copy in range(number)])
        ask = _askers(url, lines, folder / f"lines_{number}.parquet", ways)
        heading(f"One question of {size:,} lines, ms", *ways)
        for name, told in QUESTIONS.items():
            times: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(runs):
                for way in ways:
                    times[way].append(1000 * _seconds(partial(ask[way], told[way])))
            row(name, *(f"{median(times[way]):,.0f}" for way in ways))


def _askers(
    url: str, lines: pd.DataFrame, parquet: Path, ways: list[str]
) -> dict[str, Callable[[Any], object]]:
    def in_sql(statement: str) -> object:
        with psycopg.connect(url) as connection:
            return connection.execute(
                statement.format(from_on=_quoted(first), to_on=_quoted(last))
            ).fetchall()

    first, last = lines.sold_on.min().date(), lines.sold_on.max().date()
    ask: dict[str, Callable[[Any], object]] = {
        "crpm": in_sql,
        "views": in_sql,
        "pandas": lambda question: question(lines),
    }
    if "duckdb" in ways:
        duckdb = importlib.import_module("duckdb")
        duckdb.sql(f"COPY (SELECT * FROM lines) TO '{parquet}'")
        duckdb.sql(f"CREATE OR REPLACE VIEW lines AS SELECT * FROM '{parquet}'")
        ask["duckdb"] = lambda statement: duckdb.sql(statement).fetchall()
    return ask


def _quoted(day: date) -> str:
    return f"DATE '{day}'"


def _columns(connection: psycopg.Connection) -> list[str]:
    described = connection.execute(f"{_LINES} LIMIT 0").description or []
    return [column.name for column in described]


def _horizon(database: Database) -> Horizon:
    with database.transaction(MANAGER) as connection:
        horizon = AnalyticsRepository(connection).find_horizon()
    assert horizon
    return horizon


def _filters(database: Database, period: str) -> Filters:
    horizon = _horizon(database)
    last = horizon.last_on or horizon.today
    return Filters(*PERIODS[period](last, horizon.first_on or last))


def _milliseconds(database: Database, asked: list[tuple[str, Filters]]) -> float:
    def read() -> None:
        with database.transaction(MANAGER) as connection:
            for question, filters in asked:
                AnalyticsRepository(connection).answer(question, filters)

    return 1000 * _seconds(read)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute("SELECT count(*) FROM crpm.order_lines").fetchone()[0])  # type: ignore[index]


def _run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
