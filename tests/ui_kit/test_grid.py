import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import gradio as gr
import pytest
from markupsafe import Markup

from app.ui.grid import Column, Grid, GridState
from tests.ui_kit.prototype import HOSTILE


@dataclass(frozen=True, slots=True)
class Row:
    row_id: int
    name: str | None
    amount: Decimal
    currency: str
    day: date | None


ROW = Row(7, "Ana", Decimal("1234.5"), "EUR", date(2026, 3, 4))


def make_grid(**options: Any) -> Grid:
    columns = [
        Column("name", "Name", is_sortable=True),
        Column("amount", "Amount", "money", is_sortable=True, currency_field="currency"),
        Column("day", "Day", "date", is_hidden_on_phone=True),
    ]
    return Grid(columns, label="Rows", row_key="row_id", empty=("No rows", "Add one."), **options)


def state_of(*, sort: str = "name", is_descending: bool = False, page: int = 1) -> GridState:
    return GridState(sort=sort, is_descending=is_descending, page=page)


def test_cells_are_written_by_their_kind() -> None:
    html = make_grid().table([ROW], total=1)
    assert "1,234.50\u00a0EUR" in html
    assert "2026-03-04" in html
    assert 'data-key="7"' in html


def test_amounts_without_a_currency_of_their_own_have_the_decimals_of_the_tables() -> None:
    grid = Grid([Column("amount", "Amount", "money")], label="Rows")
    assert "<bdi>1,235</bdi>" in grid.table([ROW], totals={"amount": Decimal("2")}, currency="JPY")
    assert "<bdi>2</bdi>" in grid.table([ROW], totals={"amount": Decimal("2")}, currency="JPY")
    assert "<bdi>1,234.50</bdi>" in grid.table([ROW], currency="EUR")


def test_a_missing_value_is_a_dash() -> None:
    html = make_grid().table([Row(1, None, Decimal(1), "EUR", None)])
    assert html.count("\u2014") == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_cells_and_keys_are_escaped(text: str) -> None:
    grid = Grid(
        [Column("name", "Name"), Column("link", "Link", "link", opens="x", key_field="name")],
        label="R",
        row_key="name",
    )
    html = grid.table([{"name": text, "link": text}])
    assert "<script" not in html
    assert "<img" not in html


def test_a_long_text_is_cut_and_its_title_too() -> None:
    html = Grid([Column("name", "Name")], label="R").table([{"name": "A" * 10_000}])
    assert len(html) < 2_000


def test_a_computed_cell_may_be_markup() -> None:
    column = Column("name", "Name", value=lambda row: Markup("<b>{}</b>").format(row["name"] + "<"))
    assert "<b>Ana&lt;</b>" in Grid([column], label="R").table([{"name": "Ana"}])


@pytest.mark.parametrize(
    ("page", "shown", "total", "text", "disabled"),
    [
        (1, 25, 4012, "1-25 of 4,012", 2),
        (2, 25, 4012, "26-50 of 4,012", 0),
        (161, 12, 4012, "4,001-4,012 of 4,012", 2),
        (1, 1, 1, "1-1 of 1", 4),
    ],
)
def test_the_pager_says_where_it_is_and_offers_what_is_possible(
    page: int, shown: int, total: int, text: str, disabled: int
) -> None:
    html = make_grid().table([ROW] * shown, total=total, state=GridState(page=page))
    assert text in html
    assert html.count(" disabled") == disabled


def test_the_pager_goes_on_where_counting_has_stopped() -> None:
    grid = Grid([Column("name", "Name")], label="Names")
    rows = [{"name": "A"}] * 25
    far = grid.table(rows, total=10_001, state=GridState(page=402))
    assert "10,026-10,050 of about 10,000" in far
    assert re.search(r'aria-label="Next page"[^>]*data-page="403" data-anchor="">', far)
    assert re.search(r'aria-label="Last page"[^>]* disabled>', far)
    end = grid.table(rows[:3], total=10_001, state=GridState(page=403))
    assert re.search(r'aria-label="Next page"[^>]* disabled>', end)


