"""What the app tells machines: whether it is ready, its figures, its log; and how it stops."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from typing import Any

import gradio as gr
import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app import operation
from app.documents.routes import router
from app.logs import JsonFormatter
from app.monitoring import PURCHASE, Monitoring
from app.repositories.analytics import AnalyticsRepository
from app.repositories.customers import CustomerFilter, CustomersRepository
from app.running import RunningWork
from app.server import create_app
from app.start import Loads, _why_not_ready
from app.ui.handlers import guarded
from app.workspace import LOCAL_ACTOR, Workspace
from db.pool import Actor, Database, Ran, Work
from db.versions import read_schema
from loader.errors import LoadError
from tests.browser import serving, within_event_loop
from tests.conftest import OwnDatabase

TOKEN = SecretStr("for-tests")


@contextmanager
def told_as_json() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged meanwhile, as CRPM_LOG=json writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root, ours = logging.getLogger(), logging.getLogger("crpm")
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        ours.setLevel(logging.NOTSET)
        root.removeHandler(handler)


@contextmanager
def watched(own: OwnDatabase, monitoring: Monitoring) -> Iterator[Workspace]:
    database = Database(own.app_url, max_size=1, note=monitoring.note_work)
    monitoring.watch_pool(database.pool_figures)
    try:
        yield Workspace(database)
    finally:
        database.close()


@pytest.fixture(scope="module")
def client(shop_of_module: OwnDatabase) -> Iterator[TestClient]:
    """The app over a shop with all that machines ask for."""
    monitoring = Monitoring()
    with watched(shop_of_module, monitoring) as workspace:
        routes = operation.router(monitoring, why_not_ready=lambda: None, metrics_token=TOKEN)
        app = within_event_loop(
            lambda: create_app(
                gr.Blocks(), documents=router(workspace), operation=routes, monitoring=monitoring
            )
        )
        with TestClient(app, base_url="http://localhost") as client:
            yield client


def figures(client: TestClient) -> str:
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN.get_secret_value()}"}).text


def test_readiness_follows_the_check_and_ends_with_the_order_to_stop() -> None:
    reasons = iter([None, "The database is gone."])
    routes = operation.router(Monitoring(), why_not_ready=lambda: next(reasons), metrics_token=None)
    app = within_event_loop(lambda: create_app(gr.Blocks(), operation=routes))
    with TestClient(app, base_url="http://localhost") as client:
        assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (200, 200)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, "The database is gone.")
        app.state.running.is_stopping = True
        assert client.get("/readyz").json()["reason"] == "The app is stopping."
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_app_is_ready_with_a_database_of_its_own_schema_only(
    shop_of_module: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = read_schema()
    with watched(shop_of_module, Monitoring()) as workspace:
        assert _why_not_ready(workspace, schema) is None
        other = replace(schema, text=schema.text + "SELECT 1;")
        assert "another db/schema.sql" in (_why_not_ready(workspace, other) or "")
    monkeypatch.setattr("db.pool.PATIENCE_SECONDS", 0.05)
    unreachable = OwnDatabase(owner_url="", app_url="host=/nonexistent")
    with watched(unreachable, monitoring := Monitoring()) as workspace:
        assert "database" in (_why_not_ready(workspace, schema) or "").lower()
    assert 'crpm_transactions_total{outcome="no connection"} 1.0' in monitoring.figures().decode()


def test_figures_are_for_whoever_has_the_token(client: TestClient) -> None:
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "for-tests"}):
        assert client.get("/metrics", headers=wrong).status_code == 401
    assert "crpm_pool_size 1.0" in figures(client)


def test_requests_are_told_by_their_route_and_never_by_their_address(client: TestClient) -> None:
    with told_as_json() as told:
        assert client.get("/exports/customers/1.csv").status_code == 200
        assert client.get("/exports/orders.csv?text=Bianchi").status_code == 200
        assert client.get("/Bianchi").status_code == 404
        assert client.get("/readyz").status_code == 200
    requests = [line for line in told() if line["event"] == "request"]
    assert [(line["method"], line["status"]) for line in requests] == [
        ("GET", 200),
        ("GET", 200),
        ("GET", 404),
    ]
    assert requests[0]["route"] == "/exports/customers/{customer}.{kind}"
    assert "Bianchi" not in json.dumps(told())
    after = figures(client)
    assert 'crpm_requests_total{method="GET",route="/exports/orders.{kind}",status="200"} 1.0' in after
    assert "Bianchi" not in after


def test_queries_are_told_by_their_file_with_who_asked_and_without_what_was_asked(
    shop_of_module: OwnDatabase,
) -> None:
    monitoring = Monitoring(slow_query_seconds=0)
    with watched(shop_of_module, monitoring) as workspace, told_as_json() as told:
        with workspace.transaction() as connection:
            wanted = CustomerFilter(text="Bianchi")
            CustomersRepository(connection).search(wanted=wanted, limit=5)
            AnalyticsRepository(connection).list_filter_choices()
        with pytest.raises(ZeroDivisionError), workspace.transaction() as connection:
            raise ZeroDivisionError
    lines = told()
    assert "Bianchi" not in json.dumps(lines)
    assert [line["query"] for line in lines if line["event"] == "slow query"] == [
        "customers/search",
        "analytics/filter_choices",
    ]
    first, second = (line for line in lines if line["event"] == "transaction")
    assert [ran["name"] for ran in first["queries"]] == ["customers/search", "analytics/filter_choices"]
    assert (first["user"], first["role"], first["outcome"]) == ("local", "crpm_admin", "committed")
    assert first["duration_ms"] >= sum(ran["ms"] for ran in first["queries"]) > 0
    assert (second["outcome"], second["error"]) == ("rolled back", "ZeroDivisionError")
    after = monitoring.figures().decode()
    assert 'crpm_query_seconds_count{query="customers/search"} 1.0' in after
    assert 'crpm_transactions_total{outcome="rolled back"} 1.0' in after


def test_an_incident_is_logged_with_its_place_and_without_the_values(
    shop_of_module: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gr, "Warning", lambda text: None)

    def breaks() -> None:
        with psycopg.connect(shop_of_module.owner_url) as connection:
            connection.execute("SELECT 'Bianchi'::int")

    with told_as_json() as told:
        guarded(breaks)()
    (line,) = told()
    assert (line["level"], line["exception"]["kind"]) == ("error", "InvalidTextRepresentation")
    assert line["exception"]["sqlstate"] == "22P02"
    assert line["exception"]["at"][-1].endswith(" execute")
    assert line["message"].startswith("incident ")
    assert "Bianchi" not in json.dumps(line)


def test_purchases_and_loads_are_counted_when_they_have_come_to_their_end(
    shop_of_module: OwnDatabase, tmp_path: Any
) -> None:
    monitoring = Monitoring()
    work = Work(Actor("somebody", "crpm_clerk"), 0.0, 0.1, (Ran(PURCHASE, 0.1),), "committed")
    monitoring.note_work(work)
    monitoring.note_work(replace(work, outcome="rolled back"))
    with pytest.raises(LoadError):
        Loads(shop_of_module.owner_url, monitoring).load_files(tmp_path, None, LOCAL_ACTOR, print)
    after = monitoring.figures().decode()
    assert "crpm_purchases_total 1.0" in after
    assert 'crpm_loads_total{outcome="refused"} 1.0' in after


class Gate:
    """Holds a piece of work until the server has been told to stop, so that it ends afterwards."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.running: RunningWork | None = None
        self._look = threading.Event()

    def work(self) -> str:
        self.begun.set()
        while self.running is None or not self.running.is_stopping:
            self._look.wait(0.01)
        return "finished whole"


