import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Request
from playwright.sync_api import expect

from app.access.door import Door
from app.documents.routes import router
from app.listening import bind
from app.server import create_app
from app.start import Loads
from app.ui import shell
from app.ui.page import identity, tabs
from app.workspace import Workspace
from db.pool import Database
from tests.access.conftest import PASSWORD, AddUser
from tests.browser import OpenPage, serving

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# As docs/hosting.md has it, but for ports, folders and a line that tells which process has answered.
CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream crpm {{
        hash $cookie_crpm_session$http_user_agent consistent;
        {servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 200m;
        location /shop/ {{
            proxy_pass http://crpm;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 1h;
            add_header X-Answered-By $upstream_addr always;
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def processes(database: Database) -> Iterator[tuple[str, str]]:
    """Two applications on one database, served under /shop, as two processes would be."""

    def make() -> object:
        workspace = Workspace(database, needs_sign_in=True)
        routes = APIRouter()

        @routes.get("/from")
        def came_from(request: Request) -> list[str]:
            return [request.client.host if request.client else "", str(request.url)]

        page = shell.build(tabs(workspace, Loads("nothing is loaded here")), identity=identity(workspace))
        documents = router(workspace)
        documents.include_router(routes)
        return create_app(
            page,
            documents=documents,
            door=Door(workspace),
            allowed_hosts=["*"],
            trusted_proxies=["127.0.0.0/30", "10.0.0.0/8"],
            root_path="/shop",
            frame_ancestors=framed_by,
        )

    framed_by: list[str] = []
    with serving(make) as first:
        framed_by.append("https://huggingface.co")
        with serving(make) as framed:
            yield first, framed


@pytest.fixture(scope="module")
def signed_in(processes: tuple[str, str], add_user: AddUser) -> dict[str, str]:
    add_user("pia")
    form = {"user_name": "pia", "password": PASSWORD, "wanted": "/from"}
    answer = httpx.post(f"{processes[0]}/shop/login", data=form)
    assert answer.headers["location"] == "/shop/from"
    assert "path=/shop;" in answer.headers["set-cookie"].lower()
    return {"cookie": answer.headers["set-cookie"].split(";")[0]}


def test_trusted_proxies_tell_who_asks_and_nobody_else_does(
    processes: tuple[str, str], signed_in: dict[str, str]
) -> None:
    def asked(address: str = "127.0.0.1", **headers: str) -> list[str]:
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, headers=signed_in) as client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = client.get(f"{processes[0]}/from", headers=given)
        return [str(part) for part in answer.json()]

    told = {"x_forwarded_proto": "https", "x_forwarded_host": "shop.example"}
    believed = ["203.0.113.9", "https://shop.example/from"]
    # What stands before the last address that is no proxy of ours is only claimed.
    assert asked(x_forwarded_for="192.0.2.1, 203.0.113.9, 10.1.2.3", **told) == believed
    assert asked(x_forwarded_for="nonsense", x_forwarded_proto="gopher") == [
        "127.0.0.1",
        f"{processes[0]}/from",
    ]
    assert asked("127.0.0.9", x_forwarded_for="203.0.113.9", **told) == ["127.0.0.9", f"{processes[0]}/from"]


def test_cookies_fit_the_way_the_app_is_reached(
    processes: tuple[str, str], signed_in: dict[str, str]
) -> None:
    first, framed = processes

    def cookie_and_frames(address: str, **headers: str) -> tuple[str, str, str | None]:
        answer = httpx.post(f"{address}/logout", headers={**signed_in, **headers})
        policy = answer.headers["content-security-policy"].partition("frame-ancestors")[2].partition(";")[0]
        attributes = answer.headers["set-cookie"].lower().split("; ")[1:]
        chosen = " ".join(part for part in attributes if part in ("secure", "partitioned") or "same" in part)
        return chosen, policy.strip(), answer.headers.get("x-frame-options")

    # Signing out twice is signing in anew in between: each of the three answers needs a session.
    sign_in = {"user_name": "pia", "password": PASSWORD}
    answers = []
    for address, headers in ((first, {}), (first, {"x-forwarded-proto": "https"}), (framed, {})):
        cookie = httpx.post(f"{first}/login", data=sign_in).headers["set-cookie"].split(";")[0]
        answers.append(cookie_and_frames(address, cookie=cookie, **headers))
    assert answers == [
        ("samesite=lax", "'none'", "DENY"),
        ("samesite=lax secure", "'none'", "DENY"),
        ("samesite=none secure partitioned", "'self' https://huggingface.co", None),
    ]


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
def test_two_processes_behind_nginx_are_one_app(
    processes: tuple[str, str], add_user: AddUser, open_page: OpenPage, tmp_path: Path
) -> None:
    add_user("quin")
    # The second one serves frames by https alone; here it only has to share sessions.
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    servers = "".join(f"server {address.removeprefix('http://')};" for address in processes)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=port, servers=servers))
    assert NGINX
    nginx = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(configuration), "-g", "daemon off;"])
    try:
        address = f"http://127.0.0.1:{port}/shop"
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport) as client:
            form = {"user_name": "quin", "password": PASSWORD}
            key = client.post(f"{address}/login", data=form).headers["set-cookie"].split(";")[0]
            answers = [
                client.get(f"{address}/from", headers={"cookie": key, "user-agent": f"browser {n}"})
                for n in range(20)
            ]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.headers["x-answered-by"] for answer in answers}) == 2
        page = open_page(f"{address}/?tab=customers")
        page.get_by_label("User name").fill("quin")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="quin \u00b7 clerk")).to_be_visible()
        page.locator("#customers tr[data-key]").first.click()
        expect(page.get_by_role("link", name="Back to the list").first).to_be_visible()
    finally:
        nginx.terminate()
        assert nginx.wait(10) == 0
