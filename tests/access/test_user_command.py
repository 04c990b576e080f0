import io

import pytest

from app.__main__ import main
from tests.conftest import OwnDatabase

PASSWORD = "correct horse battery"


def test_people_are_added_listed_and_changed_on_the_command_line(
    shop: OwnDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", shop.owner_url)

    def user(*arguments: str, password: str = PASSWORD) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        status = main(["user", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    assert user("add", "ada", "--role", "admin") == (0, "")
    assert user("add", "bert", "--role", "clerk", "--store", "online") == (0, "")
    assert user("add", "bert", "--role", "clerk") == (1, "error: A user of that name exists already.\n")
    assert user("add", "Carl 2", "--role", "clerk")[1].startswith("error: A user's name has small letters")
    assert user("add", "carl", "--role", "clerk", password="short")[1].startswith(
        "error: A password has at least"
    )
    assert user("add", "carl", "--role", "clerk", "--store", "Moon") == (
        1,
        "error: There is no store Moon.\n",
    )
    assert user("list") == (0, "ada: admin\nbert: clerk, at Online\n")
    assert user("role", "bert", "manager")[1].startswith("error: Only viewers and clerks work for one store")
    assert user("store", "bert", "all") == (0, "")
    assert user("role", "bert", "manager") == (0, "")
    assert user("reset", "bert", password="another good secret") == (0, "")
    assert user("disable", "bert") == (0, "")
    assert user("list") == (0, "ada: admin\nbert: manager, disabled\n")
    assert user("enable", "bert") == (0, "")
    assert user("disable", "ada")[1].startswith("error: ada is the only administrator left")
    assert user("role", "eve", "clerk")[1].startswith("error: There is no user eve.")
    with pytest.raises(SystemExit):
        user("add", "eve", "--role", "king")
