import csv
import re
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader.errors import LoadError
from tests.loader.conftest import OTHER_HEADERS, SMALL_FILES, Business
from tests.loader.test_undo import FILES, take_back

ANY_LETTER = st.characters(exclude_categories=["Cs"])
DIRT = st.one_of(
    st.sampled_from(
        [
            *("", " ", "-", "N/A", "null", "0/0/0", "2/30/2020", "13/13/2020", "12/31/9999", "1/1/0001", "43843"),
            *("-1", "0", "1.5", "1,5", "1.0", "(3)", "$2", "2 EUR", "1e400", "9" * 40, "0." + "0" * 40 + "1", "2147483648"),
            *("x" * 400, "a,b", 'a"b', "a\nb", "a\0b", "ü", "Ã¼", "\u00a0", "\u202e", "=1+1", "%s", "%(x)s", "\\.", "\\N", "{0}"),
        ]
    ),
    st.text(ANY_LETTER, max_size=6),
)  # fmt: skip

# Two lines an order, all of them sound, and what comes back of them.
SALES = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 9)), max_size=12).map(
    lambda lines: [
        f"{200 + place // 2},{place % 2 + 1},1/13/2020,,{1 + place // 2 % 2},1,{product},{pieces},{('EUR', 'USD')[place // 2 % 2]}"
        for place, (product, pieces) in enumerate(lines)
    ]
)
RETURNS = st.lists(st.integers(200, 205), max_size=3, unique=True).map(
    lambda orders: [f",{order},1,,1,1/14/2020,,," for order in orders]
)


@st.composite
def dirty_files(draw: st.DrawFn) -> dict[str, list[list[str]]]:
    """Valid files, in some of whose rows a cell is replaced, taken away or put in, and some of whose rows come again."""
    dirty = {}
    for name, rows in {**draw(FILES), "Sales.csv": draw(SALES), "Returns.csv": draw(RETURNS)}.items():
        cells = [row.split(",") for row in rows]
        if cells:
            for place, dirt in draw(st.lists(st.tuples(st.integers(0, 10_000), DIRT), max_size=4)):
                row = cells[place % len(cells)]
                row[place % len(row)] = dirt
            for place in draw(st.lists(st.integers(0, 10_000), max_size=1)):
                cells.append(cells[place % len(cells)][: 2 + place % 9])
                cells.append([*cells[place % len(cells)]])
        dirty[name] = cells
    return dirty


NUMBER = re.compile(r"\$?([0-9]+([.,][0-9]+)?)( EUR)?")
LOADED = """
SELECT l.source_line, l.quantity, l.base_amount
FROM crpm.order_lines AS l INNER JOIN crpm.load_files AS f ON l.load_file_id = f.load_file_id
WHERE f.load_id = {load_id} ORDER BY 1
"""
REJECTED = """
SELECT f.target, count(*), count(DISTINCT r.line_number)
FROM crpm.rejects AS r INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
WHERE f.load_id = {load_id} GROUP BY f.target
"""


def units_by_line(business: Business) -> dict[int, float | None]:
    """The pieces of each sales row, as another reader has them, by the line on which it begins; None for no number."""
    with (business.folder / "Sales.csv").open(encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        begins, units = 1, {}
        for row in rows:
            number = NUMBER.fullmatch(row[7].strip()) if len(row) > 7 else None
            units[begins] = float(number[1].replace(",", ".")) if number else None
            begins = rows.line_num + 1
    return units


def test_whatever_dirt_is_in_the_files_their_account_adds_up(business: Business) -> None:
    business.load()
    outcomes: Counter[str] = Counter()

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(files=dirty_files(), is_live=st.sampled_from([False, False, True]))
    def prove(files: dict[str, list[list[str]]], is_live: bool) -> None:
        for name, rows in files.items():
            header = OTHER_HEADERS.get(name) or SMALL_FILES[name].split("\n", 1)[0]
            with (business.folder / name).open("w", encoding="utf-8", newline="") as out:
                out.write(f"{header}\n")
                csv.writer(out, lineterminator="\n").writerows(
                    [cell.replace("{today}", "1/20/2020") for cell in row] for row in rows
                )
        try:
            report = business.load(is_live=is_live, date_order="mdy")
        except LoadError:
            outcomes["stopped"] += 1
            return
        money = report.money
        assert money.read == money.loaded + money.duplicate + money.rejected
        loaded = business.rows(LOADED.format(load_id=report.load_id))
        assert sum(amount for _, _, amount in loaded) == money.loaded
        rejected = {
            target: (rows, lines)
            for target, rows, lines in business.rows(REJECTED.format(load_id=report.load_id))
        }
        for file in report.files:
            assert file.read == file.loaded + file.updated + file.duplicate + file.rejected
            assert rejected.get(file.target, (0, 0)) == (file.rejected, file.rejected)
            for outcome in ("loaded", "updated", "duplicate", "rejected"):
                outcomes[outcome] += getattr(file, outcome)
            if file.target == "sales":
                outcomes["sales"] += file.loaded
                assert len(loaded) == file.loaded
                units = units_by_line(business)
                assert [units[line] for line, _, _ in loaded] == [quantity for _, quantity, _ in loaded]
        take_back(business, report.load_id)

    prove()
    assert all(outcomes[name] for name in ("loaded", "rejected", "sales"))
    assert outcomes["stopped"] < 8
