from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.console import Answer, SqlConsole
from app.documents.routes import router
from app.errors import NotAllowedError, NotFoundError
from app.repositories.console import ConsoleRepository
from app.ui import console_view
from app.ui.tabs.sql_console import Desk
from app.workspace import Workspace
from db.console import Console, ResultColumn
from db.pool import Actor, Database
from tests.conftest import Act, OwnDatabase


class WorkspaceOf(Workspace):
    """Everybody is the same person."""

    def __init__(self, database: Database, actor: Actor) -> None:
        super().__init__(database)
        self.person = actor

    def actor(self, request: object) -> Actor:
        return self.person


@pytest.fixture
def database(shop: OwnDatabase) -> Iterator[Database]:
    opened = Database(shop.app_url, max_size=2)
    yield opened
    opened.close()


@pytest.fixture
def console(shop: OwnDatabase) -> Iterator[SqlConsole]:
    opened = Console(shop.console_url)
    yield SqlConsole(opened)
    opened.close()


def test_everybody_sees_what_they_have_run_and_saved_and_nothing_else(act: Act) -> None:
    for role in ("manager", "admin"):
        with act(role) as c:
            repository = ConsoleRepository(c)
            run_id = repository.add_run(statement=f"SELECT '{role}'")
            repository.end_run(run_id=run_id, outcome="answered", seconds=Decimal("0.5"), row_count=1)
            repository.save_query(name=" Mine ", statement="SELECT 1")
            repository.save_query(name="Mine", statement=f"SELECT '{role}'")
    with act("manager") as c:
        repository = ConsoleRepository(c)
        assert [(run.statement, run.outcome, run.row_count) for run in repository.runs()] == [
            ("SELECT 'manager'", "answered", 1)
        ]
        assert [(one.name, one.statement) for one in repository.saved_queries()] == [
            ("Mine", "SELECT 'manager'")
        ]
        with pytest.raises(NotFoundError):
            repository.get_run(run_id=run_id)
        assert c.execute("SELECT count(*) FROM crpm.console_runs").fetchone() == (1,)
        assert c.execute("DELETE FROM crpm.saved_queries").rowcount == 1
        with pytest.raises(NotFoundError, match="no saved query"):
            repository.delete_query(name="Mine")
    with act("admin") as c:
        assert len(ConsoleRepository(c).saved_queries()) == 1


def test_the_last_200_statements_of_each_are_kept(act: Act) -> None:
    with act("admin") as c:
        ConsoleRepository(c).add_run(statement="SELECT 'admin'")
    with act("manager") as c:
        repository = ConsoleRepository(c)
        c.execute(
            "INSERT INTO crpm.console_runs (statement) SELECT 'SELECT ' || i FROM generate_series(1, 250) AS i"
        )
        repository.add_run(statement="SELECT 'last'")
        assert [run.statement for run in repository.runs()][:2] == ["SELECT 'last'", "SELECT 250"]
        assert c.execute("SELECT count(*) FROM crpm.console_runs").fetchone() == (200,)
    with act("admin") as c:
        assert len(ConsoleRepository(c).runs()) == 1


@pytest.mark.parametrize("role", ["viewer", "clerk"])
def test_who_may_not_use_the_console_is_refused_by_the_database_and_told_by_the_tab(
    database: Database, console: SqlConsole, role: str
) -> None:
    desk = Desk(WorkspaceOf(database, Actor("carl", f"crpm_{role}")), console)  # type: ignore[arg-type]
    assert "managers" in str(desk.why_closed(None))
    for attempt in (
        lambda: desk.run(None, "SELECT 1"),
        lambda: desk.explain(None, "SELECT 1", is_run=False),
        lambda: desk.cancel(None),
        lambda: desk.schema(None),
        lambda: desk.save(None, "Mine", "SELECT 1"),
        lambda: desk.statement(None, "1", is_saved=False),
    ):
        with pytest.raises(NotAllowedError):
            attempt()
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.transaction(desk._workspace.actor(None)) as c,
    ):
        ConsoleRepository(c).add_run(statement="SELECT 1")


def test_a_download_is_of_one_s_own_run_and_whole_or_an_error(
    database: Database, console: SqlConsole
) -> None:
    workspace = WorkspaceOf(database, Actor("ada", "crpm_manager"))
    desk = Desk(workspace, console)
    assert desk.why_closed(None) is None
    answer, run_id = desk.run(None, "SELECT generate_series(1, 1200) AS n")
    assert answer.has_more
    app = FastAPI()
    app.include_router(router(workspace, console))
    with TestClient(app) as client:
        found = client.get(f"/exports/console/{run_id}.csv")
        assert found.headers["cache-control"] == "no-store"
        assert found.text.split() == ["\ufeffn", *map(str, range(1, 1201))]
        with pytest.raises(Exception, match="does not exist"):
            desk.run(None, "SELECT nothing_such")
        refused = client.get(f"/exports/console/{run_id + 1}.csv")
        assert (refused.status_code, "does not exist" in refused.text) == (400, True)
        workspace.person = Actor("bert", "crpm_admin")
        assert client.get(f"/exports/console/{run_id}.csv").status_code == 404
        workspace.person = Actor("ada", "crpm_clerk")
        assert client.get(f"/exports/console/{run_id}.csv").status_code == 403
    with database.transaction(Actor("ada", "crpm_manager")) as c:
        assert [run.outcome for run in ConsoleRepository(c).runs()] == ["refused", "answered"]


def test_a_chart_is_over_dates_first_and_draws_what_is_a_number() -> None:
    columns = [ResultColumn("n", "int8"), ResultColumn("day", "date"), ResultColumn("n", "numeric(10,2)")]
    rows = [
        ("1", "2024-01-31", "2.50"),
        ("2", "2024-02-29", "NaN"),
        ("3", "infinity", "1"),
        (None, None, None),
    ]
    answer = Answer(columns, rows, has_more=False, seconds=0.1)
    over, figures = console_view.chart_columns(answer)
    assert (over, figures) == (["2. day", "1. n", "3. n"], ["1. n", "3. n"])
    kept = console_view.kept_for_chart(answer)
    assert console_view.points(kept, "2. day", "3. n") == [{"x": datetime(2024, 1, 31), "y": Decimal("2.50")}]  # noqa: DTZ001
    assert [point["x"] for point in console_view.points(kept, "1. n", "1. n")] == ["1", "2", "3"]
    assert console_view.points(kept, "9. gone", "1. n") == []
