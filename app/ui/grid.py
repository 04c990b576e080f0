"""A table of one page of rows, rendered on the server, with sorting, paging and opening.

The rows come from the caller, already sorted and cut: the grid draws them, escaped, and reports what the
user wants next through three events, each with a payload: `sorted` (column, is_descending), `paged` (page, and for
lists that go by keys the anchor) and `opened` (key).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import gradio as gr
from markupsafe import Markup

from app.repositories.base import COUNTED_ROWS
from app.ui import format as written
from app.ui.panels import empty_state, link, pill

# The rest stands in grid.js, once for all grids; a custom event exists when its quoted name stands in the script.
_SCRIPT = "crpm.grid(element, trigger, watch);  // 'sorted', 'paged', 'opened'"

_SHOWN_CHARACTERS = 160
_TITLE_CHARACTERS = 1_000
_LAST_PAGE = 10_000_000
_LARGEST_ID = 2**63 - 1

Kind = Literal["text", "money", "integer", "decimal", "percent", "date", "timestamp", "pill", "link"]
_RIGHT_ALIGNED = {"money", "integer", "decimal", "percent"}
_WRITERS: dict[str, Callable[[Any], str]] = {
    "integer": written.integer,
    "decimal": written.decimal,
    "percent": written.percent,
    "date": written.date,
    "timestamp": written.timestamp,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `name` is the row's field (and what is sorted by), `kind` how its values are written.

    `value` computes the cell from the row instead (it may return `Markup`). `currency_field` names the field
    with the currency code of a money column; without it amounts stand alone, in the currency that `table` is given.
    A link opens the tab `opens` with the row's `key_field`; where that is None the text stays plain.
    """

    name: str
    label: str
    kind: Kind = "text"
    is_sortable: bool = False
    # Sorting takes every row, so it is offered while there are few enough to count.
    is_sorted_if_few: bool = False
    is_hidden_on_phone: bool = False
    align: Literal["left", "right"] | None = None
    value: Callable[[Any], object] | None = None
    currency_field: str = ""
    opens: str = ""
    key_field: str = ""

    @property
    def is_right_aligned(self) -> bool:
        return self.align == "right" if self.align else self.kind in _RIGHT_ALIGNED

    @property
    def is_descending_first(self) -> bool:
        """Whether the first click on the header asks for the largest or latest first."""
        return self.kind in _RIGHT_ALIGNED or self.kind in ("date", "timestamp")


@dataclass(frozen=True, slots=True)
class GridState:
    """What a list is showing: keep it in a `gr.State` and hand its parts to the query.

    A list that goes by keys shows the page after the row with the key `anchor`, or the one before it; without an anchor
    the first, or the last. A `page` below 0 counts from the end, where nobody knows how many there are.
    """

    sort: str = ""
    is_descending: bool = False
    page: int = 1
    page_size: int = 25
    anchor: int | None = None
    is_backward: bool = False

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size

    @property
    def order(self) -> str:
        """The name of the order in query files."""
        return f"{self.sort} descending" if self.is_descending else self.sort

    def first_page(self) -> "GridState":
        return replace(self, page=1, anchor=None, is_backward=False)


