"""Customers: finding them, their record, what they bought, and how the record changed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.errors import ChangedMeanwhileError, NotFoundError
from app.repositories.base import Repository, like_pattern, nearly, people_pattern


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as a list shows it."""

    customer_id: int
    name: str
    email: str | None
    city: str | None
    country: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """What a customer has bought over all time; amounts net of tax and returns, in base currency."""

    customer_id: int
    orders: int
    revenue: Decimal
    average_order_value: Decimal
    first_bought_on: date
    last_bought_on: date

    @property
    def days_between(self) -> int | None:
        """How many days lie between two purchases on average; None for fewer than two days of purchases."""
        days = (self.last_bought_on - self.first_bought_on).days
        return round(days / (self.orders - 1)) if self.orders > 1 and days else None


@dataclass(frozen=True, slots=True)
class PreferredProduct:
    """What a customer has kept most pieces of."""

    product_id: int
    name: str


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """What people may edit; `gender` is female, male or other.

    Consent that is given or withdrawn without another `consent_changed_on` than before counts from today.
    """

    name: str
    email: str | None = None
    phone: str | None = None
    gender: str | None = None
    birth_date: date | None = None
    street: str | None = None
    city: str | None = None
    state_code: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    has_marketing_consent: bool = False
    consent_changed_on: date | None = None
    consent_source: str | None = None
    notes: str | None = None

    def parameters(self) -> dict[str, Any]:
        others = asdict(self)
        return {"customer_name": others.pop("name"), **others}


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer whole; from a file: its name and line. `row_version` goes back with `update` and `delete`."""

    customer_id: int
    name: str
    email: str | None
    phone: str | None
    gender: str | None
    birth_date: date | None
    street: str | None
    city: str | None
    state_code: str | None
    state: str | None
    postal_code: str | None
    country_code: str | None
    country: str | None
    has_marketing_consent: bool
    consent_changed_on: date | None
    consent_source: str | None
    notes: str | None
    is_active: bool
    merged_into_customer_id: int | None
    merged_into: str | None
    anonymised_at: datetime | None
    source_system: str | None
    source_key: str | None
    file_name: str | None
    source_line: int | None
    row_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PurchasedLine:
    """A line of one of a customer's orders; amounts in the order's currency, tax included."""

    order_key: str
    order_number: str
    order_date: date
    store: str
    currency_code: str
    status: str
    total_amount: Decimal
    product_id: int
    product: str
    quantity: int
    returned_quantity: int
    charged_amount: Decimal


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line of a customer's purchases whole, in the order's currency, whose smallest unit has `minor_units` decimals.

    `charged_amount` is `line_amount` and `tax_amount`; `refund_amount` is what was refunded of it.
    """

    order_number: str
    order_date: date
    store: str
    status: str
    currency_code: str
    minor_units: int
    line_number: int
    sku: str
    product: str
    quantity: int
    returned_quantity: int
    unit_price: Decimal
    discount_amount: Decimal
    tax_rate: Decimal
    line_amount: Decimal
    tax_amount: Decimal
    charged_amount: Decimal
    refund_amount: Decimal
    total_amount: Decimal


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """A change of the record: the columns concerned before and after; a new record has no `old_values`."""

    changed_at: datetime
    changed_by: str
    channel: str
    action: str
    old_values: dict[str, Any] | None
    new_values: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CustomerMerge:
    """That two records were found to be one person: `into_customer_id` is the one kept."""

    merge_id: int
    customer_id: int
    name: str
    into_customer_id: int
    into_name: str
    merged_at: datetime
    merged_by: str
    taken_back_at: datetime | None
    taken_back_by: str | None


