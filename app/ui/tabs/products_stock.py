"""The stock of one product: where it is, what moved it, and the form that counts, receives and transfers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from psycopg import Connection

from app.errors import InputError
from app.repositories.reference import ReferenceRepository
from app.repositories.stock import Movement, StockLevel, StockRepository
from app.ui import format as written
from app.ui import panels, shell, typed
from app.ui.failures import explained
from app.ui.grid import Column, Grid, GridState
from app.ui.insights import is_at_least
from app.workspace import Workspace
from db.pool import Role

_COUNT, _RECEIVE, _TRANSFER = "count", "receive", "transfer"
_ACTIONS = [("Correct after a count", _COUNT), ("Receive goods", _RECEIVE), ("Transfer", _TRANSFER)]
_PIECES = {_COUNT: "Pieces counted", _RECEIVE: "Pieces received", _TRANSFER: "Pieces to move"}
_WHY = {
    _COUNT: ("Reason", "Such as: found broken"),
    _RECEIVE: ("Document", "Such as: delivery note 4711"),
    _TRANSFER: ("Document", "Such as: transfer 12"),
}
_ALL_STORES = ("All stores", 0)
_PAGE = GridState(page_size=10)

_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Levels:
    """What is on hand where."""

    grid: Grid
    page: gr.State


@dataclass(frozen=True, slots=True)
class Move:
    """The form that counts, receives and transfers."""

    column: gr.Column
    action: gr.Dropdown
    store: gr.Dropdown
    to_store: gr.Dropdown
    pieces: gr.Textbox
    why: gr.Textbox
    book: gr.Button

    @property
    def inputs(self) -> list[Any]:
        return [self.action, self.store, self.to_store, self.pieces, self.why]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The movements, of one store or all."""

    store: gr.Dropdown
    grid: Grid
    page: gr.State


@dataclass(frozen=True, slots=True)
class ProductStock:
    """The parts of the card that are about stock."""

    levels: Levels
    move: Move
    ledger: Ledger

    @property
    def outputs(self) -> list[Any]:
        return [
            self.levels.grid,
            self.levels.page,
            self.move.column,
            self.move.store,
            self.move.to_store,
            self.move.pieces,
            self.move.why,
            self.ledger.store,
            self.ledger.grid,
            self.ledger.page,
        ]


def place_levels() -> Levels:
    """Create the table of what is on hand where."""
    grid = Grid(
        [
            Column("store", "Store"),
            Column("on_hand", "On hand", "integer"),
            Column("status", "Status", "pill", value=_status),
        ],
        label="Stock by store",
        empty=("No stock yet", "Count it, or receive goods, below."),
        elem_id="product-levels",
    )
    return Levels(grid, gr.State(_PAGE))


def place_move() -> Move:
    """Create the form that moves stock."""
    with gr.Column(visible=False, elem_classes="card", elem_id="product-move") as column:
        panels.view("<h3>Move stock</h3>")
        with gr.Row():
            action = gr.Dropdown(
                _ACTIONS, value=_COUNT, label="What", min_width=170, elem_id="product-move-action"
            )
            store = gr.Dropdown([], label="Store", min_width=150, elem_id="product-move-store")
            to_store = gr.Dropdown(
                [], label="To store", min_width=150, visible=False, elem_id="product-move-to"
            )
        with gr.Row():
            pieces = gr.Textbox(
                "", label=_PIECES[_COUNT], max_lines=1, min_width=110, elem_id="product-move-pieces"
            )
            label, placeholder = _WHY[_COUNT]
            why = gr.Textbox(
                "",
                label=label,
                placeholder=placeholder,
                max_lines=1,
                scale=2,
                min_width=180,
                elem_id="product-move-why",
            )
            book = gr.Button("Book", scale=0, min_width=90, elem_id="product-move-book")
    return Move(column, action, store, to_store, pieces, why, book)


def place_ledger() -> Ledger:
    """Create the ledger, with the choice of its store."""
    with gr.Row():
        store = gr.Dropdown(
            [_ALL_STORES],
            value=0,
            label="Stock ledger of",
            scale=0,
            min_width=220,
            elem_id="product-ledger-store",
        )
    grid = Grid(
        [
            Column("occurred_on", "Date", "date"),
            Column("store", "Store"),
            Column("movement_type", "What", is_hidden_on_phone=True),
            Column("quantity", "Pieces", align="right", value=lambda row: f"{row.quantity:+,}"),
            Column("balance", "On hand", "integer"),
            Column("document", "Document", value=_document, is_hidden_on_phone=True),
            Column("reason", "Reason", is_hidden_on_phone=True),
            Column("recorded_by", "By", is_hidden_on_phone=True),
        ],
        label="Stock ledger",
        empty=("No movements yet", "Whatever moves this product's stock is listed here."),
        elem_id="product-ledger",
    )
    return Ledger(store, grid, gr.State(_PAGE))


