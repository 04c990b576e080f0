"""Customers: who they are, where they live, who buys most."""

from dataclasses import replace
from decimal import Decimal

from markupsafe import Markup

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui.grid import Column
from app.ui.heat import Heat
from app.ui.insights import FILTERS, Chart, Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import ORDERS, REVENUE, SHARE, SMALL_SHARE, listed, percent
from app.ui.tabs import customers_filters


def _on_record(**group: str) -> Column:
    """How many customers a group has, which leads to their list: `group` names filters of the list, and the columns for them.

    The list knows no segment but that of today, and no state or country that is not known.
    """

    def counted(row: Row) -> Markup | str:
        count, filters = written.integer(row["customers"]), row.get(FILTERS)
        if not row["customers"] or filters is None or filters.segment:
            return count
        asked = {"country": filters.country_code} if filters.country_code else {}
        for name, column in group.items():
            value = row[column]
            if name == "age":
                band = _AGE_FILTERS[value]
                value = band if value == "not known" else f"{band}@{filters.to_on}"
            asked[name] = None if name == "state" and value == "not known" else value
        return count if None in asked.values() else listed(count, "customers", status="all", **asked)

    return Column("customers", "On record", align="right", value=counted)


_AGES = ("under 20", "20-29", "30-39", "40-49", "50-59", "60 and over", "not known")
_GENDERS = ("female", "male", "other", "not known")
_AGE_FILTERS = dict(zip(_AGES, (value for _, value in customers_filters.AGES if value), strict=True))


