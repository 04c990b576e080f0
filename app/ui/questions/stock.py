"""Stock: what became of it, what it is worth, what is short and what is dead."""

from collections.abc import Sequence

from markupsafe import Markup

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui.grid import Column
from app.ui.insights import Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import PRODUCT_SOLD, listed, tenths


def _stock(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    return [
        Kpi(
            "On hand",
            written.integer(row["on_hand"]),
            hint=f"pieces of {written.integer(row['products_in_stock'])} products",
        ),
        Kpi(
            "Days of cover",
            written.decimal(row["days_of_cover"], 1),
            hint=f"at {written.integer(row['units_sold'])} pieces sold in the period",
        ),
        Kpi(
            "To reorder",
            written.integer(row["places_below_reorder_point"]),
            hint="at or below their reorder point now",
        ),
        Kpi(
            "Dead stock",
            written.integer(row["dead_products"]),
            hint=f"products, {written.integer(row['dead_pieces'])} pieces, without a sale in {filters.dead_days} days",
        ),
    ]


def _places(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    places, products = rows[0]["places"], rows[0]["products"]
    count = f"{len(rows)} of {written.integer(places)}" if places > len(rows) else written.integer(places)
    name = "1 product" if products == 1 else f"{written.integer(products)} products"
    return Markup("{} \u00b7 {}").format(count, listed(name, "products", stock="low"))


LOW_STOCK = Insight(
    "low_stock",
    "Low stock",
    "Active products at or below their reorder point, store by store, the shortest first.",
    columns=(
        Column("product", "Product"),
        Column("store", "Store"),
        Column("on_hand", "On hand", "integer"),
        Column("reorder_point", "Reorder at", "integer"),
    ),
    row_key="product_id",
    opens="products",
    empty=("Nothing to reorder", "Every product is above its reorder point."),
    extent=_places,
)
STOCK = Insight(
    "stock_headline",
    "Stock",
    "On hand on the last day; cover is by the pieces sold on an average day of the period; dead is what had no sale in as many days as "
    "chosen. To reorder is of now. A segment changes nothing here.",
    figures=_stock,
)
_MOVEMENTS = (
    Column("opening", "Opening", "integer"),
    Column("first_counts", "First counts", "integer", is_hidden_on_phone=True),
    Column("receipts", "Receipts", "integer", is_hidden_on_phone=True),
    Column("sales", "Sales", "integer", is_hidden_on_phone=True),
    Column("returned", "Returns", "integer", is_hidden_on_phone=True),
    Column("adjustments", "Adjustments", "integer", is_hidden_on_phone=True),
    Column("transfers", "Transfers", "integer", is_hidden_on_phone=True),
    Column("closing", "Closing", "integer"),
)
_NO_STOCK = ("No stock by the last day", "Choose a later one, or count or receive some in Products, Stock.")
STOCK_BY_CATEGORY = Insight(
    "stock_flow_by_category",
    "Stock by category",
    "Pieces on hand before the period, what came and went in it, and what was left: opening and all between add up to closing.",
    columns=(Column("category", "Category"), *_MOVEMENTS),
    empty=_NO_STOCK,
)
STOCK_BY_STORE = Insight(
    "stock_flow_by_store",
    "Stock by store",
    "As by category; transfers are those in less those out.",
    columns=(Column("store", "Store"), *_MOVEMENTS),
    empty=_NO_STOCK,
)
STOCK_VALUE = Insight(
    "stock_value_by_category",
    "Value of stock",
    "At the cost of the day before the period and of its last day. Turn is the cost of sales by the average of both; cover is the closing "
    "value by the cost of an average day's sales.",
    columns=(
        Column("category", "Category"),
        Column("closing", "Pieces", "integer", is_hidden_on_phone=True),
        Column("without_cost", "Without cost", "integer", is_hidden_on_phone=True),
        Column("opening_value", "Opening", "money", is_hidden_on_phone=True),
        Column("closing_value", "Closing", "money"),
        Column("cost_of_sales", "Cost of sales", "money", is_hidden_on_phone=True),
        Column("turn", "Turn", "decimal"),
        Column("days_of_cover", "Days of cover", align="right", value=tenths("days_of_cover")),
    ),
    role="crpm_manager",
    empty=_NO_STOCK,
)
DEAD_STOCK = Insight(
    "dead_stock",
    "Dead stock",
    "Products in stock for as many days as chosen, to the last day, without a sale in them; the 20 with most pieces.",
    columns=(
        *PRODUCT_SOLD[:2],
        Column("on_hand", "On hand", "integer"),
        Column("last_sold_on", "Last sold", "date"),
        Column("days_since_last", "Days since", "integer", is_hidden_on_phone=True),
    ),
    row_key="product_id",
    opens="products",
    empty=("No dead stock", "Everything in stock so long has sold."),
    extent=lambda rows: f"{len(rows)} of {written.integer(rows[0]['products'])}" if rows else "",
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (STOCK,),
    (STOCK_BY_CATEGORY,),
    (STOCK_VALUE,),
    (STOCK_BY_STORE,),
    (DEAD_STOCK, LOW_STOCK),
)
