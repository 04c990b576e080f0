"""A small business's files to load, sound as they stand; a test writes others over them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from db.pool import Actor
from loader.account import FileAccount, Report
from loader.loading import load
from tests.conftest import OwnDatabase, clone, database_of_its_own
from tests.loader.understanding import Columns

MANAGER = Actor(user_name="test-manager", role="crpm_manager")
SMALL_FILES = {
    "Customers.csv": "CustomerKey,Gender,Name,City,State Code,State,Zip Code,Country,Continent,Birthday\n"
    "1,Female,Rosa Esposito,Polvica,NA,Napoli,80035,Italy,Europe,4/18/1981\n"
    "2,Male,John Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975\n",
    "Products.csv": "ProductKey,Product Name,Brand,Color,Unit Cost USD,Unit Price USD,"
    "SubcategoryKey,Subcategory,CategoryKey,Category\n"
    '1,Espresso machine,Castell,Steel,$500.00 ,"$1,299.00 ",0101,Coffee,01,Kitchen\n'
    "2,Kettle,Fjordline,Black,$4.20 ,$10.50 ,0102,Kettles,01,Kitchen\n",
    "Stores.csv": "StoreKey,Country,State,Square Meters,Open Date\n"
    "1,Italy,Enna,1000.0,1/13/2008\n"
    "0,Online,Online,,1/14/2010\n",
    "Exchange_Rates.csv": "Date,Currency,Exchange\n1/13/2020,USD,1.0000\n1/13/2020,EUR,0.9011\n",
    "Sales.csv": "Order Number,Line Item,Order Date,Delivery Date,CustomerKey,StoreKey,ProductKey,Quantity,Currency Code\n"
    "100,1,1/13/2020,,1,1,1,2,EUR\n"
    "100,2,1/13/2020,,1,1,2,1,EUR\n"
    "101,1,1/14/2020,1/20/2020,2,0,2,3,USD\n",
}
# Files that are not there at first.
OTHER_HEADERS = {
    "Stock.csv": "StoreKey,ProductKey,Quantity",
    "Returns.csv": "Return Number,Order Number,Line Item,ProductKey,Quantity,Return Date,StoreKey,Reason,Refund",
}


@dataclass(frozen=True, slots=True)
class Business:
    """An empty database, and a folder of files to load into it."""

    database: OwnDatabase
    folder: Path

    def write(self, name: str, *rows: str) -> None:
        """Replace a file's rows, under its header of always."""
        header = OTHER_HEADERS.get(name) or SMALL_FILES[name].split("\n", 1)[0]
        (self.folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")

    def append(self, name: str, *rows: str) -> None:
        """Add rows to a file."""
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)

    def load(self, **options: Any) -> Report:
        """Load the folder as a manager."""
        return load(self.database.owner_url, self.folder, **{"actor": MANAGER, **options})

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        with self.database.connect() as connection:
            return connection.execute(statement).fetchall()

    def run(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        with self.database.connect() as connection:
            connection.execute(statement)

    def rejects(self) -> list[tuple[Any, ...]]:
        """Line, column and reason of each rejected row of the last load."""
        return self.rows(
            """
            SELECT r.line_number, r.column_name, r.reason_code
            FROM crpm.rejects AS r
            INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
            WHERE f.load_id = (SELECT max(l.load_id) FROM crpm.loads AS l)
            ORDER BY r.load_file_id, r.line_number
            """
        )


def account_of(report: Report, name: str) -> FileAccount:
    """One file's account."""
    return next(file for file in report.files if file.file == name)


def outcomes(report: Report, name: str) -> tuple[int, int, int, int, int]:
    """Read, loaded, updated, duplicate and rejected rows of a file."""
    file = account_of(report, name)
    return (file.read, file.loaded, file.updated, file.duplicate, file.rejected)


def write_small_files(folder: Path) -> Path:
    """Write the small files into a new folder."""
    folder.mkdir()
    for name, text in SMALL_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def business(empty: OwnDatabase, tmp_path: Path) -> Business:
    """The small files, beside an empty database."""
    return Business(empty, write_small_files(tmp_path / "files"))


@pytest.fixture(scope="session")
def loaded_template(
    server: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with database_of_its_own(server, template=empty_template) as name:
        folder = write_small_files(tmp_path_factory.mktemp("loaded") / "files")
        load(make_conninfo(server, dbname=name), folder, actor=MANAGER)
        yield name


@pytest.fixture
def loaded(server: str, loaded_template: str, tmp_path: Path) -> Iterator[Business]:
    """The small files, beside a database into which they have been loaded once, as load 1."""
    with clone(server, loaded_template) as own:
        yield Business(own, write_small_files(tmp_path / "files"))


@pytest.fixture(scope="module")
def staging(server: str, empty_template: str) -> Iterator[str]:
    """One empty database for all tests of a module that keep nothing: the URL of its owner."""
    with clone(server, empty_template) as own:
        yield own.owner_url


@pytest.fixture
def columns(staging: str) -> Iterator[Columns]:
    """Columns of cells to understand; nothing of them is kept."""
    with psycopg.connect(staging) as connection:
        yield Columns(connection)
        connection.rollback()
