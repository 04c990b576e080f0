"""How the purchases of a customer stand in a table: a row an order, its products one below the other."""

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from app.repositories.customers import PurchasedLine
from app.ui import format as written
from app.ui import panels
from app.ui.grid import Column

COLUMNS = [
    Column("order_date", "Date", "date"),
    Column("order_number", "Order", is_hidden_on_phone=True),
    Column("store", "Store", is_hidden_on_phone=True),
    Column("lines", "Products", value=lambda order: order["products"]),
    Column(
        "amounts",
        "Amount",
        align="right",
        value=lambda order: order["amounts"],
        is_hidden_on_phone=True,
    ),
    Column("total_amount", "Total", "money", currency_field="currency_code"),
    Column("status", "Status", "pill", is_hidden_on_phone=True),
]


def order(lines: Sequence[PurchasedLine]) -> dict[str, Any]:
    """The row of the order that these are the lines of."""
    first = lines[0]
    return {
        "order_key": first.order_key,
        "order_date": first.order_date,
        "order_number": first.order_number,
        "store": first.store,
        "currency_code": first.currency_code,
        "total_amount": first.total_amount,
        "status": _status(lines),
        "products": _lines(_product(line) for line in lines),
        "amounts": _lines(written.money(line.charged_amount, line.currency_code) for line in lines),
    }


def _status(lines: Sequence[PurchasedLine]) -> str:
    if lines[0].status == "cancelled":
        return "cancelled"
    left = sum(line.quantity - line.returned_quantity for line in lines)
    if not left:
        return "returned"
    return "partly returned" if any(line.returned_quantity for line in lines) else ""


def _product(line: PurchasedLine) -> Markup:
    returned = panels.pill(f"{line.returned_quantity} returned", "warn") if line.returned_quantity else ""
    return Markup("{} \u00d7 <bdi>{}</bdi> {}").format(
        line.quantity, panels.link(line.product, "products", line.product_id), returned
    )


def _lines(parts: Iterable[Markup | str]) -> Markup:
    return Markup('<div class="lines">{}</div>').format(
        Markup("").join(Markup("<div>{}</div>").format(part) for part in parts)
    )
