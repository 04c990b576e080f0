import re
from pathlib import Path

import pytest

from db.sqlfiles import PARAMETER, QUERIES, Query, WrongParametersError, query
from db.verify import CHECKS
from tests.conftest import Act

ROOT = QUERIES.parents[1]
FILES = sorted(path.relative_to(QUERIES).with_suffix("").as_posix() for path in QUERIES.rglob("*.sql"))
# The loader's statements belong to one transaction with staging filled, and those of verify to the owner: their own
# tests run them.
ALONE = [name for name in FILES if not name.startswith(("loader/", "verify/"))]
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for folder in ("app", "loader")
    for path in (ROOT / folder).rglob("*.py")
}


@pytest.mark.parametrize("name", FILES)
def test_query_file_begins_by_saying_what_it_does(name: str) -> None:
    lines = query(name).text.splitlines()
    assert lines[0].startswith("-- ")
    assert lines[0][3].isupper()
    is_reading = any(line.startswith("SELECT") for line in lines) and not name.startswith("loader/")
    assert any(line.startswith("-- Grain: ") for line in lines) or not is_reading


@pytest.mark.parametrize("name", ALONE)
def test_query_file_is_sound_sql_for_the_schema(act_of_module: Act, name: str) -> None:
    found = Query(name)
    with act_of_module("admin") as c:
        if name.startswith("access/"):  # whoever signs in has no role yet
            c.execute("RESET ROLE")
        anchored = [found.page(sort, is_anchored=True) for sort in found.keys]
        for statement in [*map(found.sorted_by, [None, *found.sorts]), *anchored]:
            c.execute(f"EXPLAIN {statement}", dict.fromkeys(found.parameters), prepare=False)


@pytest.mark.parametrize("name", FILES)
def test_query_file_is_used(name: str) -> None:
    if name.startswith("verify/"):
        assert name.removeprefix("verify/") in CHECKS
        return
    method = name.rpartition("/")[2].replace("copy_", "copy_{", 1).partition("{")[0]
    mention = re.compile(rf"[\"'/]{method}(?:[\"']|\{{)")
    running = [
        *SOURCES.values(),
        *((ROOT / "db" / name).read_text(encoding="utf-8") for name in ("console.py", "__main__.py")),
    ]
    assert any(mention.search(text) for text in running)


def test_no_sql_outside_db() -> None:
    statement = re.compile(
        r"\b(SELECT\s+[\w*(\"']|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b"
    )
    assert {
        path.relative_to(ROOT).as_posix() for path, text in SOURCES.items() if statement.search(text)
    } == set()


def test_query_refuses_parameters_that_its_file_does_not_name() -> None:
    found = query("reference/stores")
    assert found.check({"is_active_only": True}) == {"is_active_only": True}
    with pytest.raises(WrongParametersError, match=r"missing is_active_only; unknown active"):
        found.check({"active": True})


def test_query_refuses_an_order_that_its_file_does_not_declare() -> None:
    found = query("orders/search")
    assert "ORDER BY o.order_date, o.order_id" in found.sorted_by("order_date")
    with pytest.raises(WrongParametersError, match="no order 'total_amount; DROP TABLE'"):
        found.sorted_by("total_amount; DROP TABLE")


def test_order_by_keys_goes_both_ways_from_its_anchor() -> None:
    found = query("products/search")
    after = found.page("name descending", is_anchored=True)
    assert "AND (p.sort_name, p.product_id) < (SELECT p.sort_name, p.product_id FROM crpm.products" in after
    assert "ORDER BY p.sort_name DESC, p.product_id DESC" in after
    before = found.page("name descending", is_anchored=True, is_backward=True)
    assert "AND (p.sort_name, p.product_id) > (SELECT" in before
    assert "ORDER BY p.sort_name, p.product_id\n" in before
    assert "anchor" not in found.page("name", is_backward=True)


def test_parameters_are_found_with_and_without_casts() -> None:
    assert PARAMETER.findall("%(a)s::text %(b)s %% %(c)b") == ["a", "b", "c"]


def test_schema_holds_no_statement_twice() -> None:
    text = (Path(QUERIES).parent / "schema.sql").read_text(encoding="utf-8")
    created = re.findall(
        r"^CREATE (?:UNIQUE )?(?:TABLE|VIEW|INDEX|FUNCTION|TRIGGER) [\w.]+", text, re.MULTILINE
    )
    assert len(created) == len(set(created))
