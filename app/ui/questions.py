"""The questions of the business: one declaration for each panel of the Dashboard and Analytics tabs."""

from calendar import month_abbr
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from app.repositories.analytics import Filters, Row
from app.repositories.customers import SEGMENTS as SEGMENT_NAMES
from app.ui import format as written
from app.ui import panels
from app.ui.format import Delta, Tone
from app.ui.grid import Column
from app.ui.heat import Heat
from app.ui.insights import FILTERS, Chart, Insight, share_of
from app.ui.panels import Kpi
from app.ui.tabs import customers_filters
from app.ui.waterfall import Waterfall

_REVENUE = Column("revenue", "Revenue", "money")
_ORDERS = Column("orders", "Orders", "integer")
_UNITS = Column("units", "Units", "integer", is_hidden_on_phone=True)
_SHARE = Column("share", "Share", align="right", value=share_of("share"))
_SMALL_SHARE = Column("share", "Share", align="right", value=lambda row: written.percent(row["share"], 2))


def _pair(row: Row) -> Markup:
    one = panels.link(row["product"], "products", row["product_id"])
    return Markup("{} + {}").format(one, panels.link(row["other"], "products", row["other_id"]))


def _listed(text: object, tab: str, **filters: object) -> Markup:
    """A link to the list of a tab behind a count."""
    return panels.link(text, tab, f"?{urlencode(filters)}")


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
        return count if None in asked.values() else _listed(count, "customers", status="all", **asked)

    return Column("customers", "On record", align="right", value=counted)


def _percent(name: str) -> Callable[[Row], str]:
    return lambda row: written.percent(row[name])


def _begun(name: str) -> Callable[[Row], str]:
    """The text of a column with a capital first."""
    return lambda row: row[name][:1].upper() + row[name][1:]


_AGES = ("under 20", "20-29", "30-39", "40-49", "50-59", "60 and over", "not known")
_GENDERS = ("female", "male", "other", "not known")
_AGE_FILTERS = dict(zip(_AGES, (value for _, value in customers_filters.AGES if value), strict=True))
_MONTHS = tuple(month_abbr[1:])
_TONES: Mapping[str, Tone] = {"rising": "good", "falling": "bad", "steady": "neutral"}
_NET = "Net of tax and returns, in base currency, without cancelled orders."


def _change(now: Any, before: Any, *, is_growth_good: bool = True) -> Delta | None:
    """How much more it is than before; None where there was nothing before."""
    if not before:
        return None
    return written.delta(Decimal((now or 0) - before) / abs(Decimal(before)), is_growth_good=is_growth_good)


def _comparisons(row: Row, filters: Filters) -> list[tuple[str, str, bool]]:
    """What the headline stands beside: the ending of its columns, in words, and whether the data reach over all of it.

    Where the period before and the year before are the same days they are named once, and a year before that is not over when
    the period begins is left out.
    """
    first_on = row["first_on"]

    def reach(days: tuple[date, date]) -> bool:
        return first_on is not None and first_on <= days[0]

    named = "the day before" if filters.from_on == filters.to_on else "the period before"
    year, previous = filters.year_before, filters.previous
    compared = [("before", "a year before", reach(year))] if year[1] < filters.from_on else []
    return compared if year == previous else [*compared, ("previous", named, reach(previous))]


