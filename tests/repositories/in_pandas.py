"""Sales put together in pandas without the views, to compare every figure with."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import psycopg

from app.repositories.analytics import Filters
from db.pool import Actor, Database


def table(connection: psycopg.Connection, name: str) -> pd.DataFrame:
    cursor = connection.execute(f"SELECT * FROM crpm.{name}")
    assert cursor.description
    return pd.DataFrame(
        cursor.fetchall(), columns=[column.name for column in cursor.description], dtype=object
    )


def age_band(born: date | None, on: date) -> str:
    if born is None:
        return "not known"
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if years < 20:
        return "under 20"
    return "60 and over" if years >= 60 else f"{years // 10 * 10}-{years // 10 * 10 + 9}"


def every_sale(database: Database) -> pd.DataFrame:
    """Every sale and return as one row with all that it may be grouped by, put together without the views."""
    with database.transaction(Actor("test", "crpm_manager")) as c:
        names = (
            "orders",
            "order_lines",
            "returns",
            "stores",
            "customers",
            "products",
            "subcategories",
            "categories",
            "countries",
        )
        t = {name: table(c, name) for name in names}
    lines = t["order_lines"].merge(t["orders"], on=["store_id", "order_id"], suffixes=("", "_of_order"))
    sales = lines.assign(kind="sale", sold_on=lines.order_date, units=lines.quantity)
    back = t["returns"].merge(lines, on=["store_id", "order_id", "line_number"], suffixes=("_back", ""))
    back = back.assign(
        kind="return", sold_on=back.returned_on, units=-back.quantity_back, base_amount=-back.base_amount_back,
        line_amount=-back.line_amount_back,
    )  # fmt: skip
    rows = pd.concat([sales, back])
    rows = rows[rows.status == "recorded"]
    named = {
        name: t[name].set_index(key).name
        for name, key in (("categories", "category_id"), ("countries", "country_code"))
    }
    products = t["products"].merge(t["subcategories"], on="subcategory_id", suffixes=("", "_of_subcategory"))
    rows = rows.merge(
        products[["product_id", "category_id", "subcategory_id", "name_of_subcategory"]], on="product_id"
    )
    rows = rows.merge(
        t["stores"][["store_id", "name", "country_code"]].rename(columns={"name": "store"}), on="store_id"
    )
    people = t["customers"].rename(
        columns={"country_code": "home_code", "name": "customer", "state": "home_state", "city": "home_city"}
    )
    rows = rows.merge(
        people[["customer_id", "customer", "gender", "birth_date", "home_code", "home_state", "home_city"]],
        on="customer_id",
        how="left",
    )
    rows["country_code"] = rows.country_code.where(rows.country_code.notna(), rows.home_code)
    is_walk_in = rows.customer_id.isna()
    return rows.assign(
        revenue=rows.base_amount,
        cost=rows.units * rows.base_unit_cost,
        category=rows.category_id.map(named["categories"]),
        subcategory=rows.name_of_subcategory,
        country=rows.country_code.map(named["countries"]).fillna("not known"),
        gender=rows.gender.fillna("not known").mask(is_walk_in, "walk-in"),
        home=rows.home_code.map(named["countries"]).fillna("not known").mask(is_walk_in, "walk-in"),
    )


def within(sold: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    rows = _chosen(sold, filters)
    if filters.segment:
        rows = rows[rows.customer_id.isin(members(sold, filters))]
    bands = [
        "walk-in"
        if pd.isna(row.customer_id)
        else age_band(None if pd.isna(row.birth_date) else row.birth_date, filters.to_on)
        for row in rows.itertuples()
    ]
    return rows.assign(age_band=bands)


def to_the_last_day(sold: pd.DataFrame, filters: Filters, last_on: date | None = None) -> pd.DataFrame:
    """Everything within the filters up to a day, that of the period or another one."""
    days = replace(filters, from_on=date(2000, 1, 1), to_on=last_on or filters.to_on, segment=None)
    rows = within(sold, days)
    return rows[rows.customer_id.isin(members(sold, filters))] if filters.segment else rows


def _chosen(sold: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    rows = sold[(sold.sold_on >= filters.from_on) & (sold.sold_on <= filters.to_on)]
    for column in ("store_id", "country_code", "category_id"):
        if (wanted := getattr(filters, column)) is not None:
            rows = rows[rows[column] == wanted]
    return rows


def members(sold: pd.DataFrame, filters: Filters) -> set[int]:
    """The customers of the segment that is chosen."""
    people = scores(sold, filters)
    return set(people[people.segment == filters.segment].index)


def scores(sold: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Who bought, with the last day, orders, revenue, the three scores and the segment."""
    now = _chosen(sold, filters)
    sales = now[(now.kind == "sale") & now.customer_id.notna()]
    people = sales.groupby("customer_id").agg(last=("sold_on", "max"), orders=("order_id", "nunique"))
    revenue = {customer: total(part.revenue) for customer, part in now.groupby("customer_id")}
    people = people.assign(revenue=[revenue[customer] for customer in people.index])
    for name, by in (("r", "last"), ("f", "orders"), ("m", "revenue")):
        values = list(people[by])
        people[name] = [1 + 5 * sum(other < value for other in values) // len(values) for value in values]
    segments = []
    for person in people.itertuples():
        if person.r >= 3 and person.f >= 3:
            segments.append("Champions" if min(person.r, person.f) >= 4 else "Loyal")
        elif person.r >= 3:
            segments.append("New or promising" if person.r >= 4 else "Need attention")
        else:
            segments.append("At risk" if person.f >= 3 else "Gone quiet")
    return people.assign(segment=segments)


def orders(rows: pd.DataFrame) -> int:
    return int(rows[rows.kind == "sale"].order_id.nunique())


def total(values: Any) -> Decimal:
    return sum(values, Decimal(0))


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """As PostgreSQL rounds: the half away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """What part of the whole it is, as the figures give it."""
    return rounded(Decimal(part) / whole, 4) if whole else None
