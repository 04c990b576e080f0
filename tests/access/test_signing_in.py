import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.access.door import Door
from db.pool import Database
from tests.access.conftest import ADMIN, PASSWORD, AddUser, Client
from tests.conftest import OwnDatabase


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return browser.post("/login", data={"user_name": name, "password": password, **more})


@pytest.fixture(autouse=True)
def forget_tries(own: OwnDatabase) -> None:
    with own.connect() as connection:
        connection.execute("DELETE FROM crpm.sign_in_tries")


def change(own: OwnDatabase, statement: str) -> None:
    with own.connect() as connection:
        connection.execute(statement)


def test_first_administrator_comes_by_the_link_of_the_log_once(door: Door, client: Client) -> None:
    token = door.setup_token
    assert token
    browser = client()
    assert "Open the link that the app printed" in browser.get("/login").text
    form = {"user_name": "ada", "password": PASSWORD, "repeated": PASSWORD}
    assert browser.post("/setup", data={**form, "token": "guessed"}).status_code == 403
    assert "differ" in browser.post("/setup", data={**form, "token": token, "repeated": "x"}).text
    assert (
        "at least 10"
        in browser.post("/setup", data={**form, "token": token, "password": "x", "repeated": "x"}).text
    )
    made = browser.post("/setup", data={**form, "token": token})
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert browser.get("/who").json() == "ada crpm_admin"
    again = client().post("/setup", data={**form, "user_name": "eve", "token": token})
    assert "has been used" in again.text
    assert client().get("/setup").headers["location"] == "/login"


def test_who_signs_in_acts_by_name_and_role_until_signing_out(add_user: AddUser, client: Client) -> None:
    add_user("bert", "crpm_clerk")
    browser, other = client(), client()
    answer = sign_in(browser, " Bert ", wanted="/?tab=customers")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?tab=customers")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # which a browser would not send over http
    sign_in(other, "bert")
    assert browser.get("/who").json() == "bert crpm_clerk"
    key = browser.cookies["crpm_session"]
    assert browser.post("/logout").headers["location"] == "/login"
    browser.cookies.set("crpm_session", key)
    assert browser.get("/who").status_code == 303
    assert other.get("/who").json() == "bert crpm_clerk"


def test_the_page_is_compressed_on_its_way(add_user: AddUser, client: Client) -> None:
    add_user("page.reader")
    with client() as browser:
        sign_in(browser, "page.reader")
        page = browser.get("/")
        assert page.headers["content-encoding"] == "gzip"
        assert "gradio_config" in page.text
        assert int(page.headers["content-length"]) < len(page.content) / 3


def test_signing_in_leads_to_no_other_site(add_user: AddUser, client: Client) -> None:
    add_user("cleo")
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example", "evil"):
        assert sign_in(client(), "cleo", wanted=wanted).headers["location"] == "/"


def test_nothing_but_signing_in_and_health_is_answered_to_a_stranger(client: Client, address: str) -> None:
    browser = client()
    for path in (
        "/",
        "/config",
        "/gradio_api/info",
        "/gradio_api/heartbeat/x",
        "/theme.css",
        "/who",
    ):
        asked = browser.get(path)
        assert (asked.status_code, asked.headers["location"].split("?")[0]) == (303, "/login"), path
        assert browser.get(path, headers={"accept": "*/*"}).status_code == 401, path
    for path in (
        "/gradio_api/queue/join",
        "/gradio_api/run/predict",
        "/gradio_api/upload",
        "/logout",
        "/account",
    ):
        assert browser.post(path, json={}).status_code == 401, path
    assert (
        browser.get("/?tab=customers&key=7").headers["location"]
        == "/login?wanted=/%3Ftab%3Dcustomers%26key%3D7"
    )
    assert {path: browser.get(path).status_code for path in ("/healthz", "/login")} == {
        "/healthz": 200,
        "/login": 200,
    }
    browser.cookies.set("crpm_session", "forged")
    assert browser.get("/who").status_code == 303
    with_origin = httpx.post(f"{address}/login", headers={"origin": "https://evil.example"})
    assert with_origin.status_code == 403


def test_wrong_names_and_passwords_get_the_same_answer(
    add_user: AddUser, client: Client, own: OwnDatabase
) -> None:
    add_user("dora")
    add_user("gone")
    change(own, "UPDATE crpm.users SET is_active = FALSE WHERE user_name = 'gone'")
    answers = {
        re.sub(r'value="\w*"', "", sign_in(client(), name, "wrong password").text)
        for name in ("dora", "nobody", "gone")
    } | {re.sub(r'value="\w*"', "", sign_in(client(), "gone").text)}
    assert len(answers) == 1
    assert "do not fit" in answers.pop()
    assert "&lt;script&gt;" in sign_in(client(), "<script>", "wrong").text


