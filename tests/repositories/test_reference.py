from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from app.errors import ChangedMeanwhileError
from app.repositories.company import CompanyRepository, SettingsDetails, StoreDetails
from app.repositories.reference import ReferenceRepository
from app.ui import format as written
from tests.conftest import Act


def test_amounts_are_written_with_the_minor_units_that_the_database_rounds_to(act: Act) -> None:
    with act("viewer") as c:
        currencies = ReferenceRepository(c).currencies()
    assert len(currencies) > 100
    assert {currency.currency_code: written.decimals(currency.currency_code) for currency in currencies} == {
        currency.currency_code: currency.minor_units for currency in currencies
    }
    assert written.money(Decimal("1234.5"), "JPY") == "1,235\u00a0JPY"


def test_settings_are_changed_by_one_person_at_a_time(act: Act) -> None:
    with act("admin") as c:
        before = ReferenceRepository(c).settings()
        assert before
        details = SettingsDetails(
            company_name="Harbour & Hill",
            base_currency_code=before.base_currency_code,
            time_zone="Europe/Berlin",
            address="1 Harbour Road",
            tax_number=None,
            receipt_footer="Thank you.",
            max_rate_age_days=5,
            default_reorder_point=9,
            records_kept_months=24,
        )
        CompanyRepository(c).update_settings(details=details, row_version=before.row_version)
        after = ReferenceRepository(c).settings()
        assert after
        assert {name: getattr(after, name) for name in asdict(details)} == asdict(details)
        with pytest.raises(ChangedMeanwhileError):
            CompanyRepository(c).update_settings(details=details, row_version=before.row_version)


def test_a_store_is_added_and_changed_by_one_person_at_a_time(act: Act) -> None:
    details = StoreDetails(
        name="Lyon",
        is_online=False,
        country_code="FR",
        currency_code="EUR",
        time_zone="Europe/Paris",
        state="Rhone",
        has_tax_inclusive_prices=True,
        area_m2=Decimal("120.5"),
        opened_on=date(2024, 5, 1),
    )
    with act("manager") as c:
        repository = CompanyRepository(c)
        repository.add_store(details=details)
        (added,) = (store for store in repository.stores() if store.name == "Lyon")
        assert {name: getattr(added, name) for name in asdict(details)} == asdict(details)
        closed = replace(details, is_active=False, area_m2=None)
        repository.update_store(store_id=added.store_id, details=closed, row_version=added.row_version)
        (now,) = (store for store in repository.stores() if store.name == "Lyon")
        assert (now.is_active, now.area_m2) == (False, None)
        with pytest.raises(ChangedMeanwhileError):
            repository.update_store(store_id=added.store_id, details=closed, row_version=added.row_version)


def test_currencies_tell_their_latest_rate_their_gaps_and_whether_sales_are_refused(act: Act) -> None:
    today = date.today()  # noqa: DTZ011 - days apart are what counts
    with act("manager") as c:
        c.execute("DELETE FROM crpm.exchange_rates")
        repository = CompanyRepository(c)
        assert [
            (one.currency_code, one.latest_on, one.is_too_old) for one in repository.currencies_in_use()
        ] == [("EUR", None, True)]
        for days, units in ((40, "0.9"), (39, "0.91"), (30, "0.92"), (1, "0.93")):
            repository.set_rate(
                currency_code="EUR", rate_date=today - timedelta(days=days), units_per_base=Decimal(units)
            )
        repository.set_rate(
            currency_code="EUR", rate_date=today - timedelta(days=1), units_per_base=Decimal("0.94")
        )
        (euro,) = repository.currencies_in_use()
        assert (euro.units_per_base, euro.rates, euro.gaps, euro.is_too_old) == (Decimal("0.94"), 4, 2, False)
        found = repository.rates(currency_code="EUR", limit=2)
        assert [(rate.units_per_base, rate.days_before, rate.file_name) for rate in found] == [
            (Decimal("0.94"), 29, None),
            (Decimal("0.92"), 9, None),
        ]


def test_a_tax_counts_from_its_day_on_and_the_latest_is_current(act: Act) -> None:
    with act("manager") as c:
        repository = CompanyRepository(c)
        books = repository.add_tax_class(name="Books")
        for day, rate in ((date(2020, 1, 1), "0.05"), (date(2021, 1, 1), "0.07"), (date(2199, 1, 1), "0.09")):
            repository.set_tax_rate(
                tax_class_id=books, country_code="FR", valid_from=day, tax_rate=Decimal(rate)
            )
        repository.set_tax_rate(
            tax_class_id=books, country_code="FR", valid_from=date(2021, 1, 1), tax_rate=Decimal("0.055")
        )
        found = [rate for rate in repository.tax_rates() if rate.tax_class == "Books"]
        assert [(str(rate.tax_rate), rate.is_current) for rate in found] == [
            ("0.09", False),
            ("0.055", True),
            ("0.05", False),
        ]
        with pytest.raises(psycopg.errors.CheckViolation):
            repository.set_tax_rate(
                tax_class_id=books, country_code="FR", valid_from=date(2022, 1, 1), tax_rate=Decimal(19)
            )
