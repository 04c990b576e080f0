"""Setting the business up, and taking the demo out."""

from app.errors import ChangedMeanwhileError
from app.repositories.base import Repository


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

    def update_receipt_details(
        self, *, address: str | None, tax_number: str | None, receipt_footer: str | None, row_version: int
    ) -> None:
        """Change what receipts say about the company; ChangedMeanwhileError where `row_version` is no longer current."""
        touched = self._run(
            "update_receipt_details",
            address=address,
            tax_number=tax_number,
            receipt_footer=receipt_footer,
            row_version=row_version,
        )
        if not touched:
            raise ChangedMeanwhileError

    def add_store(
        self, *, name: str, is_online: bool, country_code: str | None, currency_code: str, time_zone: str
    ) -> None:
        """Add a store; a shop needs a country, the online shop has none."""
        self._run(
            "add_store",
            store_name=name,
            is_online=is_online,
            country_code=country_code,
            currency_code=currency_code,
            time_zone=time_zone,
        )

    def remove_demo_data(self) -> None:
        """Take the demo out with everything that was tried on it; refused where the data is not the demo."""
        self._run("remove_demo_data")
