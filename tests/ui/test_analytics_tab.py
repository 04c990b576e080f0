import re
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from app.errors import InputError
from app.repositories.analytics import AnalyticsRepository, Filters, Horizon
from app.repositories.customers import CustomerFilter
from app.repositories.products import ProductFilter
from app.ui import figure_address, questions
from app.ui.heat import Heat
from app.ui.insights import FILTERS, Chart, Insight
from app.ui.questions import customers, products
from app.ui.shell import TabSpec
from app.ui.tabs import analytics, customers_filters, products_filters
from app.ui.tabs.analytics import Choice, filters_of
from app.ui.waterfall import Waterfall
from db.sqlfiles import QUERIES
from tests.browser import OpenPage
from tests.conftest import OwnDatabase
from tests.trade import TODAY, trade
from tests.ui.conftest import ServeTabs

FRESH = Horizon(
    "Harbour & Hill",
    "USD",
    is_demo=False,
    today=date(2024, 3, 31),
    first_on=date(2020, 5, 4),
    last_on=date(2024, 3, 30),
)
OTHER_THAN_NOTHING: dict[str, Any] = {
    "from_on": date(2024, 1, 1),
    "to_on": date(2024, 3, 31),
    "store_id": 2,
    "country_code": "a b&c=d",
    "category_id": 3,
    "compare_with": "year",
    "include_unsold": True,
    "rank_products_by": "customers",
    "branch_category_id": 3,
    "branch_subcategory_id": 7,
    "rank_customers_by": "orders",
    "dead_days": 90,
    "segment": "At risk",
    "grain": "week",
}
INSIGHTS = questions.PANELS


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("This month", "2024-03-01", "2024-03-31"),
        ("Last month", "2024-02-01", "2024-02-29"),
        ("This year", "2024-01-01", "2024-03-31"),
        ("Last year", "2023-01-01", "2023-12-31"),
        ("Last 12 months", "2023-04-01", "2024-03-31"),
        ("All", "2020-05-04", "2024-03-31"),
    ],
)
def test_preset_names_its_days(period: str, first: str, last: str) -> None:
    filters = filters_of(Choice(period), FRESH)
    assert (filters.from_on.isoformat(), filters.to_on.isoformat()) == (first, last)


def test_presets_count_back_from_the_last_sale_when_the_data_is_old() -> None:
    old = Horizon(
        "A",
        "USD",
        is_demo=False,
        today=date(2026, 1, 1),
        first_on=date(2016, 1, 1),
        last_on=date(2021, 2, 20),
    )
    assert filters_of(Choice("This month"), old).from_on == date(2021, 2, 1)
    assert filters_of(Choice("All"), old).to_on == date(2021, 2, 20)


def test_the_note_says_what_is_compared_and_whose_store_alone_is_read() -> None:
    filters = filters_of(Choice("Last month"), FRESH)
    assert (
        "2024-02-01 to 2024-02-29, compared with 2024-01-01 to 2024-01-31. Amounts in USD."
        in analytics._note(filters, FRESH, None)
    )
    assert "Amounts in USD, in your store alone, &lt;b&gt;." in analytics._note(filters, FRESH, "<b>")


def test_days_of_a_from_to_period_are_checked() -> None:
    filters = filters_of(Choice("From-to", "2024-01-05", " 2024-01-31 "), FRESH)
    assert (filters.from_on, filters.to_on) == (date(2024, 1, 5), date(2024, 1, 31))
    with pytest.raises(InputError, match="first day as year-month-day"):
        filters_of(Choice("From-to", "5.1.2024", "2024-01-31"), FRESH)
    with pytest.raises(InputError, match="from 1900-01-01"):
        filters_of(Choice(analytics.FROM_TO, "0001-01-01", "2024-01-01"), FRESH)
    with pytest.raises(InputError, match="after the last"):
        filters_of(Choice("From-to", "2024-02-01", "2024-01-31"), FRESH)