@dataclass(frozen=True, slots=True)
class CustomerCountry:
    """A country that customers live in, or may live in."""

    country_code: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A state of a country that customers live in."""

    state: str


@dataclass(frozen=True, slots=True)
class SimilarCustomer:
    """A customer who may be the same person; `likeness` says by what."""

    customer_id: int
    name: str
    email: str | None
    phone: str | None
    city: str | None
    likeness: str


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers to list; None is no filter. `text`: words of name, e-mail, phone, city or key, in that order.

    `city` is the beginning of its name; `gender` may be "not known". Ages are in full years, the second one excluded, on
    `age_on` or today.
    `segment` is one of SEGMENTS. `is_nearly` finds text that is nearly alike, as typed wrong.
    """

    text: str = ""
    country_code: str | None = None
    state: str | None = None
    city: str = ""
    gender: str | None = None
    from_age: int | None = None
    below_age: int | None = None
    age_on: date | None = None
    has_birth_date: bool | None = None
    is_active: bool | None = None
    segment: str | None = None
    is_nearly: bool = False

    def parameters(self) -> dict[str, Any]:
        return {
            "pattern": None if self.is_nearly else people_pattern(self.text) or None,
            "nearly": nearly(self.text) if self.is_nearly else None,
            "country_code": self.country_code,
            "state": self.state,
            "city": self.city.strip() or None,
            "gender": self.gender,
            "from_age": self.from_age,
            "below_age": self.below_age,
            "age_on": self.age_on,
            "has_birth_date": self.has_birth_date,
            "is_active": self.is_active,
            "segment": self.segment,
        }


# By how lately and how often they have bought, as analytics.segment_of names them.
SEGMENTS = ("Champions", "Loyal", "New or promising", "Need attention", "At risk", "Gone quiet")


