"""The documents of a shop, asked for as a browser asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.documents.routes import router
from app.server import create_app
from db.pool import Actor, Role
from tests.browser import within_event_loop
from tests.conftest import OwnDatabase
from tests.lending import LentWorkspace

if TYPE_CHECKING:
    from starlette.requests import Request

Ask: TypeAlias = Callable[..., Response]


class RolesByHeader(LentWorkspace):
    """A workspace whose requests come from a person of the role that they name."""

    def actor(self, request: "gr.Request | Request | None") -> Actor:
        assert request
        return Actor(user_name="test", role=cast(Role, request.headers["role"]))


@dataclass(frozen=True, slots=True)
class Desk:
    """Where documents are asked for: one application, over whichever database its workspace is lent to."""

    workspace: LentWorkspace
    client: TestClient

    def ask(self, path: str, role: Role = "crpm_clerk") -> Response:
        return self.client.get(path, headers={"role": role})


@pytest.fixture(scope="package")
def desk() -> Iterator[Desk]:
    workspace = RolesByHeader()
    app = within_event_loop(lambda: create_app(gr.Blocks(), documents=router(workspace)))
    with TestClient(app, base_url="http://localhost") as client:
        yield Desk(workspace, client)


@pytest.fixture
def ask(desk: Desk, shop: OwnDatabase) -> Iterator[Ask]:
    """Asks the app for an address under a role: `ask("/receipts/2-1", role="crpm_viewer")`."""
    with desk.workspace.over(shop):
        yield desk.ask


@pytest.fixture
def ask_module(desk: Desk, shop_of_module: OwnDatabase) -> Iterator[Ask]:
    """As ask, of the module's shop: for what is not there, or only read."""
    with desk.workspace.over(shop_of_module):
        yield desk.ask
