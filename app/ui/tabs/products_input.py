"""What people type into the form of a product, read strictly."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.errors import InputError
from app.repositories.products import Product
from app.ui import format as written
from app.ui import typed

# In the order of the form.
LABELS = {
    "name": "Name",
    "sku": "SKU",
    "brand": "Brand",
    "color": "Color",
    "category": "Category",
    "tax_class": "Tax class",
    "unit_price": "Price",
    "unit_cost": "Cost",
    "reorder_point": "Reorder point",
    "barcodes": "Barcodes",
}
_LONGEST = {"name": 300, "category": 203, "barcodes": 2_000}
_LONGEST_OTHER = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """What the form was opened with: the product as it then was, None for a new one; amounts in `currency_code`.

    `categories` are the categories and subcategories there were, by how they are written in the field.
    """

    product: Product | None
    unit_cost: Decimal | None
    currency_code: str
    categories: Mapping[str, tuple[str, str]]

    @property
    def unit_price(self) -> Decimal | None:
        return self.product.unit_price if self.product else None


@dataclass(frozen=True, slots=True)
class TypedProduct:
    """What was typed; a price or cost that is as it was is None, as is an SKU still to be proposed."""

    name: str
    sku: str | None
    brand: str | None
    color: str | None
    category: str
    subcategory: str
    tax_class: str
    reorder_point: int
    barcodes: Sequence[str]
    new_price: Decimal | None
    new_cost: Decimal | None


def product(values: Mapping[str, Any], opened: Opened) -> TypedProduct:
    """The product that was typed; InputError with the first problem where there is one."""
    for problem in problems(values).values():
        raise InputError(problem)
    if opened.product and not _text("sku", values):
        raise InputError("A product needs a SKU.")
    if opened.product is None and not _text("unit_price", values):
        raise InputError("A product needs a price.")
    category, subcategory = _category(values, opened)
    return TypedProduct(
        name=_text("name", values),
        sku=_text("sku", values) or None,
        brand=_text("brand", values) or None,
        color=_text("color", values) or None,
        category=category,
        subcategory=subcategory,
        tax_class=_text("tax_class", values),
        reorder_point=int(_number("reorder_point", values) or 0),
        barcodes=_barcodes(values),
        new_price=_new_amount("unit_price", values, opened.unit_price, opened.currency_code),
        new_cost=_new_amount("unit_cost", values, opened.unit_cost, opened.currency_code),
    )


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each field on its own, by its name; nothing where it can be understood."""
    found = {name: _problem_of_text(name, values) for name in LABELS}
    for name in ("unit_price", "unit_cost", "reorder_point"):
        try:
            _number(name, values)
        except InputError as error:
            found[name] = found[name] or str(error)
    return {name: problem for name, problem in found.items() if problem}


def written_category(category: str, subcategory: str) -> str:
    """A category with its subcategory as the field shows it."""
    return f"{category} / {subcategory}"


def is_new_category(read: TypedProduct, opened: Opened) -> bool:
    """Whether saving would add a category or subcategory."""
    return (read.category, read.subcategory) not in opened.categories.values()


def is_below_cost(read: TypedProduct, opened: Opened) -> bool:
    """Whether the product would be sold for less than it costs, and that is news."""
    price = opened.unit_price if read.new_price is None else read.new_price
    cost = opened.unit_cost if read.new_cost is None else read.new_cost
    is_changed = read.new_price is not None or read.new_cost is not None
    return is_changed and price is not None and cost is not None and price < cost


def _text(name: str, values: Mapping[str, Any]) -> str:
    value = values[name]
    return " ".join(value.split()) if isinstance(value, str) else ""


def _category(values: Mapping[str, Any], opened: Opened) -> tuple[str, str]:
    """One of those there are, or a new one typed with a slash; names may have a slash themselves."""
    text = _text("category", values)
    if text in opened.categories:
        return opened.categories[text]
    category, _, subcategory = (part.strip() for part in text.partition("/"))
    if not category or not subcategory:
        raise InputError(
            "Choose a category of the list, or type a new one with its subcategory, such as Kitchen / Knives."
        )
    if max(len(category), len(subcategory)) > _LONGEST_OTHER:
        raise InputError(
            f"The names of a category and a subcategory have at most {_LONGEST_OTHER} characters each."
        )
    return category, subcategory


def _problem_of_text(name: str, values: Mapping[str, Any]) -> str:
    text = _text(name, values)
    longest = _LONGEST.get(name, _LONGEST_OTHER)
    if len(text) > longest:
        return f"{LABELS[name]} has at most {longest:,} characters; these are {len(text):,}."
    # Control characters and halves of characters: nobody types them, and neither screens nor files take them well.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return f"{LABELS[name]} contains a character that cannot be shown."
    is_visible = any(unicodedata.category(character)[0] in "LNPS" for character in text)
    if name in ("name", "category", "tax_class") and not is_visible:
        return f"A product needs a {LABELS[name].lower()}."
    if name == "barcodes" and any(len(barcode) > _LONGEST_OTHER for barcode in _barcodes(values)):
        return "A barcode has 1 to 100 characters."
    return ""


def _barcodes(values: Mapping[str, Any]) -> list[str]:
    """One a line, or with commas between them; each once."""
    value = values["barcodes"]
    codes = (" ".join(code.split()) for code in re.split(r"[,;\n]", value if isinstance(value, str) else ""))
    return list(dict.fromkeys(code for code in codes if code))


def _number(name: str, values: Mapping[str, Any]) -> Decimal | None:
    text = _text(name, values)
    if not text:
        return None
    if name != "reorder_point":
        return typed.amount(text, LABELS[name])
    return Decimal(typed.whole_number(text, LABELS[name]))


def _new_amount(
    name: str, values: Mapping[str, Any], before: Decimal | None, currency_code: str
) -> Decimal | None:
    """The amount that was typed, or None where it is as it was."""
    amount = _number(name, values)
    if amount is None and before is not None:
        raise InputError(f"{LABELS[name]} cannot be taken away. Type the one that counts from now on.")
    if amount is None or amount == before:
        return None
    places = written.decimals(currency_code)
    if amount != round(amount, places):
        raise InputError(f"{LABELS[name]} has at most {places} decimals in {currency_code}.")
    return amount
