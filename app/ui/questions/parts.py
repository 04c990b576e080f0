"""What the panels of several sections have: columns, links to the lists behind a count, comparisons."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from app.repositories.analytics import Row
from app.ui import format as written
from app.ui import panels
from app.ui.format import Delta
from app.ui.grid import Column
from app.ui.insights import share_of

REVENUE = Column("revenue", "Revenue", "money")
ORDERS = Column("orders", "Orders", "integer")
UNITS = Column("units", "Units", "integer", is_hidden_on_phone=True)
SHARE = Column("share", "Share", align="right", value=share_of("share"))
SMALL_SHARE = Column("share", "Share", align="right", value=lambda row: written.percent(row["share"], 2))


def listed(text: object, tab: str, **filters: object) -> Markup:
    """A link to the list of a tab behind a count."""
    return panels.link(text, tab, f"?{urlencode(filters)}")


def percent(name: str) -> Callable[[Row], str]:
    """The share in a column, in percent."""
    return lambda row: written.percent(row[name])


def begun(name: str) -> Callable[[Row], str]:
    """The text of a column with a capital first."""
    return lambda row: row[name][:1].upper() + row[name][1:]


def change_of(now: Any, before: Any, *, is_growth_good: bool = True) -> Delta | None:
    """How much more it is than before; None where there was nothing before."""
    if not before:
        return None
    return written.delta(Decimal((now or 0) - before) / abs(Decimal(before)), is_growth_good=is_growth_good)


def tenths(name: str) -> Callable[[Row], str]:
    """The number in a column, with one decimal."""
    return lambda row: written.decimal(row[name], 1)


PROFITS = (
    Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
    Column("cost", "Cost", "money", is_hidden_on_phone=True),
    Column("gross_profit", "Gross profit", "money"),
    Column("margin", "Margin", align="right", value=share_of("margin")),
)
PRODUCT_SOLD = (
    Column("name", "Product"),
    Column("sku", "SKU", is_hidden_on_phone=True),
    Column("units", "Units", "integer"),
)