def _headline(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    comparisons = _comparisons(row, filters)

    def compared(label: str, name: str, value: str, *, is_growth_good: bool = True) -> Kpi:
        feet: list[tuple[Delta | None, str]] = []
        for ending, words, is_covered in comparisons:
            change = _change(row[name], row[f"{name}_{ending}"], is_growth_good=is_growth_good)
            if not is_covered:
                feet.append((None, f"no data of {words}"))
            else:
                feet.append((change, f"on {words}") if change else (None, f"nothing {words}"))
        (delta, hint), *more = feet
        return Kpi(label, value, delta, hint, more=more)

    return [
        compared("Revenue", "revenue", written.money(row["revenue"], currency)),
        compared("Orders", "orders", _orders(row["orders"], filters)),
        compared(
            "Average order value", "average_order_value", written.money(row["average_order_value"], currency)
        ),
        compared("Units", "units", written.integer(row["units"])),
        compared("Returned", "returned", written.money(row["returned"], currency), is_growth_good=False),
    ]


def _orders(count: int, filters: Filters) -> str:
    """How many orders, which leads to their list, where that knows the filters."""
    text = written.integer(count)
    if filters.country_code or filters.category_id or filters.segment:
        return text
    chosen = {"store": filters.store_id} if filters.store_id else {}
    days = {"from": filters.from_on.isoformat(), "to": filters.to_on.isoformat()}
    return _listed(text, "purchases", **days, **chosen, status="recorded")


def _profit(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    return [
        Kpi("Cost", written.money(row["cost"], currency)),
        Kpi("Gross profit", written.money(row["gross_profit"], currency)),
        Kpi("Margin", written.percent(row["margin"])),
    ]


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
    return _listed(f"{written.integer(count)} never", "products", sales="never", **chosen)


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
            hint=f"median {written.integer(row['days_between_median'])}, of {written.integer(row['gaps'])}",
        ),
        Kpi(
            "Pieces in an order",
            written.decimal(row["pieces_per_order"]),
            hint=f"in {written.decimal(row['lines_per_order'])} lines",
        ),
    ]


def _segment(row: Row) -> Markup:
    name = _listed(row["segment"], "customers", status="all", segment=row["segment"])
    return Markup('<span class="among">{} ({})</span>').format(name, row["rule"])


