"""Loyalty: how often customers buy, who comes back, and what they are worth."""

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui.grid import Column
from app.ui.heat import Heat
from app.ui.insights import Chart, Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import ORDERS, REVENUE, SHARE, begun, percent


def _habits(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    return [
        Kpi(
            "Lifetime value to date",
            written.money(row["lifetime_value"], currency),
            hint=f"median {written.money(row['lifetime_value_median'], currency)}",
        ),
        Kpi("Orders per customer", written.decimal(row["orders_per_customer"])),
        Kpi(
            "Days between purchases",
            written.decimal(row["days_between"], 1),
            hint=f"median {written.decimal(row['days_between_median'], 1)}, of {written.integer(row['gaps'])}",
        ),
        Kpi(
            "Pieces in an order",
            written.decimal(row["pieces_per_order"]),
            hint=f"in {written.decimal(row['lines_per_order'])} lines",
        ),
    ]


HABITS = Insight(
    "customer_habits",
    "Habits",
    "Lifetime value is a customer's revenue to the last day; days are from one day with a purchase to the next, of those that end in "
    "the period.",
    figures=_habits,
)
COHORT_RETENTION = Insight(
    "cohort_retention",
    "Who comes back",
    "Of those who first bought in a month, the share who bought again in each month after it; the last month may not be over. Over "
    "two years on, quarters take the place of months, over six, years.",
    columns=(
        Column("cohort", "First bought"),
        Column("cohort_customers", "Customers", "integer"),
        Column("number_after", "After", "integer"),
        Column("customers", "Came back", "integer"),
        Column("share", "Share", align="right", value=percent("share")),
    ),
    chart=Heat(
        "cohort", "number_after", "share", "First bought", whole=0, beside=("cohort_customers", "Customers")
    ),
    empty=("Nobody bought for the first time in this period", "Choose a longer one."),
    is_table_folded=True,
)
COHORT_REVENUE = Insight(
    "cohort_revenue",
    "Revenue by cohort",
    "Who first bought in a month, and what they brought in the period; lifetime value is that of one, to the last day.",
    columns=(
        Column("cohort", "First bought", value=begun("cohort")),
        Column("cohort_customers", "Customers", "integer"),
        Column("buyers", "Bought", "integer", is_hidden_on_phone=True),
        REVENUE,
        SHARE,
        Column("lifetime_value", "Lifetime value", "money", is_hidden_on_phone=True),
    ),
)
LIFETIME_VALUE = Insight(
    "lifetime_value",
    "Lifetime value to date",
    "All who have bought by the last day, from the tenth who brought most to the tenth who brought least.",
    columns=(
        Column("tenth", "Tenth", align="left"),
        Column("customers", "Customers", "integer", is_hidden_on_phone=True),
        Column("least", "From", "money", is_hidden_on_phone=True),
        Column("lifetime_value", "Average", "money"),
        REVENUE,
        SHARE,
    ),
    empty=("Nobody has bought by the last day", "Choose a later one."),
)
CUSTOMERS_BY_ORDERS = Insight(
    "customers_by_orders",
    "Customers by orders",
    "How many orders they placed in the period.",
    columns=(
        Column("orders_placed", "Orders", value=begun("orders_placed")),
        Column("customers", "Customers", "integer"),
        Column(
            "share_of_customers",
            "Of customers",
            align="right",
            is_hidden_on_phone=True,
            value=percent("share_of_customers"),
        ),
        REVENUE,
        SHARE,
    ),
)
DAYS_BETWEEN = Insight(
    "days_between_purchases",
    "Days between purchases",
    "From one day with a purchase to the same customer's next, of those that end in the period.",
    columns=(
        Column("days", "Days"),
        Column("gaps", "Times", "integer"),
        SHARE,
    ),
    chart=Chart("days", {"gaps": "Times"}, bars=("1-7", "8-30", "31-90", "91-180", "181-365", "over 365")),
)
ORDERS_BY_SIZE = Insight(
    "orders_by_size",
    "Orders by pieces",
    "How many pieces are in an order, before returns; revenue is net of returns in the period.",
    columns=(
        Column("size", "Pieces", value=begun("size")),
        ORDERS,
        Column(
            "share_of_orders",
            "Of orders",
            align="right",
            is_hidden_on_phone=True,
            value=percent("share_of_orders"),
        ),
        REVENUE,
        SHARE,
        Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
    ),
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (HABITS,),
    (COHORT_RETENTION,),
    (COHORT_REVENUE, LIFETIME_VALUE),
    (CUSTOMERS_BY_ORDERS, ORDERS_BY_SIZE),
    (DAYS_BETWEEN,),
)
