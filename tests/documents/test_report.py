import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TypeAlias

import pytest
from pypdf import PdfReader

from app.__main__ import main
from app.repositories.analytics import AnalyticsRepository, Filters
from app.ui import format as written
from app.ui import questions
from app.ui.insights import may_see
from db.pool import Actor, Database
from tests.conftest import OwnDatabase
from tests.rules.purchasing import BOSTON, KETTLE, buy
from tests.trade import TODAY, trade

FIRST = TODAY - timedelta(days=800)
ATTACK = "<script>alert(1)</script> ${1+1} O'Brien & 山田"
Make: TypeAlias = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def traded(shop_of_module: OwnDatabase) -> OwnDatabase:
    trade(shop_of_module)
    with shop_of_module.connect() as owner:
        owner.execute("UPDATE crpm.settings SET company_name = %s", [ATTACK])
    return shop_of_module


@pytest.fixture
def make(
    traded: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Make:
    """Makes a report and gives the exit status and what was said: `make("report.pdf", "--store", "Boston")`."""
    monkeypatch.setenv("DATABASE_URL", traded.owner_url)
    monkeypatch.chdir(tmp_path)

    def made(out: str, *arguments: str) -> tuple[int, str]:
        days = [] if "--from" in arguments else ["--from", str(FIRST), "--to", str(TODAY)]
        status = main(["report", *days, "--out", out, *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    return made


def words(path: str) -> str:
    content = Path(path).read_bytes()
    if path.endswith(".pdf"):
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    else:
        text = unescape(re.sub(r"<[^>]*>", " ", content.decode()))
    return re.sub(r"\s+", " ", text)


def test_a_report_has_every_panel_its_role_may_see_with_the_figures_of_the_screen(
    make: Make, traded: OwnDatabase
) -> None:
    assert make("report.html") == (0, "Wrote report.html.\n")
    assert make("report.pdf") == (0, "Wrote report.pdf.\n")
    page, paper = words("report.html"), words("report.pdf")
    panels = [insight for rows in questions.SECTIONS.values() for row in rows for insight in row]
    for insight in panels:
        is_seen = may_see("crpm_analyst", insight)
        assert (f" {insight.title} " in page) == is_seen, insight.title
        assert not is_seen or (insight.title in paper and insight.definition in paper)
    with traded.connect() as owner:
        repository = AnalyticsRepository(owner)
        (row,) = repository.answer("headline", Filters(FIRST, TODAY)).rows
        stores = repository.answer("sales_by_store", Filters(FIRST, TODAY)).rows
    for text in (page, paper):
        assert written.money(row["revenue"], "USD").replace("\u00a0", " ") in text
        assert all(f"{store['revenue']:,.2f}" in text for store in stores)
        assert f"Data as of {TODAY}" in text
        assert f" Orders {row['orders']} " in text
        assert "<a " not in text
        assert "Zoë Müller" not in text
    assert "FROM analytics.detailed_sales" in page
    assert Path("report.html").read_text(encoding="utf-8").count('src="data:image/png;base64,') >= 3


def test_a_report_of_a_segment_says_so(make: Make, traded: OwnDatabase) -> None:
    assert make("report.html", "--segment", "Champions")[0] == 0
    with traded.connect() as owner:
        filters = Filters(FIRST, TODAY, segment="Champions")
        (row,) = AnalyticsRepository(owner).answer("headline", filters).rows
    assert " Segment Champions " in words("report.html")
    assert f" Orders {row['orders']} " in words("report.html")


def test_names_in_a_report_are_text(make: Make) -> None:
    make("report.html", "--role", "manager")
    content = Path("report.html").read_text(encoding="utf-8")
    assert "<script" not in content
    assert ATTACK in words("report.html")
    assert "Zoë Müller" in content


def test_a_clerks_report_has_no_cost_and_no_profit(make: Make) -> None:
    assert make("report.html", "--role", "clerk")[0] == 0
    assert " Gross profit " not in words("report.html")


def test_a_report_on_the_same_data_is_the_same_to_the_byte_until_something_is_sold(
    make: Make, traded: OwnDatabase
) -> None:
    def files() -> list[bytes]:
        for name in ("report.html", "report.pdf"):
            make(name, "--store", "boston", "--category", "Kitchen")
        return [Path(name).read_bytes() for name in ("report.html", "report.pdf")]

    first = files()
    assert files() == first
    assert " Store Boston Category Kitchen " in words("report.html")
    assert PdfReader("report.pdf").metadata.creation_date.date() == TODAY  # type: ignore[union-attr]
    with traded.connect() as owner:
        buy(owner, (KETTLE, 1), store=BOSTON)
    again = files()
    assert again[0] != first[0]
    assert again[1] != first[1]


def test_what_cannot_be_made_says_why_and_writes_nothing(make: Make, tmp_path: Path) -> None:
    cases = {
        ("report.docx",): "error: A report is written as .html or .pdf, and report.docx has another ending.",
        ("nowhere/report.pdf",): f"error: There is no folder {tmp_path}/nowhere. Make it, or choose another.",
        (
            "report.pdf",
            "--store",
            "Moon",
        ): "error: There is no store Moon. There are: boston, hamburg, online.",
        (
            "report.pdf",
            "--from",
            "2024-02-01",
            "--to",
            "2024-01-01",
        ): "error: The first day is after the last.",
    }
    for arguments, message in cases.items():
        status, said = make(*arguments)
        assert (status, said[: len(message)]) == (1, message)
    Path("folder.pdf").mkdir()
    assert make("folder.pdf") == (1, "error: folder.pdf cannot be written: Is a directory.\n")
    for day in ("yesterday", "1899-12-31", "2200-01-01"):
        with pytest.raises(SystemExit):
            make("report.pdf", "--from", day, "--to", day)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.pdf"]


def test_a_business_without_sales_has_no_report(
    shop: OwnDatabase, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", shop.owner_url)
    assert make("report.html")[1].startswith("error: There are no sales yet to report on.")


def test_a_transaction_of_one_moment_does_not_see_what_is_sold_meanwhile(traded: OwnDatabase) -> None:
    database = Database(traded.app_url, max_size=1)
    count = "SELECT count(*) FROM crpm.orders"
    clerk = Actor("ann", "crpm_clerk")
    try:
        with database.transaction(clerk, is_of_one_moment=True) as connection, traded.connect() as owner:
            before = connection.execute(count).fetchone()
            buy(owner, (KETTLE, 1), store=BOSTON)
            assert connection.execute(count).fetchone() == before
        with database.transaction(clerk) as connection, traded.connect() as owner:
            before = connection.execute(count).fetchone()
            buy(owner, (KETTLE, 1), store=BOSTON)
            assert connection.execute(count).fetchone() != before
    finally:
        database.close()
