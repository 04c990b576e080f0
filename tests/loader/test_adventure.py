"""Files in the shape of the AdventureWorks sample, loaded by a mapping alone; figures are computed again with pandas."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from db.verify import verify
from loader.account import Money, Report
from loader.loading import load
from loader.mapping import DEFAULT_MAPPING, read_mapping
from tests.conftest import OwnDatabase, clone
from tests.loader.adventure import write_adventure
from tests.loader.conftest import MANAGER, account_of

ADVENTURE = DEFAULT_MAPPING.with_name("adventure_works.toml")


@dataclass(frozen=True, slots=True)
class Adventure:
    """The files loaded."""

    database: OwnDatabase
    folder: Path
    report: Report

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def adventure(
    server: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Adventure]:
    folder = tmp_path_factory.mktemp("adventure") / "files"
    write_adventure(folder)
    with clone(server, empty_template) as own:
        report = load(own.owner_url, folder, actor=MANAGER, mapping=read_mapping(ADVENTURE))
        yield Adventure(own, folder, report)


@pytest.fixture(scope="module")
def sold(adventure: Adventure) -> pd.DataFrame:
    """Lines with product, subcategory, category and territory, amounts in cents (costs in hundredths of a cent)."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(
            adventure.folder / f"AdventureWorks_{name}.csv",
            encoding="cp1252",
            dtype=str,
            keep_default_na=False,
        )

    lines = pd.concat(
        [read(path.stem.removeprefix("AdventureWorks_")) for path in adventure.folder.glob("*Sales_*")]
    )
    products = read("Products").merge(read("Product_Subcategories")).merge(read("Product_Categories"))
    lines = lines.merge(products).merge(
        read("Territories"), left_on="TerritoryKey", right_on="SalesTerritoryKey"
    )
    pieces = lines["OrderQuantity"].astype(int)
    lines["amount"] = pieces * lines["ProductPrice"].str.replace(".", "").astype(int)
    lines["cost"] = pieces * lines["ProductCost"].str.replace(".", "").astype(int)
    lines["year"] = lines["OrderDate"].str[-4:]
    return lines


def cents(amount: Any) -> Decimal:
    return Decimal(int(amount)).scaleb(-2)


def test_every_row_of_every_year_is_loaded(adventure: Adventure, sold: pd.DataFrame) -> None:
    revenue = cents(sold["amount"].sum())
    assert adventure.report.money == Money(revenue, revenue, Decimal(0), Decimal(0))
    assert [(f.file, f.target, f.rejected, f.read == f.loaded) for f in adventure.report.files] == [
        ("AdventureWorks_Customers.csv", "customers", 0, True),
        ("AdventureWorks_Products.csv", "products", 0, True),
        ("AdventureWorks_Territories.csv", "stores", 0, True),
        *((f"AdventureWorks_Sales_{year}.csv", "sales", 0, True) for year in (2015, 2016, 2017)),
    ]
    assert (
        account_of(adventure.report, "AdventureWorks_Sales_2016.csv").read == (sold["year"] == "2016").sum()
    )
    assert adventure.report.ignored_files == ("AdventureWorks_Returns.csv",)


def test_revenue_and_cost_by_year_and_category_are_those_of_the_files(
    adventure: Adventure, sold: pd.DataFrame
) -> None:
    found = adventure.rows(
        """
        SELECT
            extract(YEAR FROM o.order_date)::text, c.name, o.currency_code, count(*), sum(l.line_amount),
            sum(l.base_amount), sum(l.quantity * l.base_unit_cost)
        FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        INNER JOIN crpm.products AS p ON l.product_id = p.product_id
        INNER JOIN crpm.subcategories AS s ON p.subcategory_id = s.subcategory_id
        INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
        GROUP BY 1, 2, 3
        ORDER BY 1, 2
        """
    )
    expected = sold.groupby(["year", "CategoryName"]).agg(
        lines=("amount", "size"), amount=("amount", "sum"), cost=("cost", "sum")
    )
    assert found == [
        (
            year,
            name,
            "USD",
            row.lines,
            cents(row.amount),
            cents(row.amount),
            Decimal(int(row.cost)).scaleb(-4),
        )
        for (year, name), row in zip(expected.index, expected.itertuples(), strict=True)
    ]


def test_orders_keep_their_number_territory_and_customer(adventure: Adventure, sold: pd.DataFrame) -> None:
    found = adventure.rows(
        """
        SELECT o.order_number, s.name, c.name, c.email, to_char(o.order_date, 'FMMM/FMDD/YYYY'), count(*)
        FROM crpm.orders AS o
        INNER JOIN crpm.order_lines AS l ON o.store_id = l.store_id AND o.order_id = l.order_id
        INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
        INNER JOIN crpm.customers AS c ON o.customer_id = c.customer_id
        GROUP BY o.order_number, s.name, c.name, c.email, o.order_date
        ORDER BY o.order_number
        """
    )
    people = pd.read_csv(adventure.folder / "AdventureWorks_Customers.csv", encoding="cp1252", dtype=str)
    lines = sold.merge(people, on="CustomerKey")
    lines["name"] = lines["FirstName"] + " " + lines["LastName"]
    expected = lines.groupby(["OrderNumber", "Region", "name", "EmailAddress", "OrderDate"]).size()
    assert found == [(*index, count) for index, count in expected.items()]
    assert found[0][0] == "SO45080"


def test_what_the_mapping_does_not_name_is_listed_as_unread(adventure: Adventure) -> None:
    [(unread,)] = adventure.rows(
        "SELECT notes -> 'unread_columns' FROM crpm.load_files WHERE file_name = 'AdventureWorks_Customers.csv'"
    )
    assert "AnnualIncome" in unread
    assert "FirstName" not in unread


def test_loaded_again_nothing_changes(adventure: Adventure) -> None:
    report = load(
        adventure.database.owner_url, adventure.folder, actor=MANAGER, mapping=read_mapping(ADVENTURE)
    )
    assert report.is_unchanged
    assert all(file.duplicate == file.read for file in report.files)


def test_verify_finds_nothing_wrong(adventure: Adventure) -> None:
    assert [result.check for result in verify(adventure.database.owner_url) if result.differences] == []