def _customers(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    repeated = row["repeat_customers"]
    share = Decimal(repeated) / row["customers"] if row["customers"] else None
    return [
        Kpi("Customers who bought", written.integer(row["customers"])),
        Kpi(
            "More than once",
            written.integer(repeated),
            hint=f"{written.percent(share)} of them" if share else "",
        ),
        Kpi("Orders per customer", written.decimal(row["orders_per_customer"])),
        Kpi("Revenue per customer", written.money(row["revenue_per_customer"], currency)),
    ]


CUSTOMERS = Insight(
    "customer_headline",
    "Customers",
    "Customers with a sale in the period; walk-ins are left out.",
    figures=_customers,
)
TOP_CUSTOMERS = Insight(
    "top_customers",
    "Top customers",
    "The 20 with most revenue, or most orders; the shares are of all revenue and orders, walk-ins included.",
    columns=(
        Column("name", "Customer"),
        ORDERS,
        Column(
            "share_of_orders",
            "Of all",
            align="right",
            is_hidden_on_phone=True,
            value=lambda row: written.percent(row["share_of_orders"], 2),
        ),
        REVENUE,
        SMALL_SHARE,
        Column("last_bought_on", "Last bought", "date", is_hidden_on_phone=True),
    ),
    row_key="customer_id",
    opens="customers",
    is_personal=True,
)
_ON_RECORD = Column("customers", "On record", "integer")
_SHARE_OF_RECORD = Column("share", "Of all", align="right", is_hidden_on_phone=True, value=percent("share"))
_GROUP = (
    Column("buyers", "Bought", "integer"),
    Column("orders", "Orders", "integer", is_hidden_on_phone=True),
    REVENUE,
    Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
)
BY_GENDER = Insight(
    "customers_by_gender",
    "Customers by gender",
    "On record are all customers, bought those with a sale in the period.",
    columns=(
        Column("gender", "Gender", value=lambda row: row["gender"].capitalize()),
        _on_record(gender="gender"),
        _SHARE_OF_RECORD,
        *_GROUP,
    ),
)
BY_AGE = Insight(
    "customers_by_age",
    "Customers by age",
    "Age on the last day of the period. On record are all customers, bought those with a sale in the period.",
    columns=(Column("age_band", "Age"), _on_record(age="age_band"), _SHARE_OF_RECORD, *_GROUP),
    chart=Chart("age_band", {"customers": "Customers"}, bars=_AGES),
    is_personal=True,
)
BY_HOME = Insight(
    "customers_by_country",
    "Customers by country",
    "The country they live in. On record are all customers, bought those with a sale in the period.",
    columns=(
        Column("country", "Country"),
        _on_record(country="country_code"),
        *_GROUP,
    ),
)
BY_AGE_AND_GENDER = Insight(
    "customers_by_age_and_gender",
    "Revenue by age and gender",
    "Age on the last day of the period; the table has customers, orders and average order too, and walk-ins.",
    columns=(
        Column("age_band", "Age"),
        Column("gender", "Gender"),
        _on_record(age="age_band", gender="gender"),
        *_GROUP,
    ),
    chart=Heat("age_band", "gender", "revenue", "Age", written.integer, order=_GENDERS),
    is_personal=True,
    is_table_folded=True,
)
BY_COUNTRY_AND_AGE = Insight(
    "customers_by_country_and_age",
    "Revenue by country and age",
    "The country they live in, and age on the last day of the period; the table has customers, orders and average order too, and "
    "walk-ins.",
    columns=(
        Column("country", "Country"),
        Column("age_band", "Age"),
        _on_record(country="country_code", age="age_band"),
        *_GROUP,
    ),
    chart=Heat("country", "age_band", "revenue", "Country", written.integer, order=_AGES),
    is_personal=True,
    is_table_folded=True,
)
BY_CONTINENT = Insight(
    "customers_by_continent",
    "Customers by continent",
    "The continent they live on. On record are all customers, bought those with a sale in the period.",
    columns=(Column("continent", "Continent"), _ON_RECORD, *_GROUP),
)
BY_STATE = Insight(
    "customers_by_state",
    "Customers by state",
    "The state they live in. On record are all customers, bought those with a sale in the period.",
    columns=(
        Column("state", "State"),
        Column("country", "Country", is_hidden_on_phone=True),
        _on_record(country="country_code", state="state"),
        *_GROUP,
    ),
)
BY_CITY = Insight(
    "customers_by_city",
    "Customers by city",
    "The 30 cities with most revenue, and all others. On record are all customers, bought those with a sale in the period.",
    columns=(
        Column("city", "City"),
        Column("country", "Country", is_hidden_on_phone=True),
        _ON_RECORD,
        *_GROUP,
    ),
    is_personal=True,
)
TOP_CUSTOMERS_BY_PROFIT = Insight(
    "top_customers_by_profit",
    "Top customers by profit",
    "The 20 with most gross profit; share is of all gross profit, walk-ins included.",
    columns=(
        Column("name", "Customer"),
        Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
        Column("gross_profit", "Gross profit", "money"),
        Column("margin", "Margin", align="right", is_hidden_on_phone=True, value=percent("margin")),
        SMALL_SHARE,
    ),
    row_key="customer_id",
    opens="customers",
    role="crpm_manager",
    is_personal=True,
)
NEW_AND_RETURNING = Insight(
    "new_and_returning_customers",
    "New and returning customers",
    "New are those whose first purchase ever is in the period.",
    columns=(
        Column("kind", "Customers", value=lambda row: row["kind"].capitalize()),
        Column("customers", "Bought", "integer"),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        REVENUE,
        SHARE,
        Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
    ),
)
TOP_CUSTOMERS_SHORT = replace(
    TOP_CUSTOMERS,
    definition="The 20 with most revenue.",
    columns=(Column("name", "Customer"), ORDERS, REVENUE),
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (CUSTOMERS,),
    (TOP_CUSTOMERS, TOP_CUSTOMERS_BY_PROFIT),
    (NEW_AND_RETURNING, BY_GENDER),
    (BY_AGE, BY_AGE_AND_GENDER),
    (BY_COUNTRY_AND_AGE,),
    (BY_HOME, BY_CONTINENT),
    (BY_STATE, BY_CITY),
)