class Grid(gr.HTML):
    """A list on screen; `table` makes its value.

    `row_key` is the field that identifies a row (or a function of the row); it is reported as text. With `opens`,
    a row opens its record in that tab, with its address in the location bar, instead of sending `opened`. With
    `order_of_many` pages are turned by the keys of rows, but in orders that are for few rows alone; where there are too
    many for such an order, that one takes its place.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        label: str,
        row_key: str | Callable[[Any], object] | None = None,
        empty: tuple[str, str] = ("Nothing here yet", ""),
        opens: str = "",
        order_of_many: str = "",
        elem_id: str | None = None,
        visible: bool = True,
        render: bool = True,
    ) -> None:
        # Underscored: Gradio serialises every attribute that is named like a parameter.
        self._columns = tuple(columns)
        self._label = label
        self._row_key = row_key
        self._empty = empty
        self._opens = opens
        self._order_of_many = order_of_many
        self._sorts_few = {column.name for column in columns if column.is_sorted_if_few}
        super().__init__(
            self._html(Markup(""), state=GridState(), footer=Markup('<div class="grid-wait"></div>')),
            js_on_load=_SCRIPT,
            apply_default_css=False,
            padding=False,
            elem_id=elem_id,
            visible=visible,
            render=render,
        )

    @staticmethod
    def opened_key(event: gr.EventData) -> str:
        """The key of the row that was opened; it comes from the browser, so check it like any input."""
        told = event._data if isinstance(event._data, dict) else {}
        return str(told.get("key", ""))

    def follow(self, state: GridState, event: gr.EventData) -> GridState:
        """The state after a `sorted` or `paged` event; what the browser could not have asked for changes nothing."""
        wanted = event._data if isinstance(event._data, dict) else {}
        name, page, anchor = wanted.get("column"), wanted.get("page"), wanted.get("anchor")
        if isinstance(name, str) and any(c.is_sortable and c.name == name for c in self._columns):
            return replace(state.first_page(), sort=name, is_descending=wanted.get("is_descending") is True)
        if type(page) is not int or not page or abs(page) > _LAST_PAGE:
            return state
        return replace(
            state,
            page=page,
            anchor=anchor if type(anchor) is int and 0 < anchor <= _LARGEST_ID else None,
            is_backward=wanted.get("is_backward") is True,
        )

    def goes_by_keys(self, state: GridState) -> bool:
        """Whether pages are turned by keys in the order of this state."""
        return bool(self._order_of_many) and state.sort not in self._sorts_few

    def settled(self, state: GridState, total: int) -> GridState:
        """The state, or the first page in the order of many, where its own order is not for so many rows."""
        if total <= COUNTED_ROWS or state.sort not in self._sorts_few:
            return state
        return replace(state.first_page(), sort=self._order_of_many, is_descending=False)

    def table(
        self,
        rows: Sequence[Any],
        *,
        total: int | None = None,
        state: GridState | None = None,
        selected: object = None,
        totals: Mapping[str, object] | None = None,
        currency: str | None = None,
    ) -> Markup:
        """The table as HTML.

        `rows` are dataclasses or mappings, already sorted and cut to the page. `total` counts all rows (None: no
        pager; above 10,000 it is an estimate). `selected` is the key of the row to mark. `totals` gives the foot's values
        by column name. `currency` is that of money columns without a field of their own: its minor units are the
        decimals they are written with.
        """
        state = state or GridState()
        if not rows and not total:
            return Markup('<div class="grid">{}</div>').format(empty_state(*self._empty))
        body = Markup("").join(
            self._row(row, is_first=place == 0, selected=selected, currency=currency)
            for place, row in enumerate(rows)
        )
        pager = Markup("")
        if total is not None:
            by_keys = rows and self.goes_by_keys(state)
            ends = (self._key(rows[0]), self._key(rows[-1])) if by_keys else None
            pager = _pager(state, len(rows), total, ends)
        is_many = total is not None and total > COUNTED_ROWS
        return self._html(body, state=state, footer=pager, totals=totals, currency=currency, is_many=is_many)

    def _html(
        self,
        body: Markup,
        *,
        state: GridState,
        footer: Markup,
        totals: Mapping[str, object] | None = None,
        currency: str | None = None,
        is_many: bool = False,
    ) -> Markup:
        head = Markup("").join(_header(column, state, is_many=is_many) for column in self._columns)
        foot = Markup("")
        if totals:
            cells = (_cell(column, totals, totals.get(column.name, ""), currency) for column in self._columns)
            foot = Markup("<tfoot><tr>{}</tr></tfoot>").format(Markup("").join(cells))
        return Markup(
            '<div class="grid" data-opens="{}"><div class="grid-scroll"><table aria-label="{}">'
            "<thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table></div>{}</div>"
        ).format(self._opens, self._label, head, body, foot, footer)

    def _key(self, row: Any) -> str:
        return str(self._row_key(row) if callable(self._row_key) else _field(row, self._row_key or ""))

    def _row(self, row: Any, *, is_first: bool, selected: object, currency: str | None) -> Markup:
        cells = Markup("").join(_cell(column, row, _value(column, row), currency) for column in self._columns)
        if self._row_key is None:
            return Markup("<tr>{}</tr>").format(cells)
        key = self._key(row)
        is_selected = selected is not None and key == str(selected)
        return Markup('<tr data-key="{}" tabindex="{}"{}>{}</tr>').format(
            key, 0 if is_first else -1, Markup(' aria-selected="true"') if is_selected else "", cells
        )


def _header(column: Column, state: GridState, *, is_many: bool) -> Markup:
    style = _style(column)
    if is_many and column.is_sorted_if_few:
        return Markup('<th scope="col" class="{}" title="{}">{}</th>').format(
            style, f"Can be sorted by this when at most {COUNTED_ROWS:,} are found", column.label
        )
    if not column.is_sortable:
        return Markup('<th scope="col" class="{}">{}</th>').format(style, column.label)
    is_sorted = column.name == state.sort
    direction = ("descending" if state.is_descending else "ascending") if is_sorted else "none"
    is_descending_next = not state.is_descending if is_sorted else column.is_descending_first
    return Markup(
        '<th scope="col" class="{}" aria-sort="{}"><button type="button" data-column="{}" data-descending="{}">'
        '{}<span class="arrow" aria-hidden="true"></span></button></th>'
    ).format(style, direction, column.name, "yes" if is_descending_next else "no", column.label)


def _cell(column: Column, row: Any, value: object, currency: str | None) -> Markup:
    style = _style(column)
    if isinstance(value, Markup):
        return Markup('<td class="{}">{}</td>').format(style, value)
    if value is None:
        return Markup('<td class="{} missing">{}</td>').format(style, written.MISSING)
    if column.kind == "pill" and value != "":
        return Markup('<td class="{}">{}</td>').format(style, pill(value))
    text = _text(column, row, value, currency)
    shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "\u2026"
    key = _link_key(column, row)
    content = Markup("<bdi>{}</bdi>").format(shown if key is None else link(shown, column.opens, key))
    if column.is_right_aligned:
        return Markup('<td class="{}">{}</td>').format(style, content)
    return Markup('<td class="{}" title="{}">{}</td>').format(style, text[:_TITLE_CHARACTERS], content)


def text_of(column: Column, row: Any, currency: str | None) -> str:
    """What a cell says, as text without links and bars: for documents."""
    value = _value(column, row)
    if isinstance(value, Markup):
        return plain(value)
    return written.MISSING if value is None else _text(column, row, value, currency)


def plain(text: str) -> str:
    """The text of what may be Markup."""
    return text.striptags() if isinstance(text, Markup) else text


def _text(column: Column, row: Any, value: Any, currency: str | None) -> str:
    if column.kind == "money" and isinstance(value, Decimal):
        if column.currency_field:
            return written.money(value, _field(row, column.currency_field))
        return written.decimal(value, written.decimals(currency))
    writer = _WRITERS.get(column.kind)
    return writer(value) if writer and not isinstance(value, str) else str(value)


def _value(column: Column, row: Any) -> object:
    return column.value(row) if column.value else _field(row, column.name)


def _field(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def _link_key(column: Column, row: Any) -> object:
    if column.kind != "link":
        return None
    # The row of totals has no record to open.
    return row.get(column.key_field) if isinstance(row, Mapping) else getattr(row, column.key_field)


def _style(column: Column) -> str:
    return f"{'right' if column.is_right_aligned else 'left'}{' wide' if column.is_hidden_on_phone else ''}"


def _pager(state: GridState, shown: int, total: int, ends: tuple[str, str] | None) -> Markup:
    # Of more than were counted nobody knows the last page's number; by keys one gets there all the same.
    is_counted = total <= COUNTED_ROWS
    pages = max(1, -(-total // state.page_size))
    is_full = shown == state.page_size
    last = pages if is_counted else -1
    has_next = state.page < pages if is_counted else is_full and state.page != -1
    has_previous = state.page > 1 or (state.page < 0 and is_full)
    previous = min(state.page - 1, pages) if is_counted else state.page - 1
    first_key, last_key = ends or ("", "")
    # Back to the first page without an anchor: rows may have come before it.
    targets = (
        ("First page", "\u00ab", 1, has_previous, "", False),
        (
            "Previous page",
            "\u2039",
            previous,
            has_previous,
            first_key if previous != 1 else "",
            previous != 1,
        ),
        ("Next page", "\u203a", state.page + 1, has_next, last_key, False),
        ("Last page", "\u00bb", last, has_next and (is_counted or ends is not None), "", True),
    )
    buttons = Markup("").join(
        Markup(
            '<button type="button" aria-label="{}" title="{}" data-page="{}" data-anchor="{}"{}{}>{}</button>'
        ).format(
            name,
            name,
            page,
            anchor,
            Markup(" data-backward") if is_backward and ends else "",
            "" if is_possible else Markup(" disabled"),
            sign,
        )
        for name, sign, page, is_possible, anchor, is_backward in targets
    )
    return Markup('<nav class="pager" aria-label="Pages"><span aria-live="polite">{}</span>{}</nav>').format(
        _range(state, shown, total), buttons
    )


def _range(state: GridState, shown: int, total: int) -> str:
    found = f"{total:,}" if total <= COUNTED_ROWS else f"about {_rounded(total):,}"
    if not shown:
        return f"0 of {found}"
    if state.page < 0:
        place = "last page" if state.page == -1 else f"page {-state.page:,} from the end"
        return f"{place} of {found}"
    return f"{state.offset + 1:,}-{state.offset + shown:,} of {found}"


def _rounded(estimate: int) -> int:
    """To two digits: an estimate knows no more."""
    return round(estimate, 2 - len(str(estimate)))
