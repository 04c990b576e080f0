"""The filters of the list of products: what may be chosen, and how an address says it."""

from typing import cast

from app.repositories.products import Availability, ProductFilter
from app.ui.listing import ListAddress

ACTIVITIES = [("Active", "active"), ("Inactive", "inactive"), ("All products", "all")]
AVAILABILITIES = [
    ("Any", ""),
    ("Available", "available"),
    ("Time to reorder", "low"),
    ("Out of stock", "out"),
]
SALES = [("Any", ""), ("Never sold", "never")]
ADDRESS = ListAddress(
    {
        "search": "",
        "status": "active",
        "category": 0,
        "subcategory": 0,
        "brand": "",
        "stock": "",
        "store": 0,
        "sales": "",
    },
    sort="name",
    sorts=("name", "sku", "category", "unit_price", "on_hand"),
)


def wanted(
    text: str,
    activity: str,
    category: int,
    subcategory: int,
    brand: str,
    availability: str,
    store: int,
    sales: str,
) -> ProductFilter:
    """The filter as chosen, or as an address says it; what cannot be chosen finds nothing or is no filter."""
    is_known = availability in dict(AVAILABILITIES).values()
    return ProductFilter(
        text=text or "",
        category_id=category or None,
        subcategory_id=subcategory or None,
        brand=brand or None,
        is_active={"active": True, "inactive": False}.get(activity),
        availability=cast(Availability, availability) if availability and is_known else None,
        store_id=store or None,
        never_sold=sales == "never",
    )