def test_the_pager_of_a_list_by_keys_names_the_rows_that_pages_begin_after_and_reaches_the_end() -> None:
    columns = [
        Column("name", "Name", is_sortable=True),
        Column("price", "Price", is_sortable=True, is_sorted_if_few=True),
    ]
    grid = Grid(columns, label="Names", row_key="name", order_of_many="name")
    rows = [{"name": str(place), "price": 1} for place in range(50, 75)]

    def buttons(state: GridState, total: int) -> dict[str, str]:
        html = grid.table(rows, total=total, state=state)
        found = re.findall(
            r'aria-label="(\w+) page"[^>]*?data-page="(-?\d+)" data-anchor="(\d*)"([^>]*)>', html
        )
        return {name: f"{page}/{anchor}{rest}" for name, page, anchor, rest in found}

    assert buttons(GridState("name", page=3), 1_234_567) == {
        "First": "1/",
        "Previous": "2/50 data-backward",
        "Next": "4/74",
        "Last": "-1/ data-backward",
    }
    assert buttons(GridState("name", page=2), 70)["Previous"] == "1/"
    assert buttons(GridState("name", page=-1), 1_234_567) == {
        "First": "1/",
        "Previous": "-2/50 data-backward",
        "Next": "0/74 disabled",
        "Last": "-1/ data-backward disabled",
    }
    assert "51-75 of about 1,200,000" in grid.table(rows, total=1_234_567, state=GridState("name", page=3))
    assert "page 2 from the end of about 1,200,000" in grid.table(
        rows, total=1_234_567, state=GridState("name", page=-2)
    )
    # In an order that takes every row pages are counted, and beyond ten thousand there is no such order.
    assert buttons(GridState("price", page=2), 70)["Next"] == "3/"
    many = grid.table(rows, total=10_001, state=GridState("name"))
    assert 'title="Can be sorted by this when at most 10,000 are found">Price' in many
    assert grid.settled(GridState("price", page=3), 10_001) == GridState("name")


def test_a_page_past_the_end_leads_back() -> None:
    html = make_grid().table([], total=30, state=GridState(page=9))
    assert "0 of 30" in html
    assert 'data-page="2"' in html


def test_without_rows_it_says_what_to_do() -> None:
    assert "Add one." in make_grid().table([], total=0)


def test_the_sorted_column_says_its_direction_and_asks_for_the_other() -> None:
    html = make_grid().table([ROW], state=GridState(sort="name"))
    assert 'aria-sort="ascending"><button type="button" data-column="name" data-descending="yes"' in html
    assert 'aria-sort="none"><button type="button" data-column="amount" data-descending="yes"' in html


def test_totals_stand_in_the_foot() -> None:
    html = make_grid().table([ROW], totals={"name": "Total", "amount": Decimal(3), "currency": "EUR"})
    assert "<tfoot>" in html
    assert "3.00\u00a0EUR" in html


@pytest.mark.parametrize(
    ("payload", "state"),
    [
        ({"column": "amount", "is_descending": True}, state_of(sort="amount", is_descending=True)),
        ({"column": "name", "is_descending": "yes"}, state_of()),
        ({"page": 4}, state_of(page=4)),
        ({"column": "day", "is_descending": True}, state_of(page=3)),
        ({"column": "name; DROP TABLE x"}, state_of(page=3)),
        ({"column": ["name"]}, state_of(page=3)),
        ({"page": 0}, state_of(page=3)),
        ({"page": -1, "is_backward": True}, GridState("name", page=-1, is_backward=True)),
        ({"page": 2, "anchor": 7}, GridState("name", page=2, anchor=7)),
        ({"page": 2, "anchor": "7; DROP"}, GridState("name", page=2)),
        ({"page": 2, "anchor": 10**30}, GridState("name", page=2)),
        ({"page": True}, state_of(page=3)),
        ({"page": 10**12}, state_of(page=3)),
        ({"page": "2"}, state_of(page=3)),
        (None, state_of(page=3)),
        ("page", state_of(page=3)),
    ],
)
def test_only_what_the_page_offers_can_be_asked_for(payload: Any, state: GridState) -> None:
    assert make_grid().follow(state_of(page=3), gr.EventData(None, payload)) == state
