"""The documents of a shop, asked for as a browser asks."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.documents.routes import router
from app.server import create_app
from app.workspace import Workspace
from db.pool import Actor, Database, Role
from tests.browser import within_event_loop
from tests.conftest import OwnDatabase

Ask: TypeAlias = Callable[..., Response]


class ActingAs(Workspace):
    """A workspace whose requests all come from a person of one role."""

    def __init__(self, database: Database, role: Role) -> None:
        super().__init__(database)
        self._role: Role = role

    def actor(self, request: object) -> Actor:
        return Actor(user_name="test", role=self._role)


@pytest.fixture
def ask(shop: OwnDatabase) -> Iterator[Ask]:
    """Asks the app for an address under a role: `ask("/receipts/2-1", role="crpm_viewer")`."""
    database = Database(shop.app_url, max_size=2)

    def get(path: str, role: Role = "crpm_clerk") -> Response:
        documents = router(ActingAs(database, role))
        app = within_event_loop(lambda: create_app(gr.Blocks(), documents=documents))
        with TestClient(app, base_url="http://localhost") as client:
            return client.get(path)

    yield get
    database.close()
