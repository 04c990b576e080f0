"""What the till shows for what was typed: the database's own prices, or what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.errors import InputError
from app.repositories.orders import OrdersRepository, PurchaseLine, QuotedLine
from app.ui import format as written
from app.ui import typed
from app.ui.basket import Basket, BasketLine, TypedBasket, TypedLine
from app.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Terms:
    """Where, when and in which currency is sold; None is the store's today and its own currency."""

    store_id: int | None
    order_date: date | None
    currency_code: str | None


def terms(store_id: int | None, day_text: str, currency: str) -> Terms:
    """The terms as chosen above the basket. Raises InputError for a date that is none."""
    return Terms(store_id, typed.day(day_text, "The date"), currency or None)


def at_store(chosen: Terms) -> int:
    """The store of the sale. Raises InputError where none is chosen."""
    if chosen.store_id is None:
        raise InputError("Choose a store first. Stores come with your files, or from the first page.")
    return chosen.store_id


def read_lines(basket: TypedBasket) -> tuple[list[PurchaseLine], Decimal]:
    """The lines and the discount on all of them. Raises InputError for what is no number."""
    lines = [
        PurchaseLine(
            line.product_id,
            Decimal(_quantity(line)),
            typed.amount(line.discount, "A discount") if line.discount else Decimal(0),
            typed.amount(line.price, "A price") if line.price else None,
            line.reason if line.price else None,
        )
        for line in basket.lines
    ]
    return lines, typed.amount(basket.discount, "The discount") if basket.discount else Decimal(0)


def _quantity(line: TypedLine) -> int:
    quantity = typed.whole_number(line.quantity, "A quantity")
    if quantity == 0:
        raise InputError("A quantity must be 1 or more. Remove the line if it is not wanted.")
    return quantity


def quote(
    workspace: Workspace, basket: TypedBasket, chosen_terms: tuple[int | None, str, str], request: Any
) -> list[QuotedLine]:
    """What the lines cost, in the order of the basket; none for an empty one. Raises CrpmError."""
    chosen = terms(*chosen_terms)
    if not basket.lines:
        return []
    lines, discount = read_lines(basket)
    with workspace.transaction(request) as connection:
        return OrdersRepository(connection).quote(
            store_id=at_store(chosen),
            lines=lines,
            order_date=chosen.order_date,
            currency_code=chosen.currency_code,
            order_discount=discount,
        )


def shown(
    view: Basket, basket: TypedBasket, quoted: Sequence[QuotedLine], *, has_own_prices: bool
) -> dict[str, Any]:
    """The basket with prices and totals; `has_own_prices`: whether another price may be set."""
    if not quoted:
        return view.show(basket, has_own_prices=has_own_prices)
    currency = quoted[0].currency_code
    return view.show(
        basket,
        [_shown(line, typed_line) for line, typed_line in zip(quoted, basket.lines, strict=True)],
        tax=written.money(sum((line.tax_amount for line in quoted), Decimal(0)), currency),
        total=written.money(total(quoted), currency),
        has_own_prices=has_own_prices,
    )


def total(quoted: Sequence[QuotedLine]) -> Decimal:
    """What is to be paid, tax included."""
    return sum((line.line_amount + line.tax_amount for line in quoted), Decimal(0))


def _shown(line: QuotedLine, typed_line: TypedLine) -> BasketLine:
    own_discount = typed.amount(typed_line.discount, "A discount") if typed_line.discount else Decimal(0)
    places = written.decimals(line.currency_code)
    on_hand = f"{written.integer(line.on_hand)} on hand"
    list_price = f" \u00b7 list price {written.decimal(line.list_price, places)}" if typed_line.price else ""
    return BasketLine(
        product_id=line.product_id,
        name=line.product_name,
        detail=f"{line.sku} \u00b7 {on_hand}{list_price}",
        price=written.decimal(line.unit_price, places),
        amount=written.decimal(line.quantity * line.unit_price - own_discount, places),
        warning=f"Only {on_hand}{list_price}" if line.quantity > line.on_hand else "",
    )
