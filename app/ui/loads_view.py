"""The account of a load, its rejected rows, and the list of all loads."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import gradio as gr
from markupsafe import Markup

from app.repositories.loads import Conflict, Load, LoadFile, LoadsRepository, Reject
from app.ui import format as written
from app.ui import panels
from app.ui.grid import Column, Grid, GridState
from loader.account import said_of_missing, said_of_mojibake
from loader.rejected import names_to_mend

_ROWS = ("rows_read", "rows_loaded", "rows_updated", "rows_duplicate", "rows_rejected")


_MEND = (
    "Mend these in their files and load them again: what is loaded already stays as it is. "
    "Or take the open ones as a file, mend them there and load that."
)
_BOTH = (
    "People had edited these fields, and the files have changed them too: they stay as people edited them."
)
_CARDS = {"customers": "customers", "products": "products"}
_DECIMALS = {"point": "decimal point", "comma": "decimal comma"}
_ORDERS = {"mdy": "month first", "dmy": "day first", "ymd": "year first"}

# Rejects with their heading and files, conflicts with theirs.
_NOTHING_SHOWN = ["", gr.update(visible=False), "", "", gr.update(visible=False)]


class LoadsView:
    """The loads on record: the account of the one shown, its rejects, and the list of all."""

    def place_account(self) -> None:
        """Create the account of the load shown."""
        self.heading = panels.view(elem_id="data-account")
        self.files = Grid(
            [
                Column("file_name", "File"),
                Column("rows_read", "Read", "integer"),
                Column("rows_loaded", "Loaded", "integer"),
                Column("rows_updated", "Updated", "integer", is_hidden_on_phone=True),
                Column("rows_duplicate", "Duplicate", "integer", is_hidden_on_phone=True),
                Column("rows_rejected", "Rejected", "integer"),
                Column("conflicts", "Conflicts", "integer", is_hidden_on_phone=True),
                Column("encoding", "Read as", value=_reading, is_hidden_on_phone=True),
                Column("missing", "Missing", value=_missing, is_hidden_on_phone=True),
            ],
            label="Rows by file",
            empty=(
                "No files yet",
                "Load the files of another system, or record customers and purchases by hand.",
            ),
            elem_id="data-files",
        )
        self.money = panels.view(elem_id="data-money")
        self.take_back = gr.Button(
            "Take back this load",
            scale=0,
            min_width=180,
            visible=False,
            elem_id="data-take-back",
            elem_classes="for-managers",
        )

    def place_lists(self) -> None:
        """Create the lists of rejected rows and of loads."""
        self.rejects_heading = panels.view()
        self.rejects = Grid(
            [
                Column("file_name", "File", is_hidden_on_phone=True),
                Column("line_number", "Line", "integer"),
                Column("column_name", "Column"),
                Column("message", "Why"),
                Column(
                    "reason_code",
                    "Reason",
                    value=lambda row: row.reason_code.replace("_", " "),
                    is_hidden_on_phone=True,
                ),
                Column("raw_text", "Row as read", is_hidden_on_phone=True),
                Column("resolved_by_load", "State", value=_state),
            ],
            label="Rejected rows",
            empty=("Nothing was rejected", "Every row of this load was understood."),
            elem_id="data-rejects",
        )
        self.rejects_files = panels.view(elem_id="data-rejects-files")
        self.conflicts_heading = panels.view()
        self.conflicts = Grid(
            [
                Column("file_name", "File", is_hidden_on_phone=True),
                Column("line_number", "Line", "integer"),
                Column("record", "Record", value=_record),
                Column("column_name", "Column"),
                Column("was_loaded", "Was loaded", is_hidden_on_phone=True),
                Column("in_file", "In the file"),
                Column("is_now", "Stays as edited"),
            ],
            label="Conflicts",
            empty=("No conflicts", ""),
            elem_id="data-conflicts",
        )
        panels.view(panels.heading("Loads"))
        self.loads = Grid(
            [
                Column("load_id", "Load", "integer", align="left"),
                Column("started_at", "When", "timestamp"),
                Column("source_system", "Source", is_hidden_on_phone=True),
                Column("loaded_by", "By", is_hidden_on_phone=True),
                Column("rows_read", "Rows", "integer", is_hidden_on_phone=True),
                Column("rows_rejected", "Rejected", "integer"),
                Column("money_loaded", "Sales loaded", "money", is_hidden_on_phone=True),
                Column("status", "Status", "pill"),
            ],
            label="Loads",
            row_key="load_id",
            opens="data",
            empty=("No loads yet", ""),
            elem_id="data-loads",
        )

    @property
    def outputs(self) -> list[Any]:
        return [
            self.heading,
            self.files,
            self.money,
            self.take_back,
            self.rejects_heading,
            self.rejects,
            self.rejects_files,
            self.conflicts_heading,
            self.conflicts,
            self.loads,
        ]

    def filled(
        self,
        repository: LoadsRepository,
        key: str,
        rejects: GridState,
        loads: GridState,
        conflicts: GridState,
        *,
        may_see_rejects: bool,
    ) -> list[Any]:
        """New values for `outputs`: the load `key`, else the last one."""
        load = repository.get(load_id=int(key)) if key else repository.find_last()
        listed = repository.page(limit=loads.page_size, offset=loads.offset)
        table = self.loads.table(
            listed,
            total=repository.count(),
            state=loads,
            selected=load.load_id if load else None,
            currency=load.base_currency_code if load else None,
        )
        if load is None:
            return [
                panels.heading("No loads yet"),
                self.files.table([]),
                "",
                gr.update(visible=False),
                *_NOTHING_SHOWN,
                table,
            ]
        files = repository.files(load_id=load.load_id)
        totals = {
            "file_name": "All files",
            "conflicts": sum(file.conflicts for file in files),
            **{name: getattr(load, name) for name in _ROWS},
        }
        account = [
            panels.heading(f"Load {load.load_id}", detail=_circumstances(load), status=load.status),
            self.files.table(files, totals=totals),
            _money(load),
            gr.update(visible=may_see_rejects and load.status != "undone"),
        ]
        if not may_see_rejects:
            return [*account, *_NOTHING_SHOWN, table]
        rows = repository.rejects(load_id=load.load_id, limit=rejects.page_size, offset=rejects.offset)
        shown = self.rejects.table(rows, total=load.rows_rejected, state=rejects)
        return [
            *account,
            panels.heading("Rejected rows", detail=_MEND),
            gr.update(value=shown, visible=True),
            _downloads(load, repository.open_rejects(load_id=load.load_id)),
            *self._conflicts(repository, load, sum(file.conflicts for file in files), conflicts),
            table,
        ]

    def _conflicts(self, repository: LoadsRepository, load: Load, total: int, state: GridState) -> list[Any]:
        if not total:
            return ["", gr.update(visible=False)]
        rows = repository.conflicts(load_id=load.load_id, limit=state.page_size, offset=state.offset)
        return [
            panels.heading("Conflicts", detail=_BOTH),
            gr.update(value=self.conflicts.table(rows, total=total, state=state), visible=True),
        ]


def _circumstances(load: Load) -> str:
    begun = f"{written.timestamp(load.started_at)}, by {load.loaded_by}, from {load.source_system}"
    if load.undone_at is None:
        return begun
    return f"{begun}. Taken back {written.timestamp(load.undone_at)}, by {load.undone_by}"


def _reading(file: LoadFile) -> str:
    orders = dict.fromkeys(_order(order) for order in file.date_order.values())
    decimals = dict.fromkeys(_DECIMALS[mark["decimal"]] for mark in file.decimal.values())
    unread = f"without {', '.join(file.unread_columns)}" if file.unread_columns else ""
    garbled = f"in a wrong encoding: {said_of_mojibake(file.mojibake)}" if file.mojibake else ""
    return ", ".join(part for part in (file.encoding, *orders, *decimals, unread, garbled) if part)


def _order(order: dict[str, Any]) -> str:
    swapped = " (days and months swapped back)" if order.get("is_swapped_back") else ""
    return _ORDERS[order["order"]] + swapped


def _missing(file: LoadFile) -> str:
    return "; ".join(said_of_missing(file.missing))


def _record(conflict: Conflict) -> object:
    if conflict.record is None or conflict.target not in _CARDS:
        return conflict.record
    return panels.link(conflict.record, _CARDS[conflict.target], conflict.record_id)


def _state(reject: Reject) -> Markup:
    if reject.resolved_by_load is None:
        return panels.pill("open", "warn")
    return panels.link(f"resolved by load {reject.resolved_by_load}", "data", reject.resolved_by_load)


def _downloads(load: Load, file_names: Sequence[str]) -> Markup:
    address = f"exports/rejects/{load.load_id}"
    return panels.documents(
        (f"To mend: {name}", f"{address}/{quote(name, safe='')}") for name in names_to_mend(file_names)
    )


def _money(load: Load) -> Markup:
    currency = load.base_currency_code
    facts: list[tuple[str, object]] = [
        ("Sales read", written.money(load.money_read, currency)),
        ("Loaded", written.money(load.money_loaded, currency)),
        ("Duplicate", written.money(load.money_duplicate, currency)),
        ("Rejected", written.money(load.money_rejected, currency)),
        ("Sales rows without a price", written.integer(load.unpriced_rows)),
    ]
    return panels.section(
        "Money", panels.definition_list(facts), hint="quantity times price of the sales rows read"
    )
