from decimal import Decimal

import pytest

from app.errors import ChangedMeanwhileError
from app.repositories.company import CompanyRepository
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


def test_receipt_details_are_changed_by_one_person_at_a_time(act: Act) -> None:
    with act("admin") as c:
        before = ReferenceRepository(c).settings()
        assert before
        CompanyRepository(c).update_receipt_details(
            address="1 Harbour Road",
            tax_number=None,
            receipt_footer="Thank you.",
            row_version=before.row_version,
        )
        after = ReferenceRepository(c).settings()
        assert after
        assert (after.address, after.tax_number, after.receipt_footer) == (
            "1 Harbour Road",
            None,
            "Thank you.",
        )
        with pytest.raises(ChangedMeanwhileError):
            CompanyRepository(c).update_receipt_details(
                address=None, tax_number=None, receipt_footer=None, row_version=before.row_version
            )
