"""Products of the demo retailer, made from products.toml."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median

NEVER_SOLD = 6
BRANDS_OF_AN_ITEM = 2


@dataclass(frozen=True, slots=True)
class Product:
    """`launched` and `withdrawn` are months of the period; it sells from the one until before the other.

    `popularity` is a weight, `season` has one factor a calendar month, and `extra_pieces` is the mean
    number of pieces beyond the first on an order line.
    """

    key: int
    name: str
    brand: str
    color: str
    cost_cents: int
    price_cents: int
    subcategory_key: str
    subcategory: str
    category_key: str
    category: str
    popularity: float
    season: list[float]
    extra_pieces: float
    launched: int
    withdrawn: int


def make_products(draw: random.Random, *, count: int, months: int) -> list[Product]:
    """`count` products in order of category and subcategory, with keys from 1."""
    data = tomllib.loads(Path(__file__).with_name("products.toml").read_text(encoding="utf-8"))
    candidates = [
        (category_number, subcategory_number, item, brand, draw.choice(data["models"]["names"]), color)
        for category_number, category in enumerate(data["categories"])
        for subcategory_number, subcategory in enumerate(category["subcategories"])
        for item in subcategory["items"]
        for brand in draw.sample(category["brands"], BRANDS_OF_AN_ITEM)
        for color in subcategory["colors"]
    ]
    chosen = sorted(draw.sample(range(len(candidates)), count))
    never_sold = set(draw.sample(range(count), NEVER_SOLD))
    products = []
    for position, candidate in enumerate(chosen):
        category_number, subcategory_number, (item, dollars), brand, model, color = candidates[candidate]
        category = data["categories"][category_number]
        subcategory = category["subcategories"][subcategory_number]
        price = _retail_price(dollars * data["brands"][brand])
        usual = median(price for _, price in subcategory["items"]) * 100
        launched, withdrawn = _life(draw, months)
        products.append(
            Product(
                key=position + 1,
                name=f"{brand} {model} {item} {color}",
                brand=brand,
                color=color,
                cost_cents=price * (100 - subcategory["margin"] + draw.randint(-4, 4)) // 100,
                price_cents=price,
                subcategory_key=f"{category_number + 1:02d}{subcategory_number + 1:02d}",
                subcategory=subcategory["name"],
                category_key=f"{category_number + 1:02d}",
                category=category["name"],
                popularity=0
                if position in never_sold
                else subcategory["popularity"] * draw.lognormvariate(0, 0.8) * (usual / price) ** 0.3,
                season=data["seasons"][subcategory["season"]],
                extra_pieces=subcategory["extra_pieces"],
                launched=launched,
                withdrawn=withdrawn,
            )
        )
    return products


def _retail_price(cents: int) -> int:
    """The nearest price with an ending that shops use: 12.49, 34.99, 149.00, 649.00."""
    if cents < 20_00:
        return max(1, round(cents / 50)) * 50 - 1
    if cents < 100_00:
        return round(cents / 500) * 500 - 1
    if cents < 500_00:
        return round(cents / 1000) * 1000 - 100
    return round(cents / 5000) * 5000 - 100


def _life(draw: random.Random, months: int) -> tuple[int, int]:
    """Most products are there all the time, some come later, and a few go."""
    launched = draw.randint(2, months - 2) if draw.random() < 0.18 else 0
    withdrawn = draw.randint(launched + 6, launched + 30) if draw.random() < 0.06 else months
    return launched, withdrawn
