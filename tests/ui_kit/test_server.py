import gc
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.testclient import TestClient

from app import UPLOAD_FOLDER
from app.listening import CannotListenError, bind
from app.server import create_app
from tests.browser import serving, within_event_loop
from tests.ui_kit import prototype


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = within_event_loop(lambda: create_app(prototype.build()))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_a_taken_port_is_one_clear_line() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListenError) as error:
            bind("127.0.0.1", port)
    assert (
        str(error.value) == f"Port {port} on 127.0.0.1 is already in use. Choose another one with CRPM_PORT."
    )


def test_no_answer_waits_for_the_receipt_of_what_was_sent_before() -> None:
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_one_clear_line(host: str) -> None:
    with pytest.raises(CannotListenError) as error:
        bind(host, 0)
    assert str(error.value).startswith(f"Cannot listen on {host}:0: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["/", "/healthz", "/config", "/theme.css", "/nothing"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_a_file_that_never_changes_is_read_once_and_answered_alike_in_each_encoding(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = re.search(r"assets/index-\w+\.js", client.get("/").text)
    assert path
    url = f"/{path[0]}"
    encodings = ("br, gzip", "identity")
    first = [client.get(url, headers={"Accept-Encoding": encoding}) for encoding in encodings]
    part = client.get(url, headers={"Range": "bytes=0-9"})
    monkeypatch.setattr(FileResponse, "__call__", None)
    again = [client.get(url, headers={"Accept-Encoding": encoding}) for encoding in encodings]
    for one, other in zip(first, again, strict=True):
        assert one.status_code == other.status_code == 200
        assert one.headers.multi_items() == other.headers.multi_items()
        assert one.content == other.content == first[0].content
    assert [answer.headers.get("content-encoding") for answer in again] == ["br", None]
    assert "immutable" in again[0].headers["cache-control"]
    assert part.content == first[0].content[:10]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
    ],
)
def test_only_local_names_are_answered(client: TestClient, host: str, status: int) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:7861", "null", "http://127.0.0.1:7860@evil.example"]
)
def test_a_page_of_another_origin_cannot_post(client: TestClient, origin: str) -> None:
    answer = client.post("/gradio_api/queue/join", json={}, headers={"Origin": origin})
    assert answer.status_code == 403


def test_a_page_of_this_origin_can_post(client: TestClient) -> None:
    answer = client.post("/gradio_api/queue/join", json={}, headers={"Origin": "http://127.0.0.1:7860"})
    assert answer.status_code != 403


def test_no_other_origin_may_read_an_answer(client: TestClient) -> None:
    answer = client.get("/config", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/monitoring"])
def test_nothing_describes_the_server(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (401, 403, 404)


def test_no_endpoint_is_offered_to_programs(client: TestClient) -> None:
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}


def test_uploads_go_to_a_folder_of_this_user_alone(client: TestClient) -> None:
    client.post("/gradio_api/upload", files={"files": ("a.csv", b"x")})
    assert UPLOAD_FOLDER.stat().st_mode & 0o077 == 0
    assert [path.read_bytes() for path in UPLOAD_FOLDER.rglob("a.csv")] == [b"x"]


def test_the_server_leaves_no_connection_open_though_its_client_reads_nothing() -> None:
    app = FastAPI()

    @app.get("/endless")
    def endless() -> StreamingResponse:
        return StreamingResponse(repeat(b"x" * 1_000_000))

    with ExitStack() as stack:
        with serving(lambda: app) as address:
            port = urlsplit(address).port
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port or 0)))
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(5) == b"HTTP/"
        # A connection that was left open is told of when it is collected, and then fails the test.
        gc.collect()
