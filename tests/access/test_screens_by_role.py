"""What the screens' endpoints do when they are called directly, without a screen: the role decides, not what is shown."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from app.access.door import Door
from app.documents.routes import router
from app.server import create_app
from app.start import Loads
from app.ui import shell
from app.ui.page import identity, tabs
from app.workspace import Workspace
from db.pool import Database
from tests.access.conftest import PASSWORD, AddUser
from tests.browser import serving
from tests.conftest import ROLES, OwnDatabase


@pytest.fixture(scope="module")
def app_address(database: Database, door: Door) -> Iterator[str]:
    workspace = Workspace(database, needs_sign_in=True)

    def page() -> Any:
        return shell.build(tabs(workspace, Loads("no files are loaded here")), identity=identity(workspace))

    with serving(lambda: create_app(page(), documents=router(workspace), door=door)) as address:
        yield address


class Caller:
    """Somebody signed in who calls endpoints by the component and event that they belong to."""

    def __init__(self, address: str, user_name: str) -> None:
        self.session = f"page-of-{user_name}"
        self._client = httpx.Client(base_url=address, headers={"accept": "application/json"}, timeout=60)
        answer = self._client.post("/login", data={"user_name": user_name, "password": PASSWORD})
        assert answer.status_code == 303
        config = self._client.get("/config").json()
        self.components = {one["id"]: one for one in config["components"]}
        self.endpoints = config["dependencies"]

    def call(self, event: str, of: str = "", /, **typed: Any) -> None:
        """Call what `event` of the component with the element id `of` calls; inputs by element id, else as they begin."""
        called = [
            endpoint
            for endpoint in self.endpoints
            if endpoint["backend_fn"]
            and any(name == event and of in ("", self._id(number)) for number, name in endpoint["targets"])
        ]
        assert called, f"{event} of {of}"
        for endpoint in called:
            question = {
                "fn_index": endpoint["id"],
                "data": [self._input(number, typed) for number in endpoint["inputs"]],
                "session_hash": self.session,
            }
            if endpoint["queue"] is False:
                self._client.post("/gradio_api/run/predict", json=question)
            else:
                self._ask_in_turn(question)

    def _ask_in_turn(self, question: dict[str, Any]) -> None:
        """Ask what is queued, and wait until it has been answered."""
        joined = self._client.post("/gradio_api/queue/join", json=question)
        assert joined.status_code == 200, joined.text
        answers = {"session_hash": self.session}
        with self._client.stream("GET", "/gradio_api/queue/data", params=answers) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:]).get("msg") == "process_completed":
                    return

    def close(self) -> None:
        self._client.close()

    def _id(self, number: int) -> str:
        return self.components[number]["props"].get("elem_id") or ""

    def _input(self, number: int, typed: dict[str, Any]) -> Any:
        component = self.components[number]
        name = self._id(number).replace("-", "_") or component["type"]
        return typed.get(name, component["props"].get("value"))


CLERK = {("customers", "update"), ("customers", "insert"), ("daily_closes", "close")}
MANAGER = CLERK | {("products", "update"), ("stock", "adjustment")}
ADMIN = MANAGER | {("settings", "update"), ("users", "insert")}
# Somebody for each role to anonymise.
PEOPLE = {"viewer": "2", "analyst": "2", "clerk": "2", "manager": "2", "admin": "3"}
NAMES = {"2": "John Carter", "3": "Sina Okafor"}


def deeds(caller: Caller, person: str) -> None:
    """Try to do on the screens what changes something, whether they are shown or not."""
    caller.call("customers_opened", html={"tab": "customers", "key": "1"})
    caller.call("click", "customer-toggle")
    caller.call("customers_opened", html={"tab": "customers", "key": person})
    caller.call("submit", "customer-anonymise-name", customer_anonymise_name=NAMES[person])
    caller.call("click", "till-new-save", till_new_name="Somebody New")
    caller.call("products_opened", html={"tab": "products", "key": "1"})
    caller.call("click", "product-toggle")
    caller.call(
        "click",
        "product-move-book",
        product_move_store=2,
        product_move_pieces=f"{person}5",
        product_move_why="counted",
    )
    caller.call("select", "purchases-close")
    caller.call("click", "close-look", close_store=2)
    caller.call("click", "close-book", close_table={}, close_reason="again")
    caller.call("select", "settings-company")
    caller.call("click", "company-save", textbox=person, company_base="USD", company_zone="UTC")
    caller.call("select", "settings-users")
    caller.call("click", "users-add")
    caller.call("click", "user-save", user_name=f"new-{person}", user_password="a long enough one")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("viewer", set()),
        ("analyst", set()),
        ("clerk", CLERK),
        ("manager", MANAGER),
        ("admin", ADMIN),
    ],
)
def test_an_endpoint_called_directly_does_what_the_role_may_and_nothing_else(
    app_address: str, own: OwnDatabase, add_user: AddUser, role: str, expected: set[tuple[str, str]]
) -> None:
    add_user(role, ROLES[role])
    with closing(Caller(app_address, role)) as caller:
        deeds(caller, PEOPLE[role])
    with own.connect() as owner:
        done = owner.execute(
            "SELECT DISTINCT a.record_type, a.action FROM crpm.activity AS a WHERE a.acted_by = %s", [role]
        ).fetchall()
    assert set(done) == expected
