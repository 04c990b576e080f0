from collections.abc import Iterator

import pytest

from app.server import create_app
from tests.browser import serving
from tests.ui_kit import prototype


@pytest.fixture(scope="session")
def prototype_url() -> Iterator[str]:
    with serving(lambda: create_app(prototype.build())) as address:
        yield address
