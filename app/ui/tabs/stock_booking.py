"""Receiving and transferring goods of several lines: typed or pasted, booked whole or not at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import InputError
from app.repositories.stock import FoundCode, StockRepository
from app.ui import panels, shell, typed
from app.ui.handlers import guarded
from app.workspace import Workspace

RECEIVE, TRANSFER = "receive", "transfer"
_ACTIONS = [("Receive goods", RECEIVE), ("Transfer", TRANSFER)]
_MOST_LINES = 500
_LONGEST_DOCUMENT = 200
# Pasted from a spreadsheet, a line is parted by a tab; typed, by a comma, a semicolon or just a space.
_PARTS = (re.compile(r"\t"), re.compile(r";"), re.compile(r","), re.compile(r"\s+(?=\S+$)"))


@dataclass(frozen=True, slots=True)
class BookingLine:
    """One line as typed: its number on the page, the SKU or barcode, and the pieces."""

    number: int
    code: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Booking:
    """The components."""

    action: gr.Dropdown
    store: gr.Dropdown
    to_store: gr.Dropdown
    document: gr.Textbox
    lines: gr.Textbox
    book: gr.Button
    note: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        return [self.action, self.store, self.to_store, self.document, self.lines]


def place() -> Booking:
    """Create the components."""
    with gr.Column(elem_classes="card"):
        with gr.Row():
            action = gr.Dropdown(
                _ACTIONS, value=RECEIVE, label="What", min_width=160, elem_id="booking-action"
            )
            store = gr.Dropdown([], label="Store", min_width=160, elem_id="booking-store")
            to_store = gr.Dropdown([], label="To store", min_width=160, visible=False, elem_id="booking-to")
            document = gr.Textbox(
                "",
                label="Document",
                placeholder="Such as: delivery note 4711",
                max_lines=1,
                min_width=200,
                elem_id="booking-document",
            )
        lines = gr.Textbox(
            "",
            label="Lines: SKU or barcode, quantity",
            placeholder="KET-1, 12\n4006381333931, 3",
            lines=8,
            max_lines=20,
            elem_id="booking-lines",
        )
        book = gr.Button("Book all lines", variant="primary", elem_id="booking-book")
        note = panels.view(elem_id="booking-note")
    return Booking(action, store, to_store, document, lines, book, note)


def wire(workspace: Workspace, booking: Booking) -> None:
    """Connect the components."""

    @guarded
    def save(
        action: str,
        store: int | None,
        to_store: int | None,
        document: str,
        text: str,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        problems, done = book(workspace, request, action, store, to_store, document, text)
        if problems:
            return gr.skip(), gr.skip(), _said(problems)
        return "", "", panels.notice(done, "good")

    booking.action.input(
        lambda action: gr.update(visible=action == TRANSFER), booking.action, booking.to_store, **shell.READ
    )
    booking.book.click(save, booking.inputs, [booking.document, booking.lines, booking.note], **shell.SAVE)


def book(
    workspace: Workspace,
    request: gr.Request | None,
    action: str,
    store: int | None,
    to_store: int | None,
    document: str,
    text: str,
) -> tuple[list[str], str]:
    """Book all lines in one transaction, or none: every problem by its line, or what was done. Raises CrpmError."""
    if store is None or (action == TRANSFER and to_store is None):
        raise InputError("Choose the store." if store is None else "Choose the store to transfer to.")
    note = document.strip() or None
    if note and len(note) > _LONGEST_DOCUMENT:
        raise InputError(f"Document has at most {_LONGEST_DOCUMENT} characters.")
    lines, problems = read_lines(text)
    with workspace.transaction(request) as connection:
        stock = StockRepository(connection)
        found = stock.find_codes(codes=[line.code for line in lines], store_id=store)
        pieces, unknown = matched(lines, found, is_taken=action == TRANSFER)
        # In the order of the lines, whatever is wrong with them.
        if problems or unknown:
            return [problem for _, problem in sorted([*problems, *unknown])], ""
        if action == TRANSFER:
            stock.transfer(from_store_id=store, to_store_id=int(to_store or 0), pieces=pieces, document=note)
        else:
            stock.receive(store_id=store, pieces=pieces, document=note)
    total = f"{sum(pieces.values()):,} pieces of {len(pieces):,} products."
    return [], f"{'Transferred' if action == TRANSFER else 'Received'}: {total}"


def read_lines(text: str) -> tuple[list[BookingLine], list[tuple[int, str]]]:
    """The lines of a text, and what is wrong with the others, by line number. Raises InputError for none or too many."""
    typed_lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not typed_lines:
        raise InputError("Type or paste at least one line: a SKU or barcode, and a quantity.")
    if len(typed_lines) > _MOST_LINES:
        raise InputError(f"At most {_MOST_LINES:,} lines at once; these are {len(typed_lines):,}.")
    lines, problems = [], []
    for number, line in typed_lines:
        try:
            lines.append(_line(number, line))
        except InputError as error:
            problems.append((number, f"Line {number}: {error}"))
    return lines, problems


def _line(number: int, line: str) -> BookingLine:
    parts = next((parts for sign in _PARTS if len(parts := sign.split(line, maxsplit=1)) == 2), None)
    if parts is None or not parts[0].strip():
        raise InputError(f"a SKU or barcode and a quantity are needed, such as KET-1, 12; not {line[:40]}.")
    pieces = typed.whole_number(parts[1], "the quantity")
    if not pieces:
        raise InputError("the quantity is at least 1, not 0.")
    return BookingLine(number, parts[0].strip(), pieces)


def matched(
    lines: Sequence[BookingLine], found: Sequence[FoundCode], *, is_taken: bool
) -> tuple[dict[int, Decimal], list[tuple[int, str]]]:
    """Pieces by product, and what is wrong by line number; `is_taken`: they must be on hand."""
    products: dict[str, list[FoundCode]] = {}
    for row in found:
        products.setdefault(row.code, []).append(row)
    pieces: dict[int, Decimal] = {}
    first_lines: dict[int, int] = {}
    problems: list[tuple[int, str]] = []
    for line in lines:
        candidates = products.get(line.code, [])
        product = candidates[0] if len(candidates) == 1 else None
        problem = ""
        if not candidates:
            problem = f"no product has the SKU or barcode {line.code[:60]}."
        elif product is None:
            problem = f"{line.code} stands for {len(candidates)} products: type the SKU of the one you mean."
        elif product.product_id in first_lines:
            earlier = first_lines[product.product_id]
            problem = f"{product.product} is on line {earlier} already: put its pieces on one line."
        elif is_taken and line.pieces > product.on_hand:
            problem = f"{product.product}: {product.on_hand:,} on hand, {line.pieces:,} asked."
        if product:
            first_lines.setdefault(product.product_id, line.number)
            pieces[product.product_id] = Decimal(line.pieces)
        if problem:
            problems.append((line.number, f"Line {line.number}: {problem}"))
    return pieces, problems


def _said(problems: Sequence[str]) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in problems)
    return panels.notice(Markup("<b>Nothing was booked.</b><ul>{}</ul>").format(items), "bad")
