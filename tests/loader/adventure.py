"""Invented files in the shape of the AdventureWorks sample."""

import random
from datetime import date, timedelta
from pathlib import Path

FIRST = ("Jon", "Eugène", "Ruben", "Christy", "Élise", "Julio", "Marco", "Rob", "Shannon", "Jacquelyn")
LAST = ("Yang", "Huang", "Torres", "Zhu", "Müller", "Ruiz", "Mehta", "Verhoff", "Carlson", "Suárez")
TERRITORIES = (
    ("Northwest", "United States", "North America"),
    ("Canada", "Canada", "North America"),
    ("France", "France", "Europe"),
    ("Australia", "Australia", "Pacific"),
    ("United Kingdom", "United Kingdom", "Europe"),
)
SUBCATEGORIES = (("Mountain Bikes", 1), ("Road Bikes", 1), ("Handlebars", 2), ("Jerseys", 3), ("Helmets", 4))
CATEGORIES = ("Bikes", "Components", "Clothing", "Accessories")
HEADERS = {
    "Customers": "CustomerKey,Prefix,FirstName,LastName,BirthDate,MaritalStatus,Gender,EmailAddress,AnnualIncome,"
    "TotalChildren,EducationLevel,Occupation,HomeOwner",
    "Products": "ProductKey,ProductSubcategoryKey,ProductSKU,ProductName,ModelName,ProductDescription,ProductColor,"
    "ProductSize,ProductStyle,ProductCost,ProductPrice",
    "Product_Subcategories": "ProductSubcategoryKey,SubcategoryName,ProductCategoryKey",
    "Product_Categories": "ProductCategoryKey,CategoryName",
    "Territories": "SalesTerritoryKey,Region,Country,Continent",
    "Returns": "ReturnDate,TerritoryKey,ProductKey,ReturnQuantity",
    "Sales": "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity",
}
CUSTOMERS, PRODUCTS, YEARS, ORDERS_A_YEAR = 120, 40, (2015, 2016, 2017), 150


def write_adventure(folder: Path) -> None:
    """Write the files into a new folder, the same ones each time."""
    folder.mkdir()
    drawn = random.Random(45080)  # noqa: S311
    _write(folder, "Customers", [_customer(drawn, key) for key in range(11_000, 11_000 + CUSTOMERS)])
    _write(folder, "Products", [_product(drawn, key) for key in range(214, 214 + PRODUCTS)])
    _write(
        folder,
        "Product_Subcategories",
        [f"{key},{name},{category}" for key, (name, category) in enumerate(SUBCATEGORIES, start=1)],
    )
    _write(folder, "Product_Categories", [f"{key},{name}" for key, name in enumerate(CATEGORIES, start=1)])
    _write(folder, "Territories", [f"{key},{','.join(row)}" for key, row in enumerate(TERRITORIES, start=1)])
    number = 45_080
    for year in YEARS:
        rows: list[str] = []
        for _ in range(ORDERS_A_YEAR):
            rows += _order(drawn, year, number)
            number += 1
        _write(folder, "Sales", rows, name=f"Sales_{year}")
    _write(folder, "Returns", [f"{_us(date(2016, 5, 1 + n))},{1 + n % 5},{214 + n},1" for n in range(20)])


def _write(folder: Path, kind: str, rows: list[str], name: str | None = None) -> None:
    text = "\r\n".join([HEADERS[kind], *rows, ""])
    (folder / f"AdventureWorks_{name or kind}.csv").write_bytes(text.encode("cp1252"))


def _customer(drawn: random.Random, key: int) -> str:
    first, last = drawn.choice(FIRST), drawn.choice(LAST)
    birth = date(1940, 1, 1) + timedelta(days=drawn.randrange(18_000))
    gender = drawn.choice(["M", "F", "NA"])
    income = f'"${drawn.randrange(1, 17)}0,000 "'
    email = f"customer{key}@adventure-works.com"
    return f"{key},MR.,{first},{last},{_us(birth)},S,{gender},{email},{income},{drawn.randrange(5)},Bachelors,Professional,Y"


def _product(drawn: random.Random, key: int) -> str:
    price = drawn.randrange(500, 250_000)
    # Costs and prices have four decimals there; here prices have two, as a list price does.
    cost = f"{price * drawn.randrange(40, 80)}".rjust(5, "0")
    subcategory = drawn.randrange(1, len(SUBCATEGORIES) + 1)
    return (
        f'{key},{subcategory},SK-{key},"Part {key}, {drawn.choice(["large", "small"])}",Part {key},"Fits, and lasts.",'
        f"{drawn.choice(['Red', 'Black', 'NA'])},0,0,{cost[:-4]}.{cost[-4:]},{price // 100}.{price % 100:02}"
    )


def _order(drawn: random.Random, year: int, number: int) -> list[str]:
    day = date(year, 1, 1) + timedelta(days=drawn.randrange(365))
    customer, territory = 11_000 + drawn.randrange(CUSTOMERS), drawn.randrange(1, len(TERRITORIES) + 1)
    return [
        f"{_us(day)},{_us(day - timedelta(days=60))},SO{number},{product},{customer},{territory},{line},{drawn.randrange(1, 4)}"
        for line, product in enumerate(
            drawn.sample(range(214, 214 + PRODUCTS), drawn.randrange(1, 5)), start=1
        )
    ]


def _us(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