def _exchange(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    without_rate = row["revenue_without_rate"]
    constant = row["revenue_at_constant_rates"]
    return [
        Kpi("At the day's rates", written.money(row["revenue"], currency)),
        Kpi(
            "At constant rates",
            written.money(constant, currency),
            hint=f"{written.money(without_rate, currency)} as they were" if without_rate else "",
        ),
        Kpi(
            "Effect of exchange rates",
            written.money(row["exchange_effect"], currency),
            _change(row["revenue"], constant),
            "on constant rates" if constant else "nothing to compare with",
        ),
        Kpi(
            "In other currencies",
            written.money(row["revenue_in_other_currencies"], currency),
            hint=f"{written.percent(row['share_in_other_currencies'])} of all" if row["revenue"] else "",
        ),
    ]


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
            _change(row["like_for_like"], before),
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
        return "new" if row["revenue"] else "no sales"
    return written.delta(row["growth"]).text


def _years(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    fewest, most = (choose(row["years"] for row in rows) for choose in (min, max))
    return f"{most} years" if fewest == most else f"{fewest} to {most} years"


def _error(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    error, other = (written.percent(rows[0][name]) for name in ("error", "error_of_year_before"))
    return f"off by {error} in six months; \u201csame month last year\u201d by {other}"


def _tenths(name: str) -> Callable[[Row], str]:
    return lambda row: written.decimal(row[name], 1)


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


def _trends(rows: Sequence[Row]) -> str:
    counts = {row["trend"]: row["products"] for row in rows}
    told = " \u00b7 ".join(f"{written.integer(count)} {trend}" for trend, count in counts.items())
    return f"{told}, over {rows[0]['months']} months" if rows else ""


def _places(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    places, products = rows[0]["places"], rows[0]["products"]
    count = f"{len(rows)} of {written.integer(places)}" if places > len(rows) else written.integer(places)
    name = "1 product" if products == 1 else f"{written.integer(products)} products"
    return Markup("{} \u00b7 {}").format(count, _listed(name, "products", stock="low"))


HEADLINE = Insight(
    "headline",
    "Sales",
    "Revenue is net of tax and returns, in base currency, without cancelled orders; an average order is revenue by orders.",
    figures=_headline,
)
PROFIT = Insight(
    "headline_profit",
    "Profit",
    "Gross profit is revenue less the cost of each piece at the moment of its sale; margin is gross profit by revenue.",
    figures=_profit,
    role="crpm_manager",
)
_TIME = (
    Column("starts_on", "From", "date"),
    _REVENUE,
    Column("revenue_before", "A year before", "money"),
    Column("growth", "Growth", align="right", value=_percent("growth"), is_hidden_on_phone=True),
    Column("moving_average", "Moving average", "money", is_hidden_on_phone=True),
    _ORDERS,
    _UNITS,
)
OVER_TIME = Insight(
    "sales_over_time",
    "Revenue over time",
    f"{_NET} Growth is on the step before; the moving average of 7 days, 4 weeks, 3 months, 4 quarters or 3 years.",
    columns=_TIME,
    chart=Chart(
        "starts_on",
        {"revenue": "Revenue", "moving_average": "Moving average", "revenue_before": "A year before"},
    ),
    is_table_folded=True,
)
OVER_TIME_COMPARED = Insight(
    "sales_over_time",
    "Revenue over time",
    "Net revenue, beside the same days one year before.",
    columns=_TIME,
    chart=Chart("starts_on", {"revenue": "Revenue", "revenue_before": "A year before"}),
    is_table_folded=True,
)
BY_CATEGORY = Insight(
    "sales_by_category",
    "Revenue by category",
    "An order with several categories counts in each.",
    columns=(Column("category", "Category"), _UNITS, _ORDERS, _REVENUE, _SHARE),
)
BY_SUBCATEGORY = Insight(
    "sales_by_subcategory",
    "Revenue by subcategory",
    "An order with several subcategories counts in each.",
    columns=(
        Column("subcategory", "Subcategory"),
        Column("category", "Category", is_hidden_on_phone=True),
        _ORDERS,
        _REVENUE,
        _SHARE,
    ),
)
BY_STORE = Insight(
    "sales_by_store",
    "Revenue by store",
    "A return counts for the store of the sale.",
    columns=(
        Column("store", "Store"),
        Column("country", "Country", is_hidden_on_phone=True),
        _ORDERS,
        _REVENUE,
        _SHARE,
    ),
)
BY_COUNTRY = Insight(
    "sales_by_country",
    "Revenue by country",
    "The country of the store; for the online shop, that of the customer.",
    columns=(Column("country", "Country"), _UNITS, _ORDERS, _REVENUE, _SHARE),
)
BY_CURRENCY = Insight(
    "sales_by_currency",
    "Revenue by currency",
    "As charged, and its worth in base currency at the rate of each order's day. The effect of exchange rates is what that "
    "is more than at the rates of the period compared with: what a unit charged was worth then, on average.",
    columns=(
        Column("currency_code", "Currency"),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        Column("charged_amount", "Charged", "money", currency_field="currency_code", is_hidden_on_phone=True),
        _REVENUE,
        Column("revenue_at_previous_rates", "At rates before", "money", is_hidden_on_phone=True),
        Column("exchange_effect", "Effect", "money"),
        Column("share", "Share", align="right", value=_percent("share")),
    ),
)
EXCHANGE = Insight(
    "exchange_headline",
    "Exchange rates",
    "Constant rates are those of the period compared with: what a unit charged was worth in its sales, on average. What was charged in a "
    "currency for the first time is counted as it was.",
    figures=_exchange,
)
BRIDGE = Insight(
    "revenue_bridge",
    "What changed revenue",
    "From the revenue compared with to that of this period. Of products sold in both: volume is the growth in pieces, mix the move "
    "between dear and cheap ones, prices and exchange rates what each piece brought more. New and lost were sold in one of them. It "
    "adds up to the cent.",
    columns=(
        Column("step", "Step"),
        Column("amount", "Amount", "money"),
        Column("share", "Of before", align="right", value=_percent("share")),
    ),
    chart=Waterfall("step", "amount"),
    is_table_folded=True,
    empty=("Nothing to compare with", "There are no sales in this period, or none in the one compared with."),
)
SEASONALITY = Insight(
    "seasonality",
    "Months of the year",
    "A month's revenue in hundredths of the trend, the straight line through all complete months; the twelve average 100. "
    "Lowest and highest tell how far its years lie apart.",
    columns=(
        Column("month_name", "Month"),
        Column("index", "Index", align="right", value=_tenths("index")),
        Column("lowest", "Lowest", align="right", is_hidden_on_phone=True, value=_tenths("lowest")),
        Column("highest", "Highest", align="right", is_hidden_on_phone=True, value=_tenths("highest")),
        Column("years", "Years", "integer"),
    ),
    chart=Chart("month_name", {"index": "Index"}, bars=_MONTHS),
    empty=("Too short to tell", "Seasons show from 24 complete months of sales on."),
    is_table_folded=True,
    extent=_years,
)
FORECAST = Insight(
    "sales_forecast",
    "The months to come",
    "The straight line through the months known, times the season. The last six months are expected without knowing them, "
    "to show how far off such a forecast is.",
    columns=(
        Column("starts_on", "Month", "date"),
        _REVENUE,
        Column("expected", "Expected", "money"),
        Column("year_before", "A year before", "money", is_hidden_on_phone=True),
    ),
    chart=Chart("starts_on", {"revenue": "Revenue", "expected": "Expected", "year_before": "A year before"}),
    empty=("Too short to tell", "A forecast with its error needs 30 complete months of sales."),
    is_table_folded=True,
    extent=_error,
)
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
        _REVENUE,
        Column("revenue_per_square_metre", "Per square metre", "money", is_hidden_on_phone=True),
        Column("revenue_previous", "Compared with", "money", is_hidden_on_phone=True),
        Column("growth", "Growth", align="right", value=_store_growth),
    ),
)
_PROFITS = (
    Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
    Column("cost", "Cost", "money", is_hidden_on_phone=True),
    Column("gross_profit", "Gross profit", "money"),
    Column("margin", "Margin", align="right", value=share_of("margin")),
)
PROFIT_BY_CATEGORY = Insight(
    "profit_by_category",
    "Profit by category",
    "Cost is that of each piece at the moment of its sale.",
    columns=(
        Column("category", "Category"),
        *_PROFITS,
    ),
    role="crpm_manager",
)
PRODUCTS = Insight(
    "product_headline",
    "Products",
    "A product counts as sold when it has a sale in the period, returned or not.",
    figures=_products,
)
_PRODUCT = (
    Column("name", "Product"),
    Column("sku", "SKU", is_hidden_on_phone=True),
    Column("units", "Units", "integer"),
)
_BUYERS = Column("customers", "Customers", "integer", is_hidden_on_phone=True)
BEST_SELLERS = Insight(
    "best_selling_products",
    "Best selling products",
    "The 20 with most pieces sold, less those returned, or most revenue or customers; share is of all revenue.",
    columns=(*_PRODUCT, _BUYERS, _REVENUE, _SMALL_SHARE),
    row_key="product_id",
    opens="products",
)
LEAST_SELLERS = Insight(
    "least_selling_products",
    "Least selling products",
    "The 20 with fewest pieces sold in the period, less those returned, or least revenue or customers; last sold is of all time.",
    columns=(*_PRODUCT, _BUYERS, _REVENUE, Column("last_sold_on", "Last sold", "date")),
    row_key="product_id",
    opens="products",
)
PROFIT_DRILL_DOWN = Insight(
    "profit_drill_down",
    "Profit from category to product",
    "A category opens its subcategories, one of those its products, and a product its card; share is of the revenue of all rows.",
    columns=(
        Column("name", "Name"),
        _UNITS,
        Column("revenue", "Revenue", "money", is_hidden_on_phone=True),
        Column("share", "Share", align="right", is_hidden_on_phone=True, value=_percent("share")),
        Column("cost", "Cost", "money", is_hidden_on_phone=True),
        Column("gross_profit", "Gross profit", "money"),
        Column("margin", "Margin", align="right", value=_percent("margin")),
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
            value=_percent("share_of_products"),
        ),
        _REVENUE,
        _SHARE,
    ),
    empty=("No products", "Add some in Products."),
)
ABC_PRODUCTS = Insight(
    "abc_products",
    "Products by class",
    "The 20 with most revenue; so far is the share of all revenue that a product and all before it bring. A file has them all.",
    columns=(
        *_PRODUCT,
        _REVENUE,
        Column(
            "share_so_far", "So far", align="right", is_hidden_on_phone=True, value=_percent("share_so_far")
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
        Column("growth", "Growth", align="right", is_hidden_on_phone=True, value=_percent("growth")),
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
        Column("price_change", "Price", align="right", value=_percent("price_change")),
        Column("units_a_day_before", "A day before", "decimal", is_hidden_on_phone=True),
        Column("units_a_day_after", "A day after", "decimal", is_hidden_on_phone=True),
        Column("units_change", "Pieces", align="right", value=_percent("units_change")),
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
        _UNITS,
        _ORDERS,
        _REVENUE,
        _SHARE,
    ),
)
PROFIT_BY_BRAND = Insight(
    "profit_by_brand",
    "Profit by brand",
    "Cost is that of each piece at the moment of its sale.",
    columns=(Column("brand", "Brand"), *_PROFITS),
    role="crpm_manager",
)
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
        _ORDERS,
        Column(
            "share_of_orders",
            "Of all",
            align="right",
            is_hidden_on_phone=True,
            value=lambda row: written.percent(row["share_of_orders"], 2),
        ),
        _REVENUE,
        _SMALL_SHARE,
        Column("last_bought_on", "Last bought", "date", is_hidden_on_phone=True),
    ),
    row_key="customer_id",
    opens="customers",
    is_personal=True,
)
_ON_RECORD = Column("customers", "On record", "integer")
_GROUP = (
    Column("buyers", "Bought", "integer"),
    Column("orders", "Orders", "integer", is_hidden_on_phone=True),
    _REVENUE,
    Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
)
BY_GENDER = Insight(
    "customers_by_gender",
    "Customers by gender",
    "On record are all customers, bought those with a sale in the period.",
    columns=(
        Column("gender", "Gender", value=lambda row: row["gender"].capitalize()),
        _on_record(gender="gender"),
        *_GROUP,
    ),
)
BY_AGE = Insight(
    "customers_by_age",
    "Customers by age",
    "Age on the last day of the period. On record are all customers, bought those with a sale in the period.",
    columns=(Column("age_band", "Age"), _on_record(age="age_band"), *_GROUP),
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
        Column("margin", "Margin", align="right", is_hidden_on_phone=True, value=_percent("margin")),
        _SMALL_SHARE,
    ),
    row_key="customer_id",
    opens="customers",
    role="crpm_manager",
    is_personal=True,
)
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
        Column("share", "Share", align="right", value=_percent("share")),
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
        Column("cohort", "First bought", value=_begun("cohort")),
        Column("cohort_customers", "Customers", "integer"),
        Column("buyers", "Bought", "integer", is_hidden_on_phone=True),
        _REVENUE,
        _SHARE,
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
        _REVENUE,
        _SHARE,
    ),
    empty=("Nobody has bought by the last day", "Choose a later one."),
)
CUSTOMERS_BY_ORDERS = Insight(
    "customers_by_orders",
    "Customers by orders",
    "How many orders they placed in the period.",
    columns=(
        Column("orders_placed", "Orders", value=_begun("orders_placed")),
        Column("customers", "Customers", "integer"),
        Column(
            "share_of_customers",
            "Of customers",
            align="right",
            is_hidden_on_phone=True,
            value=_percent("share_of_customers"),
        ),
        _REVENUE,
        _SHARE,
    ),
)
DAYS_BETWEEN = Insight(
    "days_between_purchases",
    "Days between purchases",
    "From one day with a purchase to the same customer's next, of those that end in the period.",
    columns=(
        Column("days", "Days"),
        Column("gaps", "Times", "integer"),
        _SHARE,
    ),
    chart=Chart("days", {"gaps": "Times"}, bars=("1-7", "8-30", "31-90", "91-180", "181-365", "over 365")),
)
ORDERS_BY_SIZE = Insight(
    "orders_by_size",
    "Orders by pieces",
    "How many pieces are in an order, before returns; revenue is net of returns in the period.",
    columns=(
        Column("size", "Pieces", value=_begun("size")),
        _ORDERS,
        Column(
            "share_of_orders",
            "Of orders",
            align="right",
            is_hidden_on_phone=True,
            value=_percent("share_of_orders"),
        ),
        _REVENUE,
        _SHARE,
        Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
    ),
)
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
        Column("days_of_cover", "Days of cover", align="right", value=_tenths("days_of_cover")),
    ),
    role="crpm_manager",
    empty=_NO_STOCK,
)
DEAD_STOCK = Insight(
    "dead_stock",
    "Dead stock",
    "Products in stock for as many days as chosen, to the last day, without a sale in them; the 20 with most pieces.",
    columns=(
        *_PRODUCT[:2],
        Column("on_hand", "On hand", "integer"),
        Column("last_sold_on", "Last sold", "date"),
        Column("days_since_last", "Days since", "integer", is_hidden_on_phone=True),
    ),
    row_key="product_id",
    opens="products",
    empty=("No dead stock", "Everything in stock so long has sold."),
    extent=lambda rows: f"{len(rows)} of {written.integer(rows[0]['products'])}" if rows else "",
)
BY_WEEKDAY = Insight(
    "sales_by_weekday",
    "Revenue by weekday",
    "What a day of the week brings; 100 is the average day from the first sale to the last, days without sales included.",
    columns=(
        Column("weekday_name", "Day"),
        Column("days", "Days", "integer", is_hidden_on_phone=True),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        _REVENUE,
        Column("revenue_per_day", "Per day", "money"),
        Column("index", "Index", align="right", value=lambda row: written.decimal(row["index"], 1)),
    ),
)
BOUGHT_TOGETHER = Insight(
    "bought_together",
    "Bought together",
    "Pairs in one order, from 2 orders and a thousandth of all on. Together is how often the second is bought with the first; "
    "lift how many times more often than by chance.",
    columns=(
        Column("product", "Products", value=_pair),
        _ORDERS,
        Column("support", "Of all orders", align="right", is_hidden_on_phone=True, value=_percent("support")),
        Column(
            "confidence", "Together", align="right", is_hidden_on_phone=True, value=_percent("confidence")
        ),
        Column("lift", "Lift", align="right", value=lambda row: written.decimal(row["lift"])),
    ),
    empty=("No pairs in this period", "Choose a longer one."),
)
NEW_AND_RETURNING = Insight(
    "new_and_returning_customers",
    "New and returning customers",
    "New are those whose first purchase ever is in the period.",
    columns=(
        Column("kind", "Customers", value=lambda row: row["kind"].capitalize()),
        Column("customers", "Bought", "integer"),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        _REVENUE,
        _SHARE,
        Column("average_order_value", "Average order", "money", is_hidden_on_phone=True),
    ),
)
SEGMENTS = Insight(
    "customer_segments",
    "Customers by recency and frequency",
    "Each customer scores 1 to 5 by the fifth of the customers it belongs to: R for how lately it bought, F for how often, which make "
    "the segment, and M for revenue. A segment opens the customers who are in it by all their purchases.",
    columns=(
        Column("segment", "Segment", value=_segment),
        Column("customers", "Customers", "integer"),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        _REVENUE,
        _SHARE,
        Column("days_since_last", "Days since", "integer", is_hidden_on_phone=True),
        Column("monetary_score", "M", align="right", is_hidden_on_phone=True),
    ),
)

