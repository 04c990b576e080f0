import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from db.__main__ import with_role
from db.embedded import EmbeddedServer, running
from db.errors import NoBinariesError
from db.install import install
from db.postgres_processes import program
from tests import conftest
from tests.conftest import OwnDatabase
from tests.folders import quick_folder
from tests.rules.books import differences
from tests.rules.fighting import CLIENTS, HOT, PIECES, Fight, stock_hot_products
from tests.rules.purchasing import BOSTON, on_hand

KILLS = 40
CRASHES_AFTER = (15, 45)
ONE_BUSY_CLIENT = """
SELECT pg_terminate_backend(a.pid)
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.usename = 'crpm_app' AND a.state = 'active' AND a.query LIKE '%record_purchase%'
ORDER BY random()
LIMIT 1
"""


@pytest.fixture
def fight(shop: OwnDatabase) -> Fight:
    stock_hot_products(shop)
    return Fight(shop)


def deadlocks(shop: OwnDatabase) -> int:
    with shop.connect() as owner:
        return owner.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()[0]


def test_clients_who_fight_for_the_last_pieces_sell_each_once(fight: Fight) -> None:
    fight.run()
    fight.assert_every_piece_was_sold_once()
    assert fight.unacknowledged == 0
    assert fight.refused >= CLIENTS * len(HOT)
    assert deadlocks(fight.shop) == 0


def test_clients_killed_in_the_middle_lose_no_acknowledged_purchase_and_record_none_twice(
    fight: Fight,
) -> None:
    fight.lost_answers = 0.2
    killed: list[bool] = []

    def kill_clients() -> None:
        with fight.shop.connect() as owner:
            while len(killed) < KILLS and not fight.is_over.is_set():
                killed.extend(row[0] for row in owner.execute(ONE_BUSY_CLIENT))

    fight.run(kill_clients)
    fight.assert_every_piece_was_sold_once()
    assert fight.unacknowledged >= KILLS / 4
    assert fight.recorded_unheard > 0
    assert deadlocks(fight.shop) == 0


def crash(server: EmbeddedServer) -> None:
    """Stop PostgreSQL at once, without a checkpoint (immediate mode), and start it again."""
    os.kill(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    server.ensure_running()


def test_stopping_postgresql_at_once_loses_no_acknowledged_purchase_and_records_none_twice() -> None:
    with quick_folder() as folder, running(folder / "data", durable=True) as server:
        shop = OwnDatabase(owner_url=server.url("postgres"), app_url=server.url("crpm_app"))
        install(shop.owner_url)
        with shop.connect() as owner:
            owner.execute((Path(conftest.__file__).parent / "shop.sql").read_bytes())
        stock_hot_products(shop)
        fight = Fight(shop)

        def stop_and_start() -> None:
            for number in CRASHES_AFTER:
                fight.wait_for_purchases(number)
                fight.can_connect.clear()
                crash(server)
                fight.can_connect.set()

        fight.run(stop_and_start)
        fight.assert_every_piece_was_sold_once()
        assert fight.unacknowledged >= len(CRASHES_AFTER)


def pgbench() -> Path | None:
    """The pgbench of the bundled PostgreSQL, else of the system."""
    try:
        bundled = program("pgbench")
    except NoBinariesError:
        bundled = None
    found = shutil.which("pgbench")
    return bundled if bundled and bundled.exists() else Path(found) if found else None


@pytest.mark.skipif(pgbench() is None, reason="there is no pgbench in the bundled PostgreSQL or on PATH")
def test_pgbench_fights_for_the_last_pieces_and_sells_each_once(shop: OwnDatabase) -> None:
    stock_hot_products(shop)
    script = Path(conftest.__file__).parent / "bench" / "last_pieces.sql"
    done = subprocess.run(
        [
            *(pgbench(), "--no-vacuum", "--client", str(CLIENTS), "--jobs", "2", "--transactions", "10"),
            *("--file", script, with_role(make_conninfo(shop.app_url), "crpm_clerk")),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    assert f"number of transactions actually processed: {CLIENTS * 10}/{CLIENTS * 10}" in done.stdout
    with shop.connect() as owner:
        assert [on_hand(owner, BOSTON, product) for product in HOT] == [0] * len(HOT)
        assert owner.execute("SELECT sum(quantity) FROM crpm.order_lines").fetchone() == (PIECES * len(HOT),)
    assert differences(shop) == {}
    assert deadlocks(shop) == 0
