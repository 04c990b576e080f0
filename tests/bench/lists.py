"""The lists of customers and products at their largest: each query, and a page through HTTP, for one user and for twenty."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

import gradio as gr
import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from app.server import create_app
from app.ui import shell
from app.ui.page import TabSpec
from app.ui.tabs import customers, customers_filters, products, products_filters
from app.workspace import Workspace
from db.embedded import EmbeddedServer
from db.install import install
from db.pool import Database, Work
from tests.bench.report import heading, row
from tests.browser import serving

HERE = Path(__file__).parent
USERS = 20
FILTERS = {
    "customers": customers_filters.ADDRESS.first.values,
    "products": products_filters.ADDRESS.first.values,
}

# What a page of each tab is asked for: the keys of its address, in turn. {n} is another number each time.
ASKED: dict[str, dict[str, list[str]]] = {
    "customers": {
        "list": [
            "?",
            "?sort=city",
            "?country=DE",
            "?country=FR&state=State+3",
            "?gender=female&age=30-40",
            "?segment=Loyal",
        ],
        "search": [
            "?search=p{n}@example",
            "?search=ab{n}",
            "?search=cafe",
            "?search=a",
            "?search=nobody+here",
        ],
        "typed wrong": ["?search=79b1a547", "?search=Cb00de+79b1a574", "?search=p{n}@exmaple.com"],
        "deep page": ["?at=9999&after={n}", "?sort=-city&at=9999&after={n}", "?at=-1&before=end"],
        "card": ["{n}"],
    },
    "products": {
        "list": ["?", "?sort=-sku", "?category=3", "?brand=Brand+7&store=2", "?category=3&sort=on_hand"],
        "hard filters": ["?stock=low", "?stock=out", "?stock=out&store=3", "?sales=never"],
        "search": ["?search=P-{n}", "?search=abc", "?search=a", "?search=nothing+like+it"],
        "typed wrong": ["?search=PP-{n}"],
        "deep page": ["?at=999&after={n}", "?sort=-sku&at=999&after={n}", "?at=-1&before=end"],
        "card": ["{n}"],
    },
}


@dataclass(slots=True)
class Ran:
    """How long each query file took, in milliseconds, by how many users there were."""

    users: int = 1
    times: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def note(self, work: Work) -> None:
        for one in work.ran:
            self.times.setdefault((one.name, self.users), []).append(one.seconds * 1000)


def pages(server: EmbeddedServer, *, runs: int, customers_count: int, products_count: int) -> None:
    """Print p50 and p95 in milliseconds of every query file that the pages run, and of the pages through HTTP."""
    app_url = _shop(server, customers_count, products_count)
    with _served(app_url) as (address, ran):
        sizes = {"customers": customers_count, "products": products_count}
        heading("Pages through HTTP, ms", "p50", "p95", f"p50 x{USERS}", f"p95 x{USERS}")
        for tab, asked in ASKED.items():
            with httpx.Client(base_url=address, timeout=120) as client:
                config = client.get("/config").json()
            for name, keys in asked.items():
                ask = partial(_ask, address, _handler(config, tab), tab)
                turns = [key.format(n=1 + 7919 * place % sizes[tab]) for place, key in _turns(keys, runs)]
                alone = _timed(ask, turns, ran, users=1)
                together = _timed(ask, turns * 2, ran, users=USERS)
                row(f"{tab}, {name}", *(f"{value:,.0f}" for value in (*alone, *together)))
        heading("Query files, ms", "p50", "p95", f"p50 x{USERS}", f"p95 x{USERS}")
        for query in sorted({name for name, _ in ran.times}):
            alone, together = (_middle_and_end(ran.times[query, users]) for users in (1, USERS))
            row(query, *(f"{value:,.1f}" for value in (*alone, *together)))


def _turns(keys: list[str], runs: int) -> Iterator[tuple[int, str]]:
    return itertools.islice(enumerate(itertools.cycle(keys), 1), 20 * runs)


@contextmanager
def _served(app_url: str) -> Iterator[tuple[str, Ran]]:
    ran = Ran()
    database = Database(app_url, note=ran.note)
    workspace = Workspace(database)

    def tabs() -> gr.Blocks:
        return shell.build(
            [
                TabSpec("customers", "Customers", partial(customers.build, workspace)),
                TabSpec("products", "Products", partial(products.build, workspace)),
            ]
        )

    try:
        with serving(lambda: create_app(tabs())) as address:
            yield address, ran
    finally:
        database.close()


def _handler(config: dict[str, Any], tab: str) -> int:
    """The handler that reads what a tab shows when it comes on screen."""
    component = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == tab)
    return next(
        int(one["id"]) for one in config["dependencies"] if [component, "select"] in map(list, one["targets"])
    )


def _ask(address: str, handler: int, tab: str, client: httpx.Client, session: str, key: str) -> None:
    answer = client.post(
        f"{address}/gradio_api/run/predict",
        json={
            "data": [{"tab": tab, "key": key}, *FILTERS[tab]],
            "fn_index": handler,
            "session_hash": session,
            "event_data": None,
        },
    )
    answer.raise_for_status()
    if "cannot be shown" in answer.text:
        raise RuntimeError(answer.text[-2_000:])


def _timed(
    ask: Callable[[httpx.Client, str, str], None], turns: list[str], ran: Ran, *, users: int
) -> tuple[float, float]:
    """p50 and p95 in milliseconds; the users ask from threads of the server's own process."""
    ran.users = users

    def work(own: list[str]) -> list[float]:
        session, taken = uuid4().hex, []
        with httpx.Client(timeout=120) as client:
            for key in own:
                begun = time.perf_counter()
                ask(client, session, key)
                taken.append((time.perf_counter() - begun) * 1000)
        return taken

    with ThreadPoolExecutor(users) as threads:
        shares = threads.map(work, [turns[place::users] for place in range(users)])
        return _middle_and_end([taken for share in shares for taken in share])


def _middle_and_end(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    parts = quantiles(values, n=20, method="inclusive")
    return parts[9], parts[18]


def _shop(server: EmbeddedServer, customers_count: int, products_count: int) -> str:
    owner = server.url("postgres", "postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(b"CREATE DATABASE bench_lists")
    url = make_conninfo(owner, dbname="bench_lists")
    install(url)
    text = (HERE / "lists.sql").read_text(encoding="utf-8")
    sizes = {"customers": customers_count, "products": products_count, "orders": customers_count // 2}
    for name, size in sizes.items():
        text = text.replace(f"{{{name}}}", str(size))
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in text.split(";\n"):
            connection.execute(statement.encode())
    return make_conninfo(url, user="crpm_app")