SEGMENT_MOVEMENTS = Insight(
    "segment_movements",
    "Movement between segments",
    "How many customers went from a segment of the period before, at the left, to one of this period, above; each by its own period's "
    "sales.",
    columns=(
        Column("segment_before", "Before"),
        Column("segment", "Now"),
        Column("customers", "Customers", "integer"),
        Column("share", "Of those before", align="right", value=_percent("share")),
    ),
    chart=Heat(
        "segment_before",
        "segment",
        "customers",
        "Before",
        written.integer,
        order=(*SEGMENT_NAMES, "Did not buy"),
        beside=("customers_before", "Customers"),
    ),
    is_table_folded=True,
)
SEGMENT_CUSTOMERS = Insight(
    "segment_customers",
    "Customers of a segment",
    "Of the segment chosen, by the purchases of the period, with the scores that make it; the 20 with most revenue. A file has them "
    "all.",
    columns=(
        Column("name", "Customer"),
        Column("segment", "Segment"),
        Column("recency", "R", "integer", is_hidden_on_phone=True),
        Column("frequency", "F", "integer", is_hidden_on_phone=True),
        Column("monetary", "M", "integer", is_hidden_on_phone=True),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        _REVENUE,
        Column("last_bought_on", "Last bought", "date", is_hidden_on_phone=True),
    ),
    row_key="customer_id",
    opens="customers",
    is_personal=True,
    empty=("Nobody is in this segment", "Choose another one, or a longer period."),
    extent=lambda rows: f"{len(rows)} of {written.integer(rows[0]['found'])}" if rows else "",
)
_PREFERRED = (
    Column("category", "Category"),
    Column(
        "category_share",
        "Of pieces",
        align="right",
        is_hidden_on_phone=True,
        value=_percent("category_share"),
    ),
    Column("product", "Product", "link", opens="products", key_field="product_id"),
    Column("product_units", "Pieces", "integer", is_hidden_on_phone=True),
)
PREFERENCES_BY_SEGMENT = Insight(
    "preferences_by_segment",
    "What segments prefer",
    "The category and the product of which a segment has bought and kept most pieces in the period.",
    columns=(Column("name", "Segment"), *_PREFERRED),
)
PREFERENCES_BY_GROUP = Insight(
    "preferences_by_group",
    "What groups of customers prefer",
    "The category and the product of which a gender, an age or a country has bought and kept most pieces in the period.",
    columns=(
        Column("name", "Group", value=_begun("name")),
        Column("kind", "By", is_hidden_on_phone=True),
        *_PREFERRED,
    ),
    is_personal=True,
)