def test_filters_go_into_an_address_and_come_back() -> None:
    everything = Filters(**OTHER_THAN_NOTHING)
    assert OTHER_THAN_NOTHING.keys() | {"most_rows"} == {field.name for field in fields(Filters)}
    asked = dict(parse_qsl(figure_address.written(everything)))
    assert asked.keys() == OTHER_THAN_NOTHING.keys()
    assert figure_address.read(asked) == everything
    days = Filters(TODAY, TODAY)
    assert figure_address.read(dict(parse_qsl(figure_address.written(days)))) == days
    for broken in ({}, {"from_on": "2024-01-01"}, {**asked, "store_id": "1 OR 1"}, {**asked, "to_on": "x"}):
        with pytest.raises(InputError, match="Take the file from its panel"):
            figure_address.read(broken)


def test_each_question_has_a_panel_and_each_panel_a_question() -> None:
    files = {path.stem for path in (QUERIES / "analytics").glob("*.sql")} - {"horizon", "filter_choices"}
    assert {insight.question for insight in INSIGHTS} == files


def test_counts_lead_to_the_lists_behind_them() -> None:
    def key(cell: object) -> str:
        (found,) = re.findall('data-key="([^"]*)"', str(cell))
        return unescape(found)

    home, age = (
        next(column.value for column in insight.columns if column.name == "customers")
        for insight in (customers.BY_HOME, customers.BY_COUNTRY_AND_AGE)
    )
    never = products.PRODUCTS.figures
    assert home
    assert age
    assert never
    filters = filters_of(Choice("All"), FRESH)
    group: dict[str, object] = {
        "customers": 7,
        "country_code": "DE",
        "age_band": "under 20",
        FILTERS: filters,
    }
    shown = customers_filters.ADDRESS.read(key(home(group)))
    assert customers_filters.wanted(*shown.values) == CustomerFilter(country_code="DE")
    shown = customers_filters.ADDRESS.read(key(age(group)))
    assert customers_filters.wanted(*shown.values) == CustomerFilter(
        country_code="DE", below_age=20, age_on=filters.to_on
    )
    shown = customers_filters.ADDRESS.read(key(age(group | {"age_band": "not known"})))
    assert customers_filters.wanted(*shown.values) == CustomerFilter(country_code="DE", has_birth_date=False)
    unknown: dict[str, object] = {"country_code": None}
    of_segment: dict[str, object] = {FILTERS: replace(filters, segment="Loyal")}
    assert home(group | unknown) == home(group | of_segment) == "7"
    filters = replace(filters, category_id=3)
    figures = dict.fromkeys(("products_sold", "products_not_sold", "products_never_sold"), 1)
    strip = never(figures | {"units_per_product": None, "revenue_per_product": None}, filters, "USD")
    shown = products_filters.ADDRESS.read(key([figure.hint for figure in strip]))
    assert products_filters.wanted(*shown.values) == ProductFilter(
        never_sold=True, category_id=3, is_active=True
    )


@pytest.fixture(scope="module")
def address(shop_of_module: OwnDatabase, serve_tabs: ServeTabs) -> str:
    trade(shop_of_module)
    return serve_tabs(
        shop_of_module,
        lambda workspace: [TabSpec("analytics", "Analytics", partial(analytics.build, workspace))],
    )


@pytest.mark.parametrize("insight", INSIGHTS, ids=lambda insight: insight.title)
def test_columns_of_a_panel_are_those_of_its_query(insight: Insight, shop_of_module: OwnDatabase) -> None:
    with shop_of_module.connect() as connection:
        answer = AnalyticsRepository(connection).answer(insight.question, Filters(TODAY, TODAY))
        description = connection.execute(answer.sql.encode()).description
    assert description
    chart = insight.chart
    drawn = [chart.x, *chart.series] if isinstance(chart, Chart) else []
    if isinstance(chart, Heat):
        drawn = [chart.x, chart.y, chart.value, *(chart.beside or ())[:1]]
    if isinstance(chart, Waterfall):
        drawn = [chart.x, chart.y]
    shown = [column.name for column in insight.columns] + ([insight.row_key] if insight.row_key else [])
    assert {*drawn, *shown} <= {column.name for column in description}


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


CUT_OFF = """() => [...document.querySelectorAll('.grid-scroll')]
    .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth && !node.querySelector('a, button, tr[tabindex]'))"""


