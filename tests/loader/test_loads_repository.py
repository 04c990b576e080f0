from collections.abc import Iterator

import pytest

from app.errors import NotFoundError
from app.repositories.loads import Conflict, Load, LoadFile, LoadsRepository, Reject
from db.pool import Actor, Database
from tests.loader.conftest import Business


@pytest.fixture
def loads(business: Business) -> Iterator[LoadsRepository]:
    business.append("Sales.csv", "212,1,1/13/2020,,1,1,2,a pair,USD", "213,1")
    business.append("Customers.csv", "19,Female")
    business.load()
    business.load()
    database = Database(business.database.app_url, max_size=1)
    with database.transaction(Actor("ada", "crpm_manager")) as connection:
        yield LoadsRepository(connection)
    database.close()


def test_loads_are_listed_with_their_account(loads: LoadsRepository) -> None:
    last, first = loads.page(limit=10)
    assert loads.count() == 2
    assert (last.status, first.status) == ("unchanged", "loaded")
    assert loads.find_last() == last
    assert loads.get(load_id=first.load_id) == first
    assert (first.rows_read, first.rows_loaded, first.rows_rejected) == (14, 11, 3)
    assert (
        first.rows_read == first.rows_loaded + first.rows_updated + first.rows_duplicate + first.rows_rejected
    )
    assert str(first.money_loaded) == "2640.00"
    assert isinstance(first, Load)
    with pytest.raises(NotFoundError):
        loads.get(load_id=0)


def test_files_of_a_load_tell_what_was_understood(loads: LoadsRepository) -> None:
    last = loads.find_last()
    assert last
    files = {file.file_name: file for file in loads.files(load_id=last.load_id)}
    sales = files["Sales.csv"]
    assert isinstance(sales, LoadFile)
    assert (sales.encoding, sales.delimiter, sales.unread_columns) == ("utf-8", ",", [])
    assert sales.date_order["Order Date"] == {"order": "mdy", "decided_by": "file"}
    assert (sales.rows_read, sales.rows_duplicate, sales.rows_rejected) == (5, 3, 2)


def test_rejects_are_read_in_pages(loads: LoadsRepository) -> None:
    last = loads.find_last()
    assert last
    assert loads.count_rejects(load_id=last.load_id) == 3
    whole = loads.rejects(load_id=last.load_id)
    assert whole[0] == Reject(
        "Customers.csv",
        4,
        None,
        "unreadable_row",
        "The row cannot be taken apart. It has 2 cells, the header 10.",
        "19,Female",
        None,
    )
    assert loads.open_rejects(load_id=last.load_id) == ["Customers.csv", "Sales.csv"]
    assert loads.rejects(load_id=last.load_id, limit=1, offset=1) == whole[1:2]
    sales = next(file for file in loads.files(load_id=last.load_id) if file.file_name == "Sales.csv")
    assert loads.rejects(load_id=last.load_id, load_file_id=sales.load_file_id) == whole[1:]
    assert loads.count_rejects(load_id=last.load_id, load_file_id=sales.load_file_id) == 2


def test_conflicts_are_listed_with_the_name_of_the_record(loaded: Business) -> None:
    loaded.run("UPDATE crpm.stores SET area_m2 = 900 WHERE source_key = '1'")
    loaded.write("Stores.csv", "1,Italy,Enna,1100.0,1/13/2008")
    load_id = loaded.load().load_id
    database = Database(loaded.database.app_url, max_size=1)
    with database.transaction(Actor("ada", "crpm_manager")) as connection:
        loads = LoadsRepository(connection)
        assert loads.conflicts(load_id=load_id) == [
            Conflict("Stores.csv", "stores", 2, 1, "Enna, Italy", "Square Meters", "1000.0", "1100.0", "900")
        ]
        assert [file.conflicts for file in loads.files(load_id=load_id)] == [0, 0, 1, 0, 0]
    with database.transaction(Actor("eve", "crpm_viewer")) as connection:
        assert [file.conflicts for file in LoadsRepository(connection).files(load_id=load_id)] == [
            0,
            0,
            1,
            0,
            0,
        ]
    database.close()
