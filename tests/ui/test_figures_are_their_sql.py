"""Every figure of Dashboard and Analytics is on the screen what the statement shown beside it answers, to the cent."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg.rows import dict_row

from app.ui import questions
from app.ui.grid import Column
from app.ui.heat import Heat
from app.ui.insights import Insight
from app.ui.questions import customers, products, sales, stock
from app.ui.shell import TabSpec
from app.ui.tabs import analytics, dashboard
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.random_trade import trade_at_random
from tests.ui.conftest import ServeTabs

# What a panel on screen says: its statement, its figures by label, its table's heads and cells, and the cells of its heat map.
_READ = """
panel => ({
  id: panel.id,
  sql: panel.querySelector('pre').textContent,
  kpis: [...panel.querySelectorAll('.kpi')].map(
    kpi => [kpi.querySelector('.kpi-label').textContent, kpi.querySelector('.kpi-value').textContent]),
  heads: [...panel.querySelectorAll('.grid thead th')].map(head => head.textContent),
  cells: [...panel.querySelectorAll('.grid tbody tr')].map(row => [...row.children].map(cell => cell.textContent)),
  heat: [...panel.querySelectorAll('.heat tbody td')].map(cell => cell.textContent).filter(text => text !== ''),
})
"""
# The figures whose label is not their column's name.
FIELDS = {
    ("customer_headline", "Customers who bought"): "customers",
    ("customer_headline", "More than once"): "repeat_customers",
    ("product_headline", "Units per product sold"): "units_per_product",
    ("product_headline", "Revenue per product sold"): "revenue_per_product",
    ("customer_habits", "Lifetime value to date"): "lifetime_value",
    ("customer_habits", "Days between purchases"): "days_between",
    ("customer_habits", "Pieces in an order"): "pieces_per_order",
    ("exchange_headline", "At the day's rates"): "revenue",
    ("exchange_headline", "At constant rates"): "revenue_at_constant_rates",
    ("exchange_headline", "Effect of exchange rates"): "exchange_effect",
    ("exchange_headline", "In other currencies"): "revenue_in_other_currencies",
    ("store_headline", "Shops"): "shop_revenue",
    ("store_headline", "Online"): "online_revenue",
    ("store_headline", "Per square metre"): "revenue_per_square_metre",
    ("store_headline", "Delivery"): "delivery_days",
    ("stock_headline", "To reorder"): "places_below_reorder_point",
    ("stock_headline", "Dead stock"): "dead_products",
}
DASHBOARD = {
    "dashboard-day": sales.HEADLINE,
    "dashboard-month": sales.HEADLINE,
    "dashboard-daily": sales.OVER_TIME_COMPARED,
    "dashboard-monthly": sales.OVER_TIME_COMPARED,
    "dashboard-best": products.BEST_SELLERS_SHORT,
    "dashboard-customers": customers.TOP_CUSTOMERS_SHORT,
    "dashboard-stock": stock.LOW_STOCK,
}
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    trade_at_random(shop_of_module)
    return serve_tabs(
        shop_of_module,
        lambda workspace: [
            TabSpec("dashboard", "Dashboard", partial(dashboard.build, workspace)),
            TabSpec("analytics", "Analytics", partial(analytics.build, workspace)),
        ],
    )


def number_in(text: str) -> tuple[Decimal, int] | None:
    """The first number in a text, and how many decimals it is written with."""
    found = NUMBER.search(text.replace("\u2212", "-"))
    if not found:
        return None
    return Decimal(found[0].replace(",", "")), len(found[1] or ".") - 1


def is_told(text: str, value: Any) -> bool:
    """Whether a text from the screen tells a value of the database, rounded half up to the decimals that it is written with."""
    if value is None:
        return text.strip() in ("\u2014", "")
    if isinstance(value, bool | str | date):
        return str(value).lower() in text.lower()
    told = number_in(text)
    if told is None:
        return False
    shown, decimals = told
    exact = Decimal(value) * (100 if "%" in text else 1)
    return abs(shown) == abs(exact).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shown_panels(page: Page, tab: str, count: int, before: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """What the panels of a tab say, as soon as each has another statement than before."""
    shown = page.locator(f"{tab} .insight:visible")
    expect(shown).to_have_count(count)
    for panel in shown.all():
        expect(panel.locator("pre")).not_to_have_text(before.get(panel.get_attribute("id") or "", ""))
        yield panel.evaluate(_READ)


def wrong_figures(insight: Insight, panel: Mapping[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """What the screen says otherwise than the rows."""
    wrong = []
    if insight.figures:
        for label, text in panel["kpis"]:
            field = FIELDS.get((insight.question, label), label.lower().replace(" ", "_"))
            if not is_told(text, rows[0][field]):
                wrong.append(f"{label}: {text!r} is not {field} {rows[0][field]}")
        return wrong
    columns = insight.columns
    if panel["heads"] != [column.label for column in columns] and rows:
        wrong.append(f"heads {panel['heads']}")
    if len(panel["cells"]) != len(rows):
        wrong.append(f"{len(panel['cells'])} rows of {len(rows)}")
    for cells, row in zip(panel["cells"], rows, strict=False):
        if len(cells) != len(columns):
            return [*wrong, f"cells {cells}"]
        wrong += [
            f"{column.label}: {text!r} is not {row.get(column.name)!r}"
            for column, text in zip(columns, cells, strict=True)
            if not tells(column, text, row)
        ]
    if isinstance(insight.chart, Heat):
        names = [insight.chart.value, *(insight.chart.beside or ())[:1]]
        drawn = [row[name] for row in rows for name in names if row[name] is not None]
        if not all(any(is_told(text, value) for value in drawn) for text in panel["heat"]):
            wrong.append("heat map")
    return wrong


def tells(column: Column, text: str, row: Mapping[str, Any]) -> bool:
    return column.name not in row or is_told(text, row[column.name])


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_every_panel_says_what_its_statement_answers(
    address: str, open_page: OpenPage, shop_of_module: OwnDatabase
) -> None:
    page = open_page(address)
    wrong: dict[str, list[str]] = {}
    statements: dict[str, str] = {}
    with psycopg.connect(shop_of_module.owner_url, row_factory=dict_row) as database:

        def compare(tab: str, insights: Mapping[str, Insight]) -> None:
            answered = []
            for panel in shown_panels(page, tab, len(insights), statements):
                statements[panel["id"]] = panel["sql"]
                rows = database.execute(panel["sql"].encode()).fetchall()
                answered += rows
                if found := wrong_figures(insights[panel["id"]], panel, rows):
                    wrong[panel["id"]] = found
            assert answered

        compare("#dashboard", DASHBOARD)
        page.get_by_role("tab", name="Analytics", exact=True).click()
        for is_filtered in (False, True):
            for section, rows in questions.SECTIONS.items():
                page.get_by_role("tab", name=section, exact=True).click()
                insights = {f"analytics-{insight.question}": insight for row in rows for insight in row}
                compare("#analytics", insights)
            if not is_filtered:
                choose(page, "Store", "Boston")
    assert wrong == {}
    assert len(statements) == len(DASHBOARD) + sum(
        len(row) for rows in questions.SECTIONS.values() for row in rows
    )
