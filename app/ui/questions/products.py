"""Products: what sells, what it brings, and what is bought together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui import panels
from app.ui.format import Tone
from app.ui.grid import Column
from app.ui.insights import Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import (
    ORDERS,
    PRODUCT_SOLD,
    PROFITS,
    REVENUE,
    SHARE,
    SMALL_SHARE,
    UNITS,
    listed,
    percent,
)


def _pair(row: Row) -> Markup:
    one = panels.link(row["product"], "products", row["product_id"])
    return Markup("{} + {}").format(one, panels.link(row["other"], "products", row["other_id"]))


_TONES: Mapping[str, Tone] = {"rising": "good", "falling": "bad", "steady": "neutral"}


def _products(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    return [
        Kpi("Products sold", written.integer(row["products_sold"])),
        Kpi(
            "Products not sold",
            written.integer(row["products_not_sold"]),
            hint=Markup("active ones; {}").format(_never_sold(row["products_never_sold"], filters)),
        ),
        Kpi("Units per product sold", written.decimal(row["units_per_product"], 1)),
        Kpi("Revenue per product sold", written.money(row["revenue_per_product"], currency)),
    ]


def _never_sold(count: int, filters: Filters) -> Markup:
    chosen = {"category": filters.category_id} if filters.category_id else {}
    return listed(f"{written.integer(count)} never", "products", sales="never", **chosen)


def _trends(rows: Sequence[Row]) -> str:
    counts = {row["trend"]: row["products"] for row in rows}
    told = " \u00b7 ".join(f"{written.integer(count)} {trend}" for trend, count in counts.items())
    return f"{told}, over {rows[0]['months']} months" if rows else ""


PRODUCTS = Insight(
    "product_headline",
    "Products",
    "A product counts as sold when it has a sale in the period, returned or not.",
    figures=_products,
)
_BUYERS = Column("customers", "Customers", "integer", is_hidden_on_phone=True)
BEST_SELLERS = Insight(
    "best_selling_products",
    "Best selling products",
    "The 20 with most pieces sold, less those returned, or most revenue or customers; share is of all revenue.",
    columns=(*PRODUCT_SOLD, _BUYERS, REVENUE, SMALL_SHARE),
    row_key="product_id",
    opens="products",
)
LEAST_SELLERS = Insight(
    "least_selling_products",
    "Least selling products",
    "The 20 with fewest pieces sold in the period, less those returned, or least revenue or customers; last sold is of all time.",
    columns=(*PRODUCT_SOLD, _BUYERS, REVENUE, Column("last_sold_on", "Last sold", "date")),
    row_key="product_id",
    opens="products",
)
PROFIT_DRILL_DOWN = Insight(
    "profit_drill_down",
    "Profit from category to product",
    "A category opens its subcategories, one of those its products, and a product its card; share is of the revenue of all rows.",
    columns=(
        Column("name", "Name"),
        UNITS,
        Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
        Column("share", "Share", align="right", is_hidden_on_phone=True, value=percent("share")),
        Column("cost", "Cost", "money", is_hidden_on_phone=True),
        Column("gross_profit", "Gross profit", "money"),
        Column("margin", "Margin", align="right", value=percent("margin")),
    ),
    row_key="node_id",
    role="crpm_manager",
)
ABC_CLASSES = Insight(
    "abc_classes",
    "ABC classes",
    "A are the products with most revenue up to 80 % of it, B the next up to 95 %, C the rest.",
    columns=(
        Column("class", "Class", value=lambda row: f"{row['class']} ({row['rule']})"),
        Column("products", "Products", "integer"),
        Column(
            "share_of_products",
            "Of products",
            align="right",
            is_hidden_on_phone=True,
            value=percent("share_of_products"),
        ),
        REVENUE,
        SHARE,
    ),
    empty=("No products", "Add some in Products."),
)
ABC_PRODUCTS = Insight(
    "abc_products",
    "Products by class",
    "The 20 with most revenue; so far is the share of all revenue that a product and all before it bring. A file has them all.",
    columns=(
        *PRODUCT_SOLD,
        REVENUE,
        Column(
            "share_so_far", "So far", align="right", is_hidden_on_phone=True, value=percent("share_so_far")
        ),
        Column("class", "Class", align="right"),
    ),
    row_key="product_id",
    opens="products",
)
PRODUCT_TRENDS = Insight(
    "product_trends",
    "Trends of products",
    "A straight line through the pieces of each whole month: the 20 steepest of each. It rises or falls by 1 % of the average month or "
    "more, at least twice its standard error; fit is how much of the ups and downs it explains.",
    columns=(
        Column("name", "Product"),
        Column("sku", "SKU", is_hidden_on_phone=True),
        Column(
            "trend",
            "Trend",
            value=lambda row: panels.pill(row["trend"], _TONES[row["trend"]]),
        ),
        Column(
            "units_a_month",
            "Pieces a month",
            align="right",
            is_hidden_on_phone=True,
            value=lambda row: written.decimal(row["units_a_month"], 1),
        ),
        Column("slope", "More each month", "decimal"),
        Column("growth", "Growth", align="right", is_hidden_on_phone=True, value=percent("growth")),
        Column("fit", "Fit", "decimal", is_hidden_on_phone=True),
        Column("months", "Months", "integer", is_hidden_on_phone=True),
    ),
    row_key="product_id",
    opens="products",
    empty=("No trend in this period", "Choose one with at least three whole months and sales in them."),
    extent=_trends,
)
PRICE_CHANGES = Insight(
    "price_changes",
    "Price changes",
    "The last 20 list prices changed, and the pieces a day charged in that currency in up to 30 days before and after.",
    columns=(
        Column("name", "Product"),
        Column("sku", "SKU", is_hidden_on_phone=True),
        Column("changed_on", "Changed", "date"),
        Column("price_before", "Before", "money", currency_field="currency_code", is_hidden_on_phone=True),
        Column("price_after", "After", "money", currency_field="currency_code", is_hidden_on_phone=True),
        Column("price_change", "Price", align="right", value=percent("price_change")),
        Column("units_a_day_before", "A day before", "decimal", is_hidden_on_phone=True),
        Column("units_a_day_after", "A day after", "decimal", is_hidden_on_phone=True),
        Column("units_change", "Pieces", align="right", value=percent("units_change")),
        Column("days_after", "Days after", "integer", is_hidden_on_phone=True),
    ),
    row_key="product_id",
    opens="products",
    empty=("No list price changed in this period", "Choose a longer one."),
)
BY_BRAND = Insight(
    "sales_by_brand",
    "Revenue by brand",
    "An order with several brands counts in each.",
    columns=(
        Column("brand", "Brand"),
        Column("products", "Products", "integer", is_hidden_on_phone=True),
        UNITS,
        ORDERS,
        REVENUE,
        SHARE,
    ),
)
PROFIT_BY_BRAND = Insight(
    "profit_by_brand",
    "Profit by brand",
    "Cost is that of each piece at the moment of its sale.",
    columns=(Column("brand", "Brand"), *PROFITS),
    role="crpm_manager",
)
BOUGHT_TOGETHER = Insight(
    "bought_together",
    "Bought together",
    "Pairs in one order, from 2 orders and one in 10,000 of all on. Together is how often the second is bought with the first; "
    "lift how many times more often than by chance.",
    columns=(
        Column("product", "Products", value=_pair),
        ORDERS,
        Column("support", "Of all orders", align="right", is_hidden_on_phone=True, value=percent("support")),
        Column("confidence", "Together", align="right", is_hidden_on_phone=True, value=percent("confidence")),
        Column("lift", "Lift", align="right", value=lambda row: written.decimal(row["lift"])),
    ),
    empty=("No pairs", "No two products were bought in one order twice, and once in 10,000 orders."),
)
# On the dashboard, three stand side by side.
BEST_SELLERS_SHORT = replace(
    BEST_SELLERS,
    question="best_sellers",
    definition="The 20 with most pieces sold, less those returned.",
    columns=(PRODUCT_SOLD[0], PRODUCT_SOLD[2], REVENUE),
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (PRODUCTS,),
    (BEST_SELLERS, LEAST_SELLERS),
    (PROFIT_DRILL_DOWN,),
    (ABC_CLASSES, ABC_PRODUCTS),
    (PRODUCT_TRENDS,),
    (PRICE_CHANGES,),
    (BY_BRAND, PROFIT_BY_BRAND),
    (BOUGHT_TOGETHER,),
)
