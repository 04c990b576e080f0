"""Purchases set aside: parking the one on screen, the list of what is parked at the store, taking one up again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import gradio as gr
from markupsafe import Markup

from app.errors import CrpmError, InputError, NotAllowedError
from app.repositories.parked import ParkedPurchase, ParkedRepository
from app.ui import format as written
from app.ui import panels, shell
from app.ui.basket import TypedBasket, typed_line
from app.workspace import Workspace

_SCRIPT = (shell.ASSETS / "parked.js").read_text(encoding="utf-8")


class ParkedList(gr.HTML):
    """The list; it sends `taken`, `discarded` and `refreshed`, the first two with the request of the purchase."""

    def __init__(self, *, elem_id: str, render: bool = True) -> None:
        super().__init__(
            "", js_on_load=_SCRIPT, apply_default_css=False, padding=False, elem_id=elem_id, render=render
        )


@dataclass(frozen=True, slots=True)
class Parking:
    """The components."""

    note: gr.Textbox
    park: gr.Button
    listed: ParkedList


@dataclass(frozen=True, slots=True)
class Taken:
    """A purchase taken up: what was typed, the names of its products, and what stood around it."""

    basket: TypedBasket
    product_names: Sequence[str]
    customer_id: int | None
    customer: str | None
    note: str
    currency: str
    day: str


def place() -> Parking:
    """Create the components."""
    note = gr.Textbox(
        "",
        label="Park as",
        placeholder="A name or note",
        max_lines=1,
        max_length=100,
        elem_id="till-park-note",
        html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
    )
    park = gr.Button("Park purchase", elem_id="till-park", elem_classes="takes-basket")
    return Parking(note, park, ParkedList(elem_id="till-parked"))


def park(
    workspace: Workspace,
    basket: TypedBasket,
    store_id: int,
    around: tuple[int | None, str, str, str],
    request: gr.Request | None,
) -> None:
    """Set the purchase aside; `around` it stand its customer, currency, day and note. Raises CrpmError."""
    customer_id, currency, day, note = around
    if not basket.lines:
        raise InputError("There is nothing to park yet.")
    lines = [
        {name: value for name, value in asdict(line).items() if value or name == "quantity"}
        for line in basket.lines
    ]
    content = {"lines": lines, "discount": basket.discount, "currency": currency or "", "day": day.strip()}
    with workspace.transaction(request) as connection:
        ParkedRepository(connection).park(
            store_id=store_id,
            request_id=_id(basket.request_id),
            till_id=_id(basket.till_id),
            basket=content,
            customer_id=customer_id,
            note=note,
        )


def take_up(
    workspace: Workspace, basket: TypedBasket, store_id: int, event: gr.EventData, request: gr.Request | None
) -> Taken:
    """Take up what was clicked. Raises CrpmError, also where a purchase on screen would be lost."""
    if basket.lines:
        raise InputError("Record or park the purchase on the screen first, or start over.")
    wanted = event._data if isinstance(event._data, dict) else {}
    with workspace.transaction(request) as connection:
        taken = ParkedRepository(connection).take_up(
            store_id=store_id,
            request_id=_id(wanted.get("request")),
            till_id=_id(basket.till_id),
            is_taken_over=wanted.get("is_taken_over") is True,
        )
    lines = tuple(typed_line(line) for line in taken.basket["lines"])
    return Taken(
        TypedBasket(lines, taken.basket.get("discount", ""), taken.request_id.hex),
        taken.product_names,
        taken.customer_id,
        taken.customer,
        taken.note,
        taken.basket.get("currency", ""),
        taken.basket.get("day", ""),
    )


def discard(
    workspace: Workspace, basket: TypedBasket, store_id: int, event: gr.EventData, request: gr.Request | None
) -> None:
    """Throw away what was clicked. Raises CrpmError."""
    wanted = event._data if isinstance(event._data, dict) else {}
    with workspace.transaction(request) as connection:
        ParkedRepository(connection).discard(
            store_id=store_id, request_id=_id(wanted.get("request")), till_id=_id(basket.till_id)
        )


def read(
    workspace: Workspace, store_id: int | None, basket: TypedBasket, request: gr.Request | None
) -> Markup | str:
    """The list as it is now; nothing without a store, or for whoever may not record purchases."""
    if store_id is None:
        return ""
    try:
        with workspace.transaction(request) as connection:
            # The page may ask before its basket has given the till a name.
            till_id = _id(basket.till_id) if basket.till_id else None
            rows = ParkedRepository(connection).at_store(store_id=store_id, till_id=till_id)
    except NotAllowedError:
        return ""
    except CrpmError as error:
        return _section(panels.notice(str(error), "bad"))
    if not rows:
        return _section(Markup("<p>Nothing is parked at this store.</p>"))
    return _section(Markup("<ul>{}</ul>").format(Markup("").join(_entry(row) for row in rows)))


def _section(body: Markup) -> Markup:
    return Markup(
        '<section class="parked" aria-label="Parked purchases"><header><h3>Parked</h3>'
        '<button type="button" class="link" data-action="refresh">Refresh</button></header>{}</section>'
    ).format(body)


def _entry(row: ParkedPurchase) -> Markup:
    name = row.note or row.customer or "Without a note"
    customer = f"{row.customer} \u00b7 " if row.customer and row.note else ""
    lines = f"{row.lines} line{'' if row.lines == 1 else 's'}"
    detail = f"{customer}{lines} \u00b7 {row.parked_by} \u00b7 {written.timestamp(row.parked_at)}"
    is_elsewhere = row.taken_by is not None and not row.is_taken_here
    buttons = [_button("take-over" if is_elsewhere else "take-up", row, name)]
    if not is_elsewhere:
        buttons.append(_button("discard", row, name))
    return Markup("<li><b><bdi>{}</bdi></b><small><bdi>{}</bdi></small>{}<div>{}</div></li>").format(
        name, detail, _taken(row), Markup(" ").join(buttons)
    )


def _taken(row: ParkedPurchase) -> Markup:
    if row.taken_by is None:
        return Markup("")
    where = "here" if row.is_taken_here else "at another till"
    return Markup("<small>{}</small>").format(panels.pill(f"Taken up {where} by {row.taken_by}", "warn"))


_LABELS = {"take-up": "Take up", "take-over": "Take over", "discard": "Discard"}


def _button(action: str, row: ParkedPurchase, name: str) -> Markup:
    return Markup(
        '<button type="button" class="{}" data-action="{}" data-request="{}" aria-label="{} {}">{}</button>'
    ).format(
        "link" if action == "discard" else "link takes-basket",
        action,
        row.request_id,
        _LABELS[action],
        name,
        _LABELS[action],
    )


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise InputError("The page has lost count of this purchase. Start over.") from None