# On the dashboard, three stand side by side.
BEST_SELLERS_SHORT = replace(
    BEST_SELLERS,
    question="best_sellers",
    definition="The 20 with most pieces sold, less those returned.",
    columns=(_PRODUCT[0], _PRODUCT[2], _REVENUE),
)
TOP_CUSTOMERS_SHORT = replace(
    TOP_CUSTOMERS,
    definition="The 20 with most revenue.",
    columns=(Column("name", "Customer"), _ORDERS, _REVENUE),
)

# The sections of the Analytics tab, each with its panels row by row.
SECTIONS: dict[str, tuple[tuple[Insight, ...], ...]] = {
    "Sales": (
        (HEADLINE,),
        (PROFIT,),
        (OVER_TIME, BY_CATEGORY),
        (EXCHANGE,),
        (BY_COUNTRY, BY_CURRENCY),
        (BY_STORE, BY_SUBCATEGORY),
        (BY_WEEKDAY, PROFIT_BY_CATEGORY),
    ),
    "Trends": ((BRIDGE,), (FORECAST,), (SEASONALITY,)),
    "Stores": ((STORES,), (STORE_PERFORMANCE,)),
    "Products": (
        (PRODUCTS,),
        (BEST_SELLERS, LEAST_SELLERS),
        (PROFIT_DRILL_DOWN,),
        (ABC_CLASSES, ABC_PRODUCTS),
        (PRODUCT_TRENDS,),
        (PRICE_CHANGES,),
        (BY_BRAND, PROFIT_BY_BRAND),
        (BOUGHT_TOGETHER,),
    ),
    "Stock": (
        (STOCK,),
        (STOCK_BY_CATEGORY,),
        (STOCK_VALUE,),
        (STOCK_BY_STORE,),
        (DEAD_STOCK, LOW_STOCK),
    ),
    "Customers": (
        (CUSTOMERS,),
        (TOP_CUSTOMERS, TOP_CUSTOMERS_BY_PROFIT),
        (NEW_AND_RETURNING, BY_GENDER),
        (BY_AGE, BY_AGE_AND_GENDER),
        (BY_COUNTRY_AND_AGE,),
        (BY_HOME, BY_CONTINENT),
        (BY_STATE, BY_CITY),
    ),
    "Loyalty": (
        (HABITS,),
        (COHORT_RETENTION,),
        (COHORT_REVENUE, LIFETIME_VALUE),
        (CUSTOMERS_BY_ORDERS, ORDERS_BY_SIZE),
        (DAYS_BETWEEN,),
    ),
    "Segments": (
        (SEGMENTS,),
        (SEGMENT_MOVEMENTS,),
        (SEGMENT_CUSTOMERS,),
        (PREFERENCES_BY_SEGMENT, PREFERENCES_BY_GROUP),
    ),
}
