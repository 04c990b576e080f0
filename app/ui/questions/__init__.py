"""The questions of the business: one declaration for each panel of the Dashboard and Analytics tabs, a module a section."""

from app.ui.insights import Insight
from app.ui.questions import customers, loyalty, products, sales, segments, stock, stores, trends

# The sections of the Analytics tab, each with its panels row by row.
SECTIONS: dict[str, tuple[tuple[Insight, ...], ...]] = {
    "Sales": sales.ROWS,
    "Trends": trends.ROWS,
    "Stores": stores.ROWS,
    "Products": products.ROWS,
    "Stock": stock.ROWS,
    "Customers": customers.ROWS,
    "Loyalty": loyalty.ROWS,
    "Segments": segments.ROWS,
}
# Every panel: those of Analytics, and after them what the Dashboard has of its own.
PANELS: tuple[Insight, ...] = (
    *(panel for rows in SECTIONS.values() for row in rows for panel in row),
    sales.OVER_TIME_COMPARED,
    products.BEST_SELLERS_SHORT,
    customers.TOP_CUSTOMERS_SHORT,
)
