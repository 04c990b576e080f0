"""Who did what: every change, order, stock movement, load and bulk read, the latest first."""

from typing import Any
from urllib.parse import urlencode

import gradio as gr
from markupsafe import Markup

from app.repositories.activity import ActivityFilter, ActivityRepository, Entry
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.workspace import Workspace
from db.pool import Role

WHO_MAY_LOOK: frozenset[Role] = frozenset({"crpm_manager", "crpm_admin"})

# What people call the kinds of records, and the tab that shows one by its key.
KINDS = {
    "customers": ("Customer", "customers"),
    "products": ("Product", "products"),
    "product_prices": ("Price", "products"),
    "product_costs": ("Cost", "products"),
    "product_barcodes": ("Barcode", ""),
    "categories": ("Category", ""),
    "subcategories": ("Subcategory", ""),
    "orders": ("Order", "purchases"),
    "stock": ("Stock", "products"),
    "count_sheets": ("Count sheet", ""),
    "daily_closes": ("Daily close", ""),
    "stores": ("Store", ""),
    "exchange_rates": ("Exchange rate", ""),
    "tax_classes": ("Tax class", ""),
    "tax_rates": ("Tax rate", ""),
    "currencies": ("Currency", ""),
    "countries": ("Country", ""),
    "settings": ("Settings", ""),
    "users": ("User", ""),
    "loads": ("Load", "data"),
    "reads": ("Bulk read", ""),
}
_CHANNELS = ["app", "loader", "sql"]
_ACTIONS = {
    "insert": "Added",
    "update": "Changed",
    "delete": "Deleted",
    "record": "Recorded",
    "cancel": "Cancelled",
    "return": "Returned",
    "make": "Made",
    "close": "Closed",
    "load": "Loaded",
    "undo": "Taken back",
    "merge": "Merged",
    "read": "Taken out",
}
# Shown beside already, or of no use to people.
_NOT_TOLD = {"order_number", "row_version", "created_at", "updated_at"}


def build(workspace: Workspace, context: shell.TabContext) -> None:
    """Place and wire the list; it is read whenever the tab comes on screen or a filter changes."""
    filters = _placed_filters()
    grid = Grid(
        [
            Column("happened_at", "When", "timestamp"),
            Column("acted_by", "Who"),
            Column("record", "What", value=_record),
            Column("change", "Change", value=told),
            Column("channel", "Channel", is_hidden_on_phone=True),
        ],
        label="What was done",
        empty=("Nothing was done", "Change the filters, or choose a longer period."),
        elem_id="audit-grid",
    )
    state = gr.State(GridState())

    def show(request: gr.Request, state: GridState, *wanted: str) -> Markup:
        try:
            chosen = activity_filter(*wanted)
            with workspace.transaction(request) as connection:
                repository = ActivityRepository(connection)
                rows = repository.search(wanted=chosen, limit=state.page_size, offset=state.offset)
                total = repository.count(wanted=chosen)
        except Exception as error:
            return panels.error_state("What was done cannot be shown", explained(error))
        table = grid.table(rows, total=total, state=state)
        return table + panels.documents(_exports(*wanted)) if rows else table

    def find(request: gr.Request, state: GridState, *wanted: str) -> tuple[GridState, Markup]:
        state = state.first_page()
        return state, show(request, state, *wanted)

    def move(
        event: gr.EventData, request: gr.Request, state: GridState, *wanted: str
    ) -> tuple[GridState, Markup]:
        state = grid.follow(state, event)
        return state, show(request, state, *wanted)

    inputs, outputs = [state, *filters], [state, grid]
    grid.paged(move, inputs, outputs, **shell.READ)
    for field in filters:
        changes = [field.input] if isinstance(field, gr.Dropdown) else [field.submit, field.blur]
        for changed in changes:
            changed(find, inputs, outputs, **shell.READ)
    context.on_select(show, inputs, grid)


def _placed_filters() -> list[gr.Textbox | gr.Dropdown]:
    kinds = [("Everything", ""), *((label, kind) for kind, (label, _) in KINDS.items())]
    with gr.Row():
        return [
            gr.Textbox(
                "",
                label="From",
                placeholder="2026-01-31",
                max_lines=1,
                min_width=120,
                elem_id="audit-from",
            ),
            gr.Textbox("", label="To", placeholder="2026-12-31", max_lines=1, min_width=120),
            gr.Textbox(
                "", label="Who", placeholder="User name", max_lines=1, min_width=140, elem_id="audit-who"
            ),
            gr.Dropdown(kinds, value="", label="What", min_width=160, elem_id="audit-what"),
            gr.Textbox(
                "", label="Key", placeholder="Such as 17", max_lines=1, min_width=110, elem_id="audit-key"
            ),
            gr.Dropdown(
                [("Any", ""), *((name, name) for name in _CHANNELS)],
                value="",
                label="Channel",
                min_width=110,
            ),
        ]


def activity_filter(
    from_on: str, to_on: str, acted_by: str, record_type: str, record_key: str, channel: str
) -> ActivityFilter:
    """The filter as chosen. Raises InputError for a date that is none."""
    return ActivityFilter(
        from_on=typed.day(from_on, "From"),
        to_on=typed.day(to_on, "To"),
        acted_by=acted_by.strip() or None,
        channel=channel or None,
        record_type=record_type or None,
        record_key=record_key.strip() or None,
    )


def _exports(*wanted: str) -> list[tuple[str, str]]:
    asked = zip(("from", "to", "who", "what", "key", "channel"), wanted, strict=True)
    query = urlencode({name: value.strip() for name, value in asked if value.strip()})
    return [
        (name, f"exports/activity.{kind}?{query}" if query else f"exports/activity.{kind}")
        for name, kind in (("This list as Excel", "xlsx"), ("as CSV", "csv"))
    ]


def _record(entry: Entry) -> Markup:
    label, tab = KINDS.get(entry.record_type, (entry.record_type, ""))
    key = entry.record_key
    if entry.record_type == "orders":
        shown = (entry.new_values or {}).get("order_number", key)
    elif entry.record_type in ("product_prices", "product_costs"):
        shown, key = key, key.partition("/")[0]
    else:
        shown = key
    is_there = tab and not (entry.action == "delete" and entry.record_type in ("customers", "products"))
    return Markup('<span class="among">{} <bdi>{}</bdi></span>').format(
        label, panels.link(shown, tab, key) if is_there else shown
    )


def told(entry: Entry) -> str:
    """What was done, in words: the action, and the fields that changed."""
    action = _ACTIONS.get(entry.action) or entry.action.replace("_", " ").capitalize()
    before, after = entry.old_values or {}, entry.new_values or {}
    if entry.action == "update":
        words = [
            f"{_word(name)}: {_value(before.get(name))} \u2192 {_value(value)}"
            for name, value in after.items()
        ]
    else:
        words = [
            f"{_word(name)}: {_value(value)}"
            for name, value in (after or before).items()
            if value is not None and name not in _NOT_TOLD
        ]
    return f"{action}{'. ' if words else ''}{'; '.join(words)}"


def _word(column: str) -> str:
    return column.removesuffix("_id").replace("_", " ")


def _value(value: Any) -> str:
    return "\u2014" if value is None else str(value)