def tried(own: OwnDatabase, times: int, *, name: str = "somebody", address: str = "192.0.2.7") -> None:
    """As many tries to sign in that have failed."""
    change(
        own,
        f"INSERT INTO crpm.sign_in_tries (user_name, address) SELECT '{name}', '{address}' FROM generate_series(1, {times})",
    )


def test_passwords_are_not_guessed_by_many_tries_even_at_once(
    add_user: AddUser, client: Client, own: OwnDatabase
) -> None:
    add_user("eric")
    browser = client()
    tried(own, 8, name="eric")
    with ThreadPoolExecutor(4) as many:
        tries = list(many.map(lambda n: sign_in(browser, "eric", f"guess {n}").status_code, range(4)))
    assert sorted(tries) == [403, 403, 429, 429]
    refused = sign_in(browser, "eric")
    assert refused.status_code == 429
    assert "Try again in 15 minutes." in refused.text
    # From one address it is the same for names that nobody has.
    tried(own, 47, address="127.0.0.1")
    assert [sign_in(browser, name, "x").status_code for name in ("name1", "name2")] == [403, 429]


def test_who_remembers_the_password_in_time_starts_anew(
    add_user: AddUser, client: Client, own: OwnDatabase
) -> None:
    add_user("fred")
    for _ in range(2):
        tried(own, 9, name="fred", address="127.0.0.1")
        assert sign_in(client(), "fred").status_code == 303


@pytest.mark.parametrize(
    "change_of_user",
    ["is_active = FALSE", "password_hash = 'another'"],
)
def test_disabling_and_another_password_sign_out_everywhere(
    add_user: AddUser, client: Client, own: OwnDatabase, change_of_user: str
) -> None:
    name = f"gil{len(change_of_user)}"
    add_user(name)
    browser = client()
    sign_in(browser, name)
    assert browser.get("/who").status_code == 200
    change(own, f"UPDATE crpm.users SET {change_of_user} WHERE user_name = '{name}'")
    change(own, f"UPDATE crpm.users SET is_active = TRUE WHERE user_name = '{name}'")
    assert browser.get("/who").status_code == 303


def test_another_role_counts_from_the_next_request_on(
    add_user: AddUser, client: Client, own: OwnDatabase
) -> None:
    add_user("hugo")
    browser = client()
    sign_in(browser, "hugo")
    change(own, "UPDATE crpm.users SET role_name = 'crpm_viewer' WHERE user_name = 'hugo'")
    assert browser.get("/who").json() == "hugo crpm_viewer"


def test_a_session_ends_by_itself_unless_it_is_used(
    add_user: AddUser, client: Client, own: OwnDatabase
) -> None:
    add_user("ida")
    browser = client()
    sign_in(browser, "ida")
    of_ida = "WHERE user_id = (SELECT user_id FROM crpm.users WHERE user_name = 'ida')"
    change(own, f"UPDATE crpm.sessions SET expires_at = now() + interval '1 hour' {of_ida}")
    assert browser.get("/who").status_code == 200
    with own.connect() as connection:
        left = connection.execute(
            f"SELECT expires_at - now() > interval '11 hours' FROM crpm.sessions {of_ida}"
        )
        assert left.fetchall() == [(True,)]
    # A week after signing in it ends, used or not.
    change(own, f"UPDATE crpm.sessions SET created_at = now() - interval '7 days' {of_ida}")
    change(own, f"UPDATE crpm.sessions SET expires_at = now() + interval '1 hour' {of_ida}")
    browser.get("/who")
    change(own, f"UPDATE crpm.sessions SET expires_at = expires_at - interval '1 hour' {of_ida}")
    assert browser.get("/who").status_code == 303


def test_people_change_their_own_password(add_user: AddUser, client: Client) -> None:
    add_user("jane")
    browser, other = client(), client()
    sign_in(browser, "jane")
    sign_in(other, "jane")
    form = {"old_password": PASSWORD, "password": "a longer story", "repeated": "a longer story"}
    assert "do not fit" in browser.post("/account", data={**form, "old_password": "x"}).text
    assert (
        "user&#39;s name"
        in browser.post(
            "/account", data={**form, "password": "jane's story", "repeated": "jane's story"}
        ).text
    )
    assert "is changed" in browser.post("/account", data=form).text
    assert browser.get("/who").status_code == 200
    assert other.get("/who").status_code == 303
    assert sign_in(other, "jane").status_code == 403
    assert sign_in(other, "jane", "a longer story").status_code == 303


