"""Sales: revenue, orders and profit, over time and by category, store, country and currency."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.repositories.analytics import Filters, Row
from app.ui import format as written
from app.ui.format import Delta
from app.ui.grid import Column
from app.ui.insights import Chart, Insight
from app.ui.panels import Kpi
from app.ui.questions.parts import ORDERS, PROFITS, REVENUE, SHARE, UNITS, change_of, listed, percent

_NET = "Net of tax and returns, in base currency, without cancelled orders."


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


@dataclass(frozen=True, slots=True)
class _Compared:
    """Figures of a row beside the same of the periods that its columns end in."""

    row: Row
    filters: Filters

    def kpi(
        self,
        label: str,
        name: str,
        value: str,
        *,
        is_growth_good: bool = True,
        change: Callable[..., Delta | None] = change_of,
    ) -> Kpi:
        feet: list[tuple[Delta | None, str]] = []
        for ending, words, is_covered in _comparisons(self.row, self.filters):
            changed = change(self.row[name], self.row[f"{name}_{ending}"], is_growth_good=is_growth_good)
            if not is_covered:
                feet.append((None, f"no data of {words}"))
            else:
                feet.append((changed, f"on {words}") if changed else (None, f"nothing {words}"))
        (delta, hint), *more = feet
        return Kpi(label, value, delta, hint, more=more)


def _headline(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    kpi = _Compared(row, filters).kpi
    average = written.money(row["average_order_value"], currency)
    return [
        kpi("Revenue", "revenue", written.money(row["revenue"], currency)),
        kpi("Orders", "orders", _orders(row["orders"], filters)),
        kpi("Average order value", "average_order_value", average),
        kpi("Units", "units", written.integer(row["units"])),
        kpi("Returned", "returned", written.money(row["returned"], currency), is_growth_good=False),
    ]


def _orders(count: int, filters: Filters) -> str:
    """How many orders, which leads to their list, where that knows the filters."""
    text = written.integer(count)
    if filters.country_code or filters.category_id or filters.segment:
        return text
    chosen = {"store": filters.store_id} if filters.store_id else {}
    days = {"from": filters.from_on.isoformat(), "to": filters.to_on.isoformat()}
    return listed(text, "purchases", **days, **chosen, status="recorded")


def _profit(row: Row, filters: Filters, currency: str) -> list[Kpi]:
    kpi = _Compared(row, filters).kpi
    return [
        kpi("Cost", "cost", written.money(row["cost"], currency), is_growth_good=False),
        kpi("Gross profit", "gross_profit", written.money(row["gross_profit"], currency)),
        kpi("Margin", "margin", written.percent(row["margin"]), change=_points),
    ]


def _points(now: Any, before: Any, *, is_growth_good: bool = True) -> Delta | None:
    if now is None or before is None:
        return None
    return written.delta(now - before, is_growth_good=is_growth_good, unit="points")


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
            change_of(row["revenue"], constant),
            "on constant rates" if constant else "nothing to compare with",
        ),
        Kpi(
            "In other currencies",
            written.money(row["revenue_in_other_currencies"], currency),
            hint=f"{written.percent(row['share_in_other_currencies'])} of all" if row["revenue"] else "",
        ),
    ]


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
    REVENUE,
    Column("revenue_before", "A year before", "money"),
    Column("growth", "Growth", align="right", value=percent("growth"), is_hidden_on_phone=True),
    Column("moving_average", "Moving average", "money", is_hidden_on_phone=True),
    ORDERS,
    UNITS,
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
    columns=(Column("category", "Category"), UNITS, ORDERS, REVENUE, SHARE),
)
BY_SUBCATEGORY = Insight(
    "sales_by_subcategory",
    "Revenue by subcategory",
    "An order with several subcategories counts in each.",
    columns=(
        Column("subcategory", "Subcategory"),
        Column("category", "Category", is_hidden_on_phone=True),
        ORDERS,
        REVENUE,
        SHARE,
    ),
)
BY_STORE = Insight(
    "sales_by_store",
    "Revenue by store",
    "A return counts for the store of the sale.",
    columns=(
        Column("store", "Store"),
        Column("country", "Country", is_hidden_on_phone=True),
        ORDERS,
        REVENUE,
        SHARE,
    ),
)
BY_COUNTRY = Insight(
    "sales_by_country",
    "Revenue by country",
    "The country of the store; for the online shop, that of the customer.",
    columns=(Column("country", "Country"), UNITS, ORDERS, REVENUE, SHARE),
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
        REVENUE,
        Column("revenue_at_previous_rates", "At rates before", "money", is_hidden_on_phone=True),
        Column("exchange_effect", "Effect", "money"),
        Column("share", "Share", align="right", value=percent("share")),
    ),
)
EXCHANGE = Insight(
    "exchange_headline",
    "Exchange rates",
    "Constant rates are those of the period compared with: what a unit charged was worth in its sales, on average. What was charged in a "
    "currency for the first time is counted as it was.",
    figures=_exchange,
)
PROFIT_BY_CATEGORY = Insight(
    "profit_by_category",
    "Profit by category",
    "Cost is that of each piece at the moment of its sale.",
    columns=(
        Column("category", "Category"),
        *PROFITS,
    ),
    role="crpm_manager",
)
BY_WEEKDAY = Insight(
    "sales_by_weekday",
    "Revenue by weekday",
    "What a day of the week brings; 100 is the average day from the first sale to the last, days without sales included.",
    columns=(
        Column("weekday_name", "Day"),
        Column("days", "Days", "integer", is_hidden_on_phone=True),
        Column("orders", "Orders", "integer", is_hidden_on_phone=True),
        REVENUE,
        Column("revenue_per_day", "Per day", "money"),
        Column("index", "Index", align="right", value=lambda row: written.decimal(row["index"], 1)),
    ),
)

# The panels of the section, row by row.
ROWS: tuple[tuple[Insight, ...], ...] = (
    (HEADLINE,),
    (PROFIT,),
    (OVER_TIME, BY_CATEGORY),
    (EXCHANGE,),
    (BY_COUNTRY, BY_CURRENCY),
    (BY_STORE, BY_SUBCATEGORY),
    (BY_WEEKDAY, PROFIT_BY_CATEGORY),
)
