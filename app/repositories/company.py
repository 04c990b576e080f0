"""The company and what is set for it: its settings, stores, exchange rates and taxes; and taking the demo out."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from app.errors import ChangedMeanwhileError
from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class StoreDetails:
    """What people set for a store; a shop has a country, the online shop none."""

    name: str
    is_online: bool
    country_code: str | None
    currency_code: str
    time_zone: str
    state: str | None = None
    has_tax_inclusive_prices: bool = False
    area_m2: Decimal | None = None
    opened_on: date | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class SetStore:
    """A store with what is set for it; `row_version` goes back with a change."""

    store_id: int
    row_version: int
    name: str
    is_online: bool
    country_code: str | None
    country: str | None
    state: str | None
    currency_code: str
    time_zone: str
    has_tax_inclusive_prices: bool
    area_m2: Decimal | None
    opened_on: date | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class SettingsDetails:
    """What people set for the company; months of None keep records for ever."""

    company_name: str
    base_currency_code: str
    time_zone: str
    address: str | None
    tax_number: str | None
    receipt_footer: str | None
    max_rate_age_days: int
    default_reorder_point: int
    records_kept_months: int | None


@dataclass(frozen=True, slots=True)
class CurrencyInUse:
    """A currency with its latest rate, None where it has none; `is_too_old`: no sale in it is recorded today."""

    currency_code: str
    name: str
    latest_on: date | None
    units_per_base: Decimal | None
    rates: int
    gaps: int
    age_days: int | None
    is_sold_in: bool
    is_too_old: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of a currency for one of the base currency; `file_name` None where somebody entered it."""

    rate_date: date
    units_per_base: Decimal
    days_before: int | None
    file_name: str | None


@dataclass(frozen=True, slots=True)
class TaxClass:
    tax_class_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax of a class in a country from a day on, as a share."""

    tax_class_id: int
    tax_class: str
    country_code: str
    country: str
    valid_from: date
    tax_rate: Decimal
    is_current: bool


class CompanyRepository(Repository):
    folder = "company"

    def set_up(self, *, company_name: str, base_currency_code: str, time_zone: str) -> None:
        """Name the company and fix its base currency; refused where it has been set up already."""
        self._run(
            "add_settings",
            company_name=company_name,
            base_currency_code=base_currency_code,
            time_zone=time_zone,
        )

    def update_settings(self, *, details: SettingsDetails, row_version: int) -> None:
        """Change the settings; ChangedMeanwhileError where `row_version` is no longer current."""
        if not self._run("update_settings", **asdict(details), row_version=row_version):
            raise ChangedMeanwhileError

    def stores(self) -> list[SetStore]:
        """All stores, shops before the online shop."""
        return self._all("stores", SetStore)

    def add_store(self, *, details: StoreDetails) -> None:
        """Add a store."""
        self._run("add_store", **_named(details))

    def update_store(self, *, store_id: int, details: StoreDetails, row_version: int) -> None:
        """Change a store; ChangedMeanwhileError where `row_version` is no longer current."""
        if not self._run("update_store", store_id=store_id, row_version=row_version, **_named(details)):
            raise ChangedMeanwhileError

    def currencies_in_use(self) -> list[CurrencyInUse]:
        """The currencies that need rates, by code."""
        return self._all("currencies_in_use", CurrencyInUse)

    def rates(self, *, currency_code: str, limit: int, offset: int = 0) -> list[Rate]:
        """A page of a currency's rates, the latest first."""
        return self._all("rates", Rate, currency_code=currency_code, limit=limit, offset=offset)

    def set_rate(self, *, currency_code: str, rate_date: date, units_per_base: Decimal) -> None:
        """Enter a rate of a day, in the place of the one there is."""
        self._run("set_rate", currency_code=currency_code, rate_date=rate_date, units_per_base=units_per_base)

    def tax_classes(self) -> list[TaxClass]:
        """Tax classes by name."""
        return self._all("tax_classes", TaxClass)

    def add_tax_class(self, *, name: str) -> int:
        """Add a tax class; its id."""
        return int(self._value("add_tax_class", class_name=name))

    def tax_rates(self) -> list[TaxRate]:
        """Tax rates by class and country, the latest first."""
        return self._all("tax_rates", TaxRate)

    def set_tax_rate(
        self, *, tax_class_id: int, country_code: str, valid_from: date, tax_rate: Decimal
    ) -> None:
        """Enter the tax of a class in a country from a day on, in the place of the one of that day."""
        self._run(
            "set_tax_rate",
            tax_class_id=tax_class_id,
            country_code=country_code,
            valid_from=valid_from,
            tax_rate=tax_rate,
        )

    def remove_demo_data(self) -> None:
        """Take the demo out with everything that was tried on it; refused where the data is not the demo."""
        self._run("remove_demo_data")


def _named(details: StoreDetails) -> dict[str, object]:
    """The parameters of a store's queries: in SQL `name` is a type."""
    values = asdict(details)
    return {"store_name": values.pop("name"), **values}
