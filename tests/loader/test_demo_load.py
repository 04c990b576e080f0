from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from loader.account import Report
from loader.demo import DIRT, generate
from loader.loading import load
from tests.conftest import OwnDatabase, clone
from tests.loader.conftest import MANAGER, account_of

REASONS = {
    "impossible birthday": "impossible_date",
    "unreadable price": "unreadable_number",
    "zero quantity": "not_positive",
    "text as quantity": "unreadable_number",
    "impossible date": "impossible_date",
    "unknown product": "unknown_product",
    "unknown customer": "unknown_customer",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo's files and the database they were loaded into."""

    folder: Path
    database: OwnDatabase
    report: Report


def load_demo(database: OwnDatabase, folder: Path) -> Report:
    return load(
        database.owner_url, folder, actor=MANAGER, source_system="demo", company_name="The demo", is_demo=True
    )


@pytest.fixture(scope="module")
def demo(server: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, today=date(2026, 3, 18))
    with clone(server, empty_template) as own:
        yield Demo(folder, own, load_demo(own, folder))


def test_demo_loads_but_for_its_declared_dirt(demo: Demo) -> None:
    for file in demo.report.files:
        dirt = dict(DIRT[file.file])
        assert file.duplicate == dirt.pop("duplicate row", 0), file
        assert file.rejected == sum(dirt.values()), file
        assert file.updated == 0, file
        assert file.loaded == file.read - file.duplicate - file.rejected, file
    money = demo.report.money
    assert money.read == money.loaded + money.duplicate + money.rejected
    unpriced = sum(DIRT["Sales.csv"][kind] for kind in ("text as quantity", "unknown product"))
    assert demo.report.unpriced_rows == unpriced


def test_dirt_is_rejected_for_what_is_wrong_with_it(demo: Demo) -> None:
    with demo.database.connect() as connection:
        reasons = connection.execute(
            """
            SELECT f.file_name, r.reason_code, count(*)
            FROM crpm.rejects AS r INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
            WHERE f.load_id = %s
            GROUP BY f.file_name, r.reason_code
            """,
            [demo.report.load_id],
        ).fetchall()
    expected: Counter[tuple[str, str]] = Counter()
    for name, kinds in DIRT.items():
        for kind in kinds.keys() - {"duplicate row"}:
            expected[name, REASONS[kind]] += kinds[kind]
    assert {(name, reason): count for name, reason, count in reasons} == expected


def test_demo_is_marked_and_its_stock_counted(demo: Demo) -> None:
    counted = [line.split(",") for line in (demo.folder / "Stock.csv").read_text().splitlines()[1:]]
    with demo.database.connect() as connection:
        settings = connection.execute("SELECT company_name, is_demo FROM crpm.settings").fetchone()
        stock = connection.execute("SELECT count(*), sum(on_hand) FROM crpm.stock_levels").fetchone()
    assert settings == ("The demo", True)
    assert stock == (len(counted), sum(int(quantity) for _, _, quantity in counted))


def test_demo_loaded_again_changes_nothing(demo: Demo) -> None:
    again = load_demo(demo.database, demo.folder)
    assert again.is_unchanged
    assert account_of(again, "Stock.csv").duplicate == account_of(again, "Stock.csv").read