@pytest.fixture
def gate() -> Gate:
    return Gate()


def gated_app(gate: Gate) -> FastAPI:
    with gr.Blocks() as page:
        shown = gr.Textbox()
        gr.Button().click(gate.work, None, shown)
    app = create_app(page)
    gate.running = app.state.running
    return app


def test_stopping_finishes_the_requests_that_run(gate: Gate) -> None:
    monitoring = Monitoring()
    routes = operation.router(monitoring, why_not_ready=gate.work, metrics_token=None)

    def make() -> FastAPI:
        app = create_app(gr.Blocks(), operation=routes)
        gate.running = app.state.running
        return app

    with ThreadPoolExecutor(1) as executor:
        with serving(make) as address:
            answer = executor.submit(httpx.get, f"{address}/readyz", timeout=30)
            assert gate.begun.wait(20)
        assert answer.result().json()["reason"] == "finished whole"


def test_stopping_finishes_what_a_page_has_begun_and_shows_it(gate: Gate) -> None:
    def follow(address: str) -> str:
        session = {"session_hash": "abc"}
        event = {"data": [], "fn_index": 0, **session}
        httpx.post(f"{address}/gradio_api/queue/join", json=event, timeout=30).raise_for_status()
        with httpx.stream("GET", f"{address}/gradio_api/queue/data", params=session, timeout=30) as stream:
            is_followed.set()
            return next(line for line in stream.iter_lines() if "process_completed" in line)

    is_followed = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        with serving(lambda: gated_app(gate)) as address:
            told = executor.submit(follow, address)
            assert gate.begun.wait(20)
            assert is_followed.wait(20)
        assert "finished whole" in told.result()


def test_stopping_waits_no_longer_than_it_was_told() -> None:
    routes = operation.router(Monitoring(), why_not_ready=lambda: None, metrics_token=None)

    @routes.get("/endless")
    def endless() -> StreamingResponse:
        return StreamingResponse(repeat(b"x" * 1000))

    def make() -> FastAPI:
        return create_app(gr.Blocks(), operation=routes)

    with serving(make, stop_seconds=0.1) as address:
        stream = httpx.stream("GET", f"{address}/endless", timeout=30)
        answer = stream.__enter__()
        assert answer.status_code == 200
    with pytest.raises(httpx.HTTPError):
        answer.read()
    stream.__exit__(None, None, None)
