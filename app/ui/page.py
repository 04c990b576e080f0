"""The modules of the app, in the order of their tabs."""

from functools import partial

from app.ui.shell import TabSpec
from app.ui.tabs import analytics, customers, dashboard, data, products, purchases
from app.ui.tabs.setup import Loads
from app.workspace import Workspace


def tabs(workspace: Workspace, loads: Loads) -> list[TabSpec]:
    """All tabs over a database, with what loads files into it."""
    return [
        TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace)),
        TabSpec("customers", "Customers", partial(customers.build, workspace)),
        TabSpec("products", "Products", partial(products.build, workspace)),
        TabSpec("purchases", "Purchases", partial(purchases.build, workspace)),
        TabSpec("analytics", "Analytics", partial(analytics.build, workspace)),
        TabSpec("data", "Data", partial(data.build, workspace, loads)),
    ]
