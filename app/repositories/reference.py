"""What every screen chooses from: countries, currencies, stores, and the business's own settings."""

from dataclasses import dataclass

from app.repositories.base import Repository


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its ISO 3166-1 code; `currency_code` is proposed for a store there."""

    country_code: str
    name: str
    currency_code: str | None


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its ISO 4217 code; `minor_units` are its decimal places."""

    currency_code: str
    name: str
    minor_units: int


@dataclass(frozen=True, slots=True)
class Store:
    """A place that sells; a sale there is in `currency_code` unless another is chosen."""

    store_id: int
    name: str
    currency_code: str
    is_online: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """The business; `is_demo` says that its data is invented; `row_version` goes back with a change."""

    company_name: str
    base_currency_code: str
    time_zone: str
    is_demo: bool
    address: str | None
    tax_number: str | None
    receipt_footer: str | None
    max_rate_age_days: int
    default_reorder_point: int
    records_kept_months: int | None
    row_version: int


class ReferenceRepository(Repository):
    """Lists to choose from."""

    folder = "reference"

    def countries(self) -> list[Country]:
        """All countries by name."""
        return self._all("countries", Country)

    def currencies(self) -> list[Currency]:
        """All currencies by code."""
        return self._all("currencies", Currency)

    def stores(self, *, is_active_only: bool = True) -> list[Store]:
        """The stores, shops before the online shop."""
        return self._all("stores", Store, is_active_only=is_active_only)

    def phone_region(self, *, store_id: int | None = None) -> str | None:
        """The country whose code a phone typed at a store needs not have; without a store, that of all shops, if one."""
        region: str | None = self._value("phone_region", store_id=store_id)
        return region

    def settings(self) -> CompanySettings | None:
        """The business, or None before it has been set up."""
        return self._find("settings", CompanySettings)