def test_the_last_administrator_stays(own: OwnDatabase, add_user: AddUser, database: Database) -> None:
    add_user("last", "crpm_admin")
    change(own, "UPDATE crpm.users SET role_name = 'crpm_clerk' WHERE user_name <> 'last'")
    for statement in ("is_active = FALSE", "role_name = 'crpm_manager'"):
        with pytest.raises(psycopg.errors.CheckViolation, match="last is the only administrator"):
            change(own, f"UPDATE crpm.users SET {statement} WHERE user_name = 'last'")
    add_user("kim", "crpm_admin")
    change(own, "UPDATE crpm.users SET role_name = 'crpm_manager' WHERE user_name = 'last'")
    with database.transaction(ADMIN) as connection:
        shown = connection.execute(
            "SELECT action, changed_by, new_values::text FROM crpm.audit_log WHERE table_name = 'users'"
        ).fetchall()
    assert ("insert", "test") in {(action, who) for action, who, _ in shown}
    assert not any("argon2" in values for _, _, values in shown)


def test_the_database_keeps_neither_passwords_nor_keys(
    client: Client, add_user: AddUser, own: OwnDatabase
) -> None:
    add_user("lena")
    browser = client()
    sign_in(browser, "lena")
    with own.connect() as connection:
        kept = connection.execute(
            "SELECT string_agg(s.session_hash, ' ') || string_agg(u.password_hash, ' ') FROM crpm.sessions s JOIN crpm.users u USING (user_id)"
        ).fetchone()
    assert browser.cookies["crpm_session"] not in kept[0]
    assert PASSWORD not in kept[0]
    assert "$argon2id$" in kept[0]


def test_a_page_of_somebody_else_is_of_no_use(add_user: AddUser, client: Client) -> None:
    add_user("mia")
    add_user("ned")
    mia, ned = client(), client()
    sign_in(mia, "mia")
    sign_in(ned, "ned")
    question = {"fn_index": 0, "data": [], "session_hash": "page-of-mia"}
    assert mia.post("/gradio_api/queue/join", json=question).status_code != 403
    kinds = ("application/json", "application/any+json", "Application/JSON", "text/plain", "")
    for answer in (
        *(
            ned.post("/gradio_api/queue/join", content=json.dumps(question), headers={"content-type": kind})
            for kind in kinds
        ),
        ned.post("/gradio_api/queue/join?session_hash=own", json=question),
        ned.post("/gradio_api/run/predict", json=question),
        ned.get("/gradio_api/queue/data", params={"session_hash": "page-of-mia"}),
        ned.get("/gradio_api/heartbeat/page-of-mia"),
    ):
        assert (answer.status_code, answer.text) == (403, "This page is somebody else's.")
    assert ned.post("/gradio_api/queue/join", json={**question, "session_hash": "own"}).status_code != 403


def paths_of(routes: Iterable[BaseRoute], before: str = "") -> set[str]:
    """Every path of an application and of those mounted in it, with something in place of parameters."""
    found = set()
    for route in routes:
        path = before + re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        found |= paths_of(inner, path.rstrip("/")) if inner else {path}
    return found


def test_every_route_there_is_asks_a_stranger_to_sign_in_but_a_few(served: FastAPI, client: Client) -> None:
    browser = client()
    paths = paths_of(served.routes)
    assert len(paths) > 40
    answered = {
        path
        for path in paths
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD")
        if browser.request(method, path, headers={"accept": "*/*"}).status_code != 401
    }
    assert answered == {"/login", "/setup", "/demo", "/healthz", "/favicon.ico", "/assets/x", "/static/x"}


def test_a_fault_of_ours_tells_a_browser_nothing(add_user: AddUser, client: Client) -> None:
    add_user("rosa")
    browser = client()
    sign_in(browser, "rosa")
    answer = browser.get("/broken")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_nobody_sends_more_than_fits(client: Client, add_user: AddUser) -> None:
    def unannounced(content: bytes) -> Iterator[bytes]:
        for start in range(0, len(content), 1_000_000):
            yield content[start : start + 1_000_000]

    stranger = client()
    form = {"content-type": "application/x-www-form-urlencoded"}
    long = b"user_name=" + b"x" * 9_000_000
    assert stranger.post("/login", content=long, headers=form).status_code == 413
    # The form's own limit comes first.
    assert stranger.post("/login", content=unannounced(long), headers=form).status_code == 400
    add_user("sven")
    sign_in(stranger, "sven")
    upload = {"files": ("a.csv", b"x" * 1_100_000)}
    assert stranger.post("/gradio_api/upload", files=upload).status_code == 413
    many = [("files", (f"{n}.csv", b"x" * 900_000)) for n in range(12)]
    assert stranger.post("/gradio_api/upload", files=many).status_code == 413
    request = stranger.build_request("POST", "/gradio_api/upload", files=many)
    headers = {"content-type": request.headers["content-type"]}
    sent = stranger.post("/gradio_api/upload", content=unannounced(request.read()), headers=headers)
    assert (sent.status_code, sent.text) == (413, "Too much at once.")
    assert stranger.post("/gradio_api/upload", files=many[:9]).status_code == 200