class CustomersRepository(Repository):
    """Customers; a broken rule of the database is an IntegrityError that names it."""

    folder = "customers"

    def search(
        self,
        *,
        wanted: CustomerFilter,
        sort: str = "name",
        limit: int,
        offset: int = 0,
        anchor: int | None = None,
        is_backward: bool = False,
    ) -> list[ListedCustomer]:
        """A page of customers; `sort` is an order of the query file, such as "city descending".

        By name and city pages begin after the customer whose id is `anchor`, or end before it; by country `offset` customers
        are passed over.
        """
        return self._page(
            "search",
            ListedCustomer,
            sort=sort,
            limit=limit,
            offset=offset,
            anchor=anchor,
            is_backward=is_backward,
            **wanted.parameters(),
        )

    def stream(self, *, wanted: CustomerFilter, sort: str = "name") -> Iterator[list[ListedCustomer]]:
        """All customers of that filter, a thousand at a time, in any order of the query file."""
        return self._stream("search", ListedCustomer, sort=sort, **wanted.parameters())

    def count(self, *, wanted: CustomerFilter) -> int:
        """How many customers there are of that filter; of more than 10,000 an estimate."""
        return self._count("count", **wanted.parameters())

    def meant(self, *, wanted: CustomerFilter) -> tuple[CustomerFilter, int]:
        """The filter, or one for text that is nearly alike where nobody has it; and how many customers there are of it."""
        found = self.count(wanted=wanted)
        if found or not nearly(wanted.text):
            return wanted, found
        wrong = replace(wanted, is_nearly=True)
        return wrong, self.count(wanted=wrong)

    def refresh_segments(self) -> datetime | None:
        """Work the segments of customers out anew, if that was an hour ago; when it was done last, None for not yet."""
        refreshed_at: datetime | None = self._value("refresh_segments")
        return refreshed_at

    def find_segment(self, *, customer_id: int) -> str | None:
        """The segment that a customer is in, if any; as of the last time they were worked out."""
        segment: str | None = self._value("find_segment", customer_id=customer_id)
        return segment

    def states(self, *, country_code: str) -> list[str]:
        """The states of a country that customers live in, by name."""
        return [row.state for row in self._all("states", CustomerState, country_code=country_code)]

    def countries(self) -> list[CustomerCountry]:
        """The countries that customers live in, by name."""
        return self._all("countries", CustomerCountry)

    def pick_countries(self, *, text: str) -> list[CustomerCountry]:
        """The countries that match best, at most 20."""
        return self._all("pick_countries", CustomerCountry, pattern=like_pattern(text))

    def get(self, *, customer_id: int) -> Customer:
        """The customer, or NotFoundError."""
        return self._get("get", Customer, customer_id=customer_id)

    def figures(self, *, customer_ids: Sequence[int]) -> dict[int, CustomerFigures]:
        """What these customers have bought, by their ids; those who have bought nothing are not among them."""
        rows = self._all("figures", CustomerFigures, customer_ids=list(customer_ids))
        return {row.customer_id: row for row in rows}

    def find_preferred_category(self, *, customer_id: int) -> str | None:
        """The category of which a customer has kept most pieces."""
        category: str | None = self._value("find_preferred_category", customer_id=customer_id)
        return category

    def find_preferred_product(self, *, customer_id: int) -> PreferredProduct | None:
        """The product of which a customer has kept most pieces."""
        return self._find("find_preferred_product", PreferredProduct, customer_id=customer_id)

    def purchases(self, *, customer_id: int, limit: int = 10, offset: int = 0) -> list[PurchasedLine]:
        """The lines of one page of a customer's orders, the newest first; `limit` and `offset` count orders."""
        return self._all("purchases", PurchasedLine, customer_id=customer_id, limit=limit, offset=offset)

    def history(self, *, customer_id: int, limit: int) -> list[HistoryLine]:
        """The lines of all of a customer's orders, the newest first."""
        return self._all("history", HistoryLine, customer_id=customer_id, limit=limit)

    def count_orders(self, *, customer_id: int) -> int:
        """How many orders a customer has, cancelled ones included."""
        return int(self._value("count_orders", customer_id=customer_id))

    def changes(self, *, customer_id: int, limit: int = 50) -> list[CustomerChange]:
        """The latest changes of the record, the newest first; managers may read them."""
        return self._all("changes", CustomerChange, customer_id=customer_id, limit=limit)

    def similar(
        self, *, details: CustomerDetails, phones: Sequence[str], customer_id: int | None = None
    ) -> list[SimilarCustomer]:
        """Customers but this one who may be the same person, at most 5; `phones` are the digits of its phone as written."""
        return self._all(
            "similar",
            SimilarCustomer,
            customer_id=customer_id,
            customer_name=details.name,
            email=details.email,
            phones=list(phones),
            birth_date=details.birth_date,
            postal_code=details.postal_code,
        )

    def who_changed(self, *, customer_id: int) -> str | None:
        """Who last changed the record; None where nobody did since it was loaded."""
        name: str | None = self._value("who_changed", customer_id=customer_id)
        return name

    def add(self, *, details: CustomerDetails) -> int:
        """Add a customer; the new id."""
        return int(self._value("add", **details.parameters()))

    def update(self, *, customer_id: int, row_version: int, details: CustomerDetails) -> None:
        """Change the details; ChangedMeanwhileError, and nothing changed, where `row_version` is no longer current."""
        touched = self._run(
            "update", customer_id=customer_id, row_version=row_version, **details.parameters()
        )
        self._check_version(touched, customer_id)

    def set_active(self, *, customer_id: int, is_active: bool) -> None:
        """Activate or deactivate a customer."""
        if not self._run("set_active", customer_id=customer_id, is_active=is_active):
            raise NotFoundError

    def delete(self, *, customer_id: int, row_version: int) -> None:
        """Delete a customer without purchases; ChangedMeanwhileError where `row_version` is no longer current."""
        touched = self._run("delete", customer_id=customer_id, row_version=row_version)
        self._check_version(touched, customer_id)

    def merge(self, *, customer_id: int, into_customer_id: int) -> int:
        """Let a customer's purchases count with another one, whose record is kept; the id of the merge."""
        return int(self._value("merge", customer_id=customer_id, into_customer_id=into_customer_id))

    def take_back_merge(self, *, customer_id: int) -> None:
        """Let a merged customer be on its own again."""
        self._run("take_back_merge", customer_id=customer_id)

    def merges(self, *, customer_id: int) -> list[CustomerMerge]:
        """The merges that a customer was part of, the latest first."""
        return self._all("merges", CustomerMerge, customer_id=customer_id)

    def anonymise(self, *, customer_id: int, name: str) -> None:
        """Take the person out of a customer, in every place; `name` is typed by whoever means it. Not to be taken back."""
        self._run("anonymise", customer_id=customer_id, name=name)

    def all_held(self, *, customer_id: int) -> str:
        """Everything that is held on a person, as a JSON document, or NotFoundError; managers may read it."""
        document: str | None = self._value("all_held", customer_id=customer_id)
        if document is None:
            raise NotFoundError
        return document

    def _check_version(self, touched: int, customer_id: int) -> None:
        if not touched:
            self.get(customer_id=customer_id)
            raise ChangedMeanwhileError
