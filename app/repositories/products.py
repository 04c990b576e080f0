"""Products: finding them, their record, their prices and costs with history, and what they have sold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from app.errors import ChangedMeanwhileError, NotFoundError
from app.repositories.base import Repository, like_pattern, nearly

Availability = Literal["available", "low", "out"]


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as a list shows it; `on_hand` at the store asked for, or at all; `unit_price` in base currency."""

    product_id: int
    sku: str
    name: str
    brand: str | None
    category: str
    subcategory: str
    unit_price: Decimal | None
    on_hand: int
    status: str


@dataclass(frozen=True, slots=True)
class Product:
    """One product whole; `unit_price` in base currency `currency_code`, since `priced_at`; from a file: its name and line."""

    product_id: int
    sku: str
    name: str
    brand: str | None
    color: str | None
    category: str
    subcategory: str
    tax_class_id: int
    tax_class: str
    reorder_point: int
    is_active: bool
    barcodes: Sequence[str]
    currency_code: str | None
    unit_price: Decimal | None
    priced_at: datetime | None
    file_name: str | None
    source_line: int | None
    row_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """What a person may change of a product's record."""

    sku: str
    name: str
    brand: str | None
    color: str | None
    subcategory_id: int
    tax_class_id: int
    reorder_point: int

    def parameters(self) -> dict[str, Any]:
        others = asdict(self)
        return {"product_name": others.pop("name"), **others}


@dataclass(frozen=True, slots=True)
class ProductCost:
    """What a piece costs the business now, in base currency."""

    product_id: int
    unit_cost: Decimal


@dataclass(frozen=True, slots=True)
class RecentSales:
    """How many pieces of a product were sold lately, net of returns."""

    product_id: int
    units: int


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A list price from a moment on, and the one it followed in its currency."""

    valid_from: datetime
    currency_code: str
    unit_price: Decimal
    previous_price: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceChange(ListPrice):
    """A list price and who set it."""

    recorded_by: str


@dataclass(frozen=True, slots=True)
class CostChange:
    """A cost from a moment on, and the one it followed, in base currency."""

    valid_from: datetime
    unit_cost: Decimal
    previous_cost: Decimal | None
    recorded_by: str


RECENT_DAYS = 90


def days_of_cover(*, on_hand: int, recent_units: int) -> int | None:
    """How long what is on hand lasts at the pace of the last 90 days; None where nothing was sold in them."""
    return on_hand * RECENT_DAYS // recent_units if recent_units > 0 else None


def margin_of(price: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """The share of a price that is not cost; None where either is not known, and for nothing charged."""
    return (price - cost) / price if price and cost is not None else None


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """Units and revenue in base currency, net of returns, over all time and in the last 90 days (`recent_`)."""

    units: int
    revenue: Decimal
    recent_units: int
    recent_revenue: Decimal
    last_sold_on: date | None


@dataclass(frozen=True, slots=True)
class MonthOfSales:
    """What a product has sold in a month, which its first day names; net of returns, in base currency."""

    month: date
    units: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class ProductProfit:
    """What a product has earned in the last 90 days, in base currency; `margin` is a share of revenue."""

    gross_profit: Decimal
    margin: Decimal | None


@dataclass(frozen=True, slots=True)
class _Called:
    """A subcategory that has the text searched for in its name."""

    subcategory_id: int


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """A product that is bought with another one: in how many of its orders, and in what share of them."""

    product_id: int
    name: str
    orders: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class ProductChange:
    """One change of a product's record: the columns that changed, before and after."""

    changed_at: datetime
    changed_by: str
    channel: str
    action: Literal["insert", "update", "delete"]
    old_values: Mapping[str, Any] | None
    new_values: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A subcategory with its category; a category without any has None."""

    category_id: int
    category: str
    subcategory_id: int | None
    subcategory: str | None


@dataclass(frozen=True, slots=True)
class ProductBrand:
    """A brand that products have."""

    brand: str


@dataclass(frozen=True, slots=True)
class TaxClass:
    """Products that are taxed alike."""

    tax_class_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products to list; None is no filter. `text`: words of name, SKU and brand, in that order, or of category and
    subcategory, or a whole barcode.

    `store_id` is the store that `on_hand` and `availability` are about; None means all of them. `is_nearly` finds text
    that is nearly alike, as typed wrong.
    """

    text: str = ""
    category_id: int | None = None
    subcategory_id: int | None = None
    is_active: bool | None = None
    brand: str | None = None
    availability: Availability | None = None
    never_sold: bool = False
    store_id: int | None = None
    is_nearly: bool = False

    def parameters(self) -> dict[str, Any]:
        return {
            "pattern": None if self.is_nearly else "%".join(like_pattern(self.text).split()) or None,
            "barcode": self.text.strip(),
            "nearly": nearly(self.text) if self.is_nearly else None,
            "category_id": self.category_id,
            "subcategory_id": self.subcategory_id,
            "is_active": self.is_active,
            "brand": self.brand,
            "availability": self.availability,
            "never_sold": self.never_sold,
            "store_id": self.store_id,
        }


