"""Stores: shops and online beside each other."""

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui.grid import Column
from app.ui.insights import Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import REVENUE, change_of


def _stores(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    before = row["like_for_like_previous"]
    stores = row["like_for_like_stores"]
    named = "1 store" if stores == 1 else f"{written.integer(stores)} stores"
    return [
        Kpi("Shops", written.money(row["shop_revenue"], currency)),
        Kpi(
            "Online",
            written.money(row["online_revenue"], currency),
            hint=f"{written.percent(row['online_share'])} of all" if row["online_share"] else "",
        ),
        Kpi(
            "Like for like",
            written.money(row["like_for_like"], currency),
            change_of(row["like_for_like"], before),
            f"in {named}" if before else "nothing to compare with",
        ),
        Kpi("Per square metre", written.money(row["revenue_per_square_metre"], currency)),
        Kpi(
            "Delivery",
            f"{written.decimal(row['delivery_days'])} days"
            if row["delivery_days"] is not None
            else written.MISSING,
            hint=f"{written.integer(row['delivered_orders'])} orders arrived",
        ),
    ]


def _store_growth(row: Row) -> str:
    if not row["is_like_for_like"]:
        if not row["revenue"]:
            return "no sales"
        return "new" if row["is_new"] else "nothing before"
    return written.delta(row["growth"]).text


STORES = Insight(
    "store_headline",
    "Stores",
    "Like for like are stores that sold in both periods and were open through them, beside the period compared with. Delivery is "
    "from the day of the order, of the orders of the period that arrived.",
    figures=_stores,
)
STORE_PERFORMANCE = Insight(
    "store_performance",
    "Stores and their growth",
    "Growth on the period compared with, of stores that were open through both. Age is at the end of the period.",
    columns=(
        Column("store", "Store"),
        Column("years", "Age", "integer", is_hidden_on_phone=True),
        Column("square_metres", "Square metres", "decimal", is_hidden_on_phone=True),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        REVENUE,
        Column("revenue_per_square_metre", "Per square metre", "money", is_hidden_on_phone=True),
        Column("revenue_previous", "Compared with", "money", is_hidden_on_phone=True),
        Column("growth", "Growth", align="right", value=_store_growth),
    ),
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = ((STORES,), (STORE_PERFORMANCE,))