def wire(workspace: Workspace, stock: ProductStock, product: gr.State) -> None:
    """Connect what only reads; `product` holds the product on the card."""

    def turn_levels(event: gr.EventData, product: Any, page: GridState, request: gr.Request) -> Any:
        page = stock.levels.grid.follow(page, event)
        return page, _said(workspace, request, lambda c: levels_table(stock, c, product.product_id, page))

    def turn_ledger(
        event: gr.EventData, product: Any, store: int, page: GridState, request: gr.Request
    ) -> Any:
        page = stock.ledger.grid.follow(page, event)
        return page, _said(
            workspace, request, lambda c: ledger_table(stock, c, product.product_id, store, page)
        )

    def choose_store(product: Any, store: int, request: gr.Request) -> Any:
        return _PAGE, _said(
            workspace, request, lambda c: ledger_table(stock, c, product.product_id, store, _PAGE)
        )

    stock.levels.grid.paged(
        turn_levels, [product, stock.levels.page], [stock.levels.page, stock.levels.grid], **shell.READ
    )
    stock.ledger.grid.paged(
        turn_ledger,
        [product, stock.ledger.store, stock.ledger.page],
        [stock.ledger.page, stock.ledger.grid],
        **shell.READ,
    )
    stock.ledger.store.input(
        choose_store, [product, stock.ledger.store], [stock.ledger.page, stock.ledger.grid], **shell.READ
    )
    stock.move.action.input(
        _ask, stock.move.action, [stock.move.to_store, stock.move.pieces, stock.move.why], **shell.READ
    )


def book(
    workspace: Workspace,
    request: gr.Request | None,
    product_id: int,
    action: str,
    store: int | None,
    to_store: int | None,
    pieces: str,
    why: str,
) -> str:
    """Book what the form says; tells what was done. Raises CrpmError with nothing booked."""
    if store is None or (action == _TRANSFER and to_store is None):
        raise InputError("Choose the store." if store is None else "Choose the store to transfer to.")
    quantity = Decimal(typed.whole_number(pieces, _PIECES[action]))
    note = why.strip() or None
    if note and len(note) > _LONGEST_NOTE:
        raise InputError(f"{_WHY[action][0]} has at most {_LONGEST_NOTE} characters.")
    with workspace.transaction(request) as connection:
        stock = StockRepository(connection)
        if action == _COUNT:
            difference = stock.adjust(
                store_id=store, product_id=product_id, counted=quantity, reason=note or ""
            )
            return f"Booked: {difference:+,}." if difference else "The count agrees with the ledger."
        if action == _RECEIVE:
            stock.receive(store_id=store, pieces={product_id: quantity}, document=note)
            return f"Received: {quantity:+,}."
        stock.transfer(
            from_store_id=store,
            to_store_id=int(to_store or 0),
            pieces={product_id: quantity},
            document=note,
        )
        return f"Transferred: {quantity:,}."


def read(stock: ProductStock, connection: Connection, product_id: int, role: Role) -> list[Any]:
    """New values for the outputs; the ledger says who recorded what, which is not for analysts."""
    stores = [(store.name, store.store_id) for store in ReferenceRepository(connection).stores()]
    only = stores[0][1] if len(stores) == 1 else None
    return [
        levels_table(stock, connection, product_id, _PAGE),
        _PAGE,
        gr.update(visible=is_at_least(role, "crpm_manager")),
        gr.update(choices=stores, value=only),
        gr.update(choices=stores, value=None),
        "",
        "",
        gr.update(choices=[_ALL_STORES, *stores], value=0, visible=role != "crpm_analyst"),
        ledger_table(stock, connection, product_id, 0, _PAGE) if role != "crpm_analyst" else "",
        _PAGE,
    ]


def levels_table(stock: ProductStock, connection: Connection, product_id: int, page: GridState) -> Any:
    """One page of what is on hand where."""
    rows = StockRepository(connection).levels(product_id=product_id, limit=page.page_size, offset=page.offset)
    return stock.levels.grid.table(rows, total=rows[0].stores if rows else 0, state=page)


def ledger_table(
    stock: ProductStock, connection: Connection, product_id: int, store: int, page: GridState
) -> Any:
    """One page of the ledger, of one store or of all (0)."""
    repository = StockRepository(connection)
    rows = repository.ledger(
        product_id=product_id, store_id=store or None, limit=page.page_size, offset=page.offset
    )
    total = repository.count_ledger(product_id=product_id, store_id=store or None)
    return stock.ledger.grid.table(rows, total=total, state=page)


def _said(workspace: Workspace, request: gr.Request, read_table: Any) -> Any:
    try:
        with workspace.transaction(request) as connection:
            return read_table(connection)
    except Exception as error:
        return panels.error_state("The stock cannot be shown", explained(error))


def _ask(action: str) -> list[Any]:
    label, placeholder = _WHY[action]
    return [
        gr.update(visible=action == _TRANSFER),
        gr.update(label=_PIECES[action]),
        gr.update(label=label, placeholder=placeholder),
    ]


def _status(level: StockLevel) -> str:
    if level.on_hand == 0:
        return "out of stock"
    return "low stock" if level.needs_reorder else ""


def _document(movement: Movement) -> object:
    if movement.order_number:
        return panels.link(movement.order_number, "purchases", movement.order_key)
    return movement.document or written.MISSING