class ProductsRepository(Repository):
    """Costs and changes are for managers, and so is every writing method: others get InsufficientPrivilege."""

    folder = "products"

    def search(
        self,
        *,
        wanted: ProductFilter,
        sort: str = "name",
        limit: int,
        offset: int = 0,
        anchor: int | None = None,
        is_backward: bool = False,
    ) -> list[ListedProduct]:
        """A page of products; `sort` is an order of the query file, such as `name descending`.

        By name and SKU pages begin after the product whose id is `anchor`, or end before it; in the other orders `offset`
        products are passed over.
        """
        return self._page(
            "search",
            ListedProduct,
            sort=sort,
            limit=limit,
            offset=offset,
            anchor=anchor,
            is_backward=is_backward,
            **self._asked(wanted),
        )

    def stream(self, *, wanted: ProductFilter, sort: str = "name") -> Iterator[list[ListedProduct]]:
        """All products of that filter, a thousand at a time, in any order of the query file."""
        return self._stream("search", ListedProduct, sort=sort, **self._asked(wanted))

    def count(self, *, wanted: ProductFilter) -> int:
        """How many products there are of that filter; of more than 10,000 an estimate."""
        return self._count("count", **self._asked(wanted))

    def _asked(self, wanted: ProductFilter) -> dict[str, Any]:
        # Found first, since the planner cannot guess how many there are of them.
        asked = wanted.parameters()
        called = self._all("called", _Called, pattern=asked["pattern"]) if asked["pattern"] else []
        return {**asked, "called": [row.subcategory_id for row in called]}

    def meant(self, *, wanted: ProductFilter) -> tuple[ProductFilter, int]:
        """The filter, or one for text that is nearly alike where no product has it; and how many products there are of it."""
        found = self.count(wanted=wanted)
        if found or not nearly(wanted.text):
            return wanted, found
        wrong = replace(wanted, is_nearly=True)
        return wrong, self.count(wanted=wrong)

    def brands(self) -> list[str]:
        """The brands that products have, by name."""
        return [row.brand for row in self._all("brands", ProductBrand)]

    def get(self, *, product_id: int) -> Product:
        """The product, or NotFoundError."""
        return self._get("get", Product, product_id=product_id)

    def costs(self, *, product_ids: Sequence[int]) -> dict[int, Decimal]:
        """What a piece of each product costs now, by product; without those that have no cost."""
        rows = self._all("costs", ProductCost, product_ids=list(product_ids))
        return {row.product_id: row.unit_cost for row in rows}

    def recent_sales(self, *, product_ids: Sequence[int], store_id: int | None = None) -> dict[int, int]:
        """Pieces sold in 90 days at a store or at all, by product; without those that had no sale."""
        rows = self._all("recent_sales", RecentSales, product_ids=list(product_ids), store_id=store_id)
        return {row.product_id: row.units for row in rows}

    def price_history(self, *, product_id: int, limit: int) -> list[PriceChange]:
        """The prices a product has had and who set them, the latest first; not for analysts."""
        return self._all("price_history", PriceChange, product_id=product_id, limit=limit)

    def list_prices(self, *, product_id: int, limit: int) -> list[ListPrice]:
        """The prices a product has had, the latest first."""
        return self._all("list_prices", ListPrice, product_id=product_id, limit=limit)

    def cost_history(self, *, product_id: int, limit: int) -> list[CostChange]:
        """The costs a product has had, the latest first."""
        return self._all("cost_history", CostChange, product_id=product_id, limit=limit)

    def figures(self, *, product_id: int) -> ProductFigures:
        """What the product has sold."""
        return self._get("figures", ProductFigures, product_id=product_id)

    def sales_by_month(self, *, product_id: int) -> list[MonthOfSales]:
        """What the product has sold in each of the last 24 months, the latest last."""
        return self._all("sales_by_month", MonthOfSales, product_id=product_id)

    def profit(self, *, product_id: int) -> ProductProfit:
        """What the product has earned in 90 days; for managers."""
        return self._get("profit", ProductProfit, product_id=product_id)

    def bought_together(self, *, product_id: int) -> list[BoughtTogether]:
        """What is most often in one order with the product, at most 8."""
        return self._all("bought_together", BoughtTogether, product_id=product_id)

    def changes(self, *, product_id: int, limit: int) -> list[ProductChange]:
        """Who changed the record, the latest first."""
        return self._all("changes", ProductChange, product_id=product_id, limit=limit)

    def categories(self) -> list[CategoryChoice]:
        """All categories with their subcategories, by name."""
        return self._all("categories", CategoryChoice)

    def tax_classes(self) -> list[TaxClass]:
        """All tax classes, the standard one first."""
        return self._all("tax_classes", TaxClass)

    def find_or_add_subcategory(self, *, category: str, subcategory: str) -> int:
        """The subcategory of these names, added with its category where there is none."""
        names = {"category": category, "subcategory": subcategory}
        found = self._value("find_subcategory", **names)
        if found is None:
            self._run("add_category", category=category)
            found = self._value("add_subcategory", **names)
        return int(found)

    def propose_sku(self) -> str:
        """A SKU that no product has yet."""
        return str(self._value("propose_sku"))

    def add(self, *, details: ProductDetails) -> int:
        """Add a product without price and cost; its id."""
        return int(self._value("add", **details.parameters()))

    def update(self, *, product_id: int, row_version: int, details: ProductDetails) -> None:
        """Change the record as it was read; ChangedMeanwhileError where somebody else was first.

        The version counts on even where the details are as they were, so that saving a form whose price alone has
        changed is noticed too.
        """
        touched = self._run("update", product_id=product_id, row_version=row_version, **details.parameters())
        self._check_version(touched, product_id)

    def set_active(self, *, product_id: int, is_active: bool) -> None:
        """Activate or deactivate a product."""
        if not self._run("set_active", product_id=product_id, is_active=is_active):
            raise NotFoundError

    def has_history(self, *, product_id: int) -> bool:
        """Whether the product has been sold or has had stock, and so is never deleted."""
        return bool(self._value("has_history", product_id=product_id))

    def delete(self, *, product_id: int, row_version: int) -> None:
        """Delete a product without history; ChangedMeanwhileError where `row_version` is no longer current."""
        touched = self._run("delete", product_id=product_id, row_version=row_version)
        self._check_version(touched, product_id)

    def add_price(self, *, product_id: int, currency_code: str, unit_price: Decimal) -> None:
        """A list price from now on; recorded sales keep theirs."""
        self._run("add_price", product_id=product_id, currency_code=currency_code, unit_price=unit_price)

    def add_cost(self, *, product_id: int, unit_cost: Decimal) -> None:
        """A cost in base currency from now on; recorded sales keep theirs."""
        self._run("add_cost", product_id=product_id, unit_cost=unit_cost)

    def set_barcodes(self, *, product_id: int, barcodes: Sequence[str]) -> None:
        """Make these the product's barcodes."""
        self._run("remove_barcodes", product_id=product_id, barcodes=list(barcodes))
        self._run("add_barcodes", product_id=product_id, barcodes=list(barcodes))

    def _check_version(self, touched: int, product_id: int) -> None:
        if not touched:
            self.get(product_id=product_id)
            raise ChangedMeanwhileError
