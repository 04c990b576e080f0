from pathlib import Path

import pytest

from loader.loading import load
from tests.conftest import OwnDatabase
from tests.documents.conftest import Ask
from tests.loader.conftest import MANAGER, SMALL_FILES


@pytest.fixture
def rejected(shop: OwnDatabase, tmp_path: Path) -> None:
    (tmp_path / "Customers.csv").write_text(SMALL_FILES["Customers.csv"] + '=1+1,"Fem\n', encoding="utf-8")
    load(shop.owner_url, tmp_path, actor=MANAGER)


def test_rejected_rows_are_a_file_as_they_stood(ask: Ask, rejected: None) -> None:
    answer = ask("/exports/rejects/1/Customers.csv", role="crpm_manager")
    assert answer.status_code == 200
    assert "filename*=UTF-8''Customers.csv" in answer.headers["content-disposition"]
    header = SMALL_FILES["Customers.csv"].split("\n", 1)[0]
    assert answer.content.decode("utf-8-sig") == f'{header}\r\n=1+1,"Fem\r\n'


def test_a_clerk_may_not_have_rejected_rows(ask: Ask, rejected: None) -> None:
    assert ask("/exports/rejects/1/Customers.csv", role="crpm_clerk").status_code == 403


@pytest.mark.parametrize("path", ["1/Sales.csv", "7/Customers.csv", "x/Customers.csv"])
def test_rejected_rows_that_are_not_there_are_not_found(ask: Ask, rejected: None, path: str) -> None:
    assert ask(f"/exports/rejects/{path}", role="crpm_manager").status_code == 404
