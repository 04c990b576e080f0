import re

import pytest

from loader.__main__ import main
from tests.conftest import HERE
from tests.loader.conftest import Business

PAGE = HERE.parent / "docs" / "bad-files.md"
FILE = re.compile(r"`(\w+/\w+\.csv)`[^`]*```csv\n(.*?)```", re.DOTALL)
SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
PROMPT = "$ .venv/bin/python -m loader "


def test_what_happens_to_a_bad_file_is_what_the_page_shows(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's files are written and its commands run as one reads on; progress is left out where there is output."""
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    monkeypatch.chdir(business.folder.parent)
    business.folder.rename("shop")
    text = PAGE.read_text(encoding="utf-8")
    steps = sorted([*FILE.finditer(text), *SESSION.finditer(text)], key=lambda found: found.start())
    assert len(steps) > 8
    for step in steps:
        if step.re is FILE:
            path = business.folder.parent / step[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(step[2], encoding="utf-8")
            continue
        shown = []
        for command in re.findall(rf"^{re.escape(PROMPT)}(.*)$", step[1], re.MULTILINE):
            main(command.split())
            out, err = capsys.readouterr()
            shown += [f"{PROMPT}{command}", *(line.rstrip() for line in (out or err).splitlines())]
        assert "\n".join(shown) + "\n" == step[1]
