import json
from decimal import Decimal

import psycopg
import pytest

from db.pool import Actor
from loader.__main__ import main
from loader.account import Headline, Trial
from tests.loader.conftest import Business
from tests.loader.test_undo import content, everything_changes

ANN = "3,Female,Ann,Rome,RM,Roma,1,Italy,Europe,1/31/1990"


def test_a_dry_run_reports_as_a_load_does_and_writes_nothing(loaded: Business) -> None:
    before = content(loaded.database)
    everything_changes(loaded)
    tried = loaded.load(is_dry_run=True)
    assert content(loaded.database) == before
    assert loaded.rows("SELECT table_name FROM crpm.audit_log") == [("settings",)]
    done = loaded.load()
    assert (tried.files, tried.money, tried.unpriced_rows) == (done.files, done.money, done.unpriced_rows)
    assert done.trial is None


def test_a_dry_run_tells_how_the_figures_would_move(business: Business) -> None:
    first = business.load(is_dry_run=True)
    assert first.trial == Trial(
        before=Headline(0, 0, 0, 0, Decimal(0)), after=Headline(2, 2, 2, 3, Decimal("2640.00"))
    )
    business.load()
    business.append("Customers.csv", ANN)
    business.append("Sales.csv", "102,1,1/14/2020,,3,1,2,1,USD")
    second = business.load(is_dry_run=True)
    assert second.trial == Trial(
        before=Headline(2, 2, 2, 3, Decimal("2640.00")), after=Headline(3, 2, 3, 4, Decimal("2650.50"))
    )


def test_a_dry_run_does_not_set_the_company_up(business: Business) -> None:
    business.load(is_dry_run=True)
    assert business.rows("SELECT count(*) FROM crpm.settings") == [(0,)]


def test_a_dry_run_is_printed_with_the_figures_before_and_after(
    business: Business, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", business.database.owner_url)
    assert main(["load", str(business.folder), "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "Customers.csv 2 2 0 0 0 0" in " ".join(out.split())
    assert out.splitlines()[-6:] == [
        "Dry run: nothing was written. How the figures would move:",
        "  Customers: 0 before, 2 after.",
        "  Products: 0 before, 2 after.",
        "  Orders: 0 before, 2 after.",
        "  Lines: 0 before, 3 after.",
        "  Revenue: 0 before, 2,640.00 after.",
    ]
    assert main(["load", str(business.folder), "--dry-run", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["load_id"], report["dry_run"]) == (None, True)
    assert report["figures"]["after"] == {
        "customers": 2,
        "products": 2,
        "orders": 2,
        "lines": 3,
        "revenue": "2640.00",
    }
    assert business.rows("SELECT count(*) FROM crpm.loads") == [(0,)]


def test_who_may_not_load_may_not_try_it_out_either(
    business: Business,
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        business.load(is_dry_run=True, actor=Actor("eve", "crpm_clerk"))