def test_sections_are_read_when_they_are_opened_and_fit_a_phone(address: str, open_page: OpenPage) -> None:
    page = open_page(address, width=390, height=844)
    for name in questions.SECTIONS:
        page.get_by_role("tab", name=name).click()
        expect(page.locator(".insight .foot:visible").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if name == "Products":
            expect(page.locator("#analytics-best_selling_products tbody tr").first).to_contain_text(
                "Garden lamp"
            )
            least = page.locator("#analytics-least_selling_products tbody tr")
            expect(least).to_have_count(3)
            page.get_by_label("Include products without a sale").check()
            expect(least.first).to_contain_text("Path light")
            go_down_and_up(page)
        if name == "Customers":
            expect(page.locator("#analytics-customers_by_gender tbody")).to_contain_text("Walk-in")
            # What is cut off is scrolled by keyboard too.
            page.set_viewport_size({"width": 240, "height": 844})
            page.wait_for_function(
                f"() => {{ const cut = ({CUT_OFF})(); return cut.length && cut.every((node) => node.tabIndex === 0) }}"
            )
            page.set_viewport_size({"width": 1440, "height": 844})
            expect(page.locator(".grid-scroll[tabindex='0']:visible")).to_have_count(0)
            page.set_viewport_size({"width": 390, "height": 844})
        if name == "Segments":
            open_a_segment(page)


def open_a_segment(page: Page) -> None:
    rows, chosen = (
        page.locator("#analytics-customer_segments tbody tr"),
        page.get_by_label("Segment", exact=True),
    )
    count = rows.count()
    name = rows.last.get_attribute("data-key") or ""
    customers = rows.last.locator("td").nth(1).inner_text()
    rows.last.press("Enter")
    expect(chosen).to_have_value(name)
    expect(page.locator("#analytics-segment_customers tbody tr")).to_have_count(int(customers))
    expect(rows).to_have_count(1)
    rows.first.press("Enter")
    expect(chosen).to_have_value("All customers")
    expect(rows).to_have_count(count)


def go_down_and_up(page: Page) -> None:
    panel = page.locator("#analytics-profit_drill_down")
    rows, title = panel.locator("tbody tr"), panel.get_by_role("heading")
    for name, below in (("Kitchen", "All categories"), ("Kettles", "Kitchen")):
        rows.filter(has_text=name).focus()
        page.keyboard.press("Enter")
        expect(rows.first).to_have_text(re.compile(f"^\u2039 {below}"))
        expect(title).to_contain_text(name)
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("Kettle 1.7 l")
    rows.first.click()
    expect(rows.first).to_contain_text("All categories")
    rows.first.click()
    expect(rows.first).not_to_contain_text("\u2039")
    expect(title).to_have_text("Profit from category to product")


def test_filters_change_every_figure_and_the_sql_that_gives_it_in_another_program(
    address: str, open_page: OpenPage, shop_of_module: OwnDatabase
) -> None:
    page = open_page(address)
    revenue = page.locator("#analytics-headline .kpi-value").first
    expect(revenue).to_be_visible()
    copy_by_keyboard(page, page.locator("#analytics-sales_by_currency"))

    choose(page, "Period", "All")
    expect(page.locator("#analytics-note")).to_contain_text((TODAY - timedelta(days=450)).isoformat())
    expect(page.locator(".insight.waiting").filter(visible=True)).to_have_count(0)
    panel = page.locator("#analytics-sales_by_country")
    with psycopg.connect(shop_of_module.owner_url) as connection:
        rows = connection.execute((panel.locator("pre").text_content() or "").encode()).fetchall()
    shown = panel.locator("tbody tr").all_inner_texts()
    assert [line.split("\t")[0].strip() for line in shown] == [row[0] for row in rows]
    assert [line.split("\t")[3].strip() for line in shown] == [f"{row[3]:,.2f}" for row in rows]

    steps = page.locator("#analytics-sales_over_time tbody tr")
    for grain in ("By week", "By quarter", "By month"):
        page.get_by_label(grain, exact=True).check()
        drawn = "[...document.querySelectorAll('#analytics-sales_over_time .mark-line path')].map(one => one.getAttribute('d').match(/[ML]/g).length)"
        # The table tells how many steps there are, and the longest line has a point for each.
        count = len(pd.period_range(TODAY - timedelta(days=450), TODAY, freq=grain[3].upper()))
        expect(steps).to_have_count(count)
        page.wait_for_function(f"Math.max(...{drawn}) === {count}")

    stores = page.locator("#analytics-sales_by_store tbody tr")
    expect(stores).to_have_count(3)
    of_all = revenue.inner_text()
    choose(page, "Segment", "Champions")
    expect(revenue).not_to_have_text(of_all)
    expect(page.locator("#analytics-sales_by_store pre")).to_contain_text("NULL, NULL, NULL, 'Champions')")
    choose(page, "Segment", "All customers")
    expect(revenue).to_have_text(of_all)
    choose(page, "Store", "Boston")
    expect(stores).to_have_count(1)
    expect(revenue).to_have_text(f"{stores.locator('td').nth(3).inner_text()}\u00a0USD")

    choose(page, "Period", "This month")
    choose(page, "Compared with", "The year before")
    first_before = (pd.Timestamp(TODAY.replace(day=1)) - pd.DateOffset(years=1)).date()
    expect(page.locator("#analytics-note")).to_contain_text(f"compared with {first_before}")


def copy_by_keyboard(page: Page, panel: Locator) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(panel.locator("pre")).to_be_visible()
    panel.get_by_role("button", name="Copy").press("Enter")
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == panel.locator("pre").text_content()


def test_days_that_are_none_or_without_sales_say_what_to_do(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    choose(page, "Period", "From-to")
    page.get_by_label("From", exact=True).fill("yesterday")
    expect(page.locator("#analytics-note")).to_contain_text("Type the first day as year-month-day")
    expect(page.locator("#analytics-headline")).to_be_hidden()
    page.get_by_label("From", exact=True).fill((TODAY - timedelta(days=790)).isoformat())
    page.get_by_label("To", exact=True).fill((TODAY - timedelta(days=780)).isoformat())
    expect(page.locator("#analytics-sales_by_store")).to_contain_text("No sales in this period")
    expect(page.locator("#analytics-headline .kpi-value").first).to_have_text("0.00\u00a0USD")


def running_statements(owner: psycopg.Connection) -> int:
    """Questions of Analytics that the database is at work on, or that wait for a lock."""
    found: tuple[int] = owner.execute(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'crpm_app' AND state <> 'idle' AND query LIKE '%analytics%'
        """
    ).fetchone()
    return found[0]


def test_a_long_reading_tells_how_far_it_is_and_is_cancelled_repeated_or_left_for_another(
    address: str, open_page: OpenPage, shop_of_module: OwnDatabase
) -> None:
    """What takes long here is a question that waits for a table until it is let go."""
    page = open_page(address)
    progress = page.locator(".reading").filter(visible=True)
    read, unread = page.locator("#analytics-best_selling_products"), page.locator("#analytics-price_changes")
    waiting = re.compile(r"\bwaiting\b")
    place = re.compile(r"Reading \d+ of 11: Price changes")
    with shop_of_module.connect() as owner, psycopg.connect(shop_of_module.owner_url) as holder:
        holder.execute("LOCK TABLE crpm.product_prices")
        page.get_by_role("tab", name="Products", exact=True).click()
        expect(progress).to_contain_text(place)
        expect(read.locator("tbody tr").first).to_be_visible()
        expect(read).not_to_have_class(waiting)
        expect(unread).to_have_class(waiting)

        # Another section is wanted: what was read before is ended.
        page.get_by_role("tab", name="Stores", exact=True).click()
        expect(page.locator("#analytics-store_performance tbody tr")).to_have_count(3)
        expect(progress).to_have_count(0)
        assert running_statements(owner) == 0

        page.get_by_role("tab", name="Products", exact=True).click()
        expect(progress).to_contain_text(place)
        progress.get_by_role("button", name="Cancel").click()
        expect(progress).to_contain_text(re.compile(r"Cancelled\. \d of 11 read\."))
        expect(unread).to_contain_text("Not read")
        expect(unread).not_to_have_class(waiting)
        expect(read.locator("tbody tr").first).to_be_visible()
        assert running_statements(owner) == 0

        progress.get_by_role("button", name="Read again").click()
        expect(progress).to_contain_text(place)
        holder.rollback()
        expect(progress).to_have_count(0)
    expect(unread).not_to_contain_text("Not read")
    expect(page.locator("#analytics-bought_together")).not_to_have_class(waiting)
