from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.ui import format as written


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1234.5"), "EUR", "1,234.50\u00a0EUR"),
        (Decimal("1234.505"), "EUR", "1,234.51\u00a0EUR"),
        (Decimal("-1234.5"), "EUR", "-1,234.50\u00a0EUR"),
        (Decimal("-0.001"), "EUR", "0.00\u00a0EUR"),
        (Decimal("1234.5"), "JPY", "1,235\u00a0JPY"),
        (Decimal("1.2345"), "KWD", "1.235\u00a0KWD"),
        (Decimal("12"), None, "12.00"),
        (None, "EUR", "\u2014"),
    ],
)
def test_money_has_thousands_and_the_decimals_of_its_currency(
    amount: Decimal | None, currency: str | None, text: str
) -> None:
    assert written.money(amount, currency) == text


def test_amounts_have_the_decimals_that_the_database_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "_DECIMALS", {"JPY": 0})
    written.know_currencies({"XTS": 4, "JPY": 1})
    assert written.money(Decimal("1.23456"), "XTS") == "1.2346\u00a0XTS"
    assert written.money(Decimal("12"), "JPY") == "12.0\u00a0JPY"


@pytest.mark.parametrize(
    ("number", "currency", "text"),
    [
        ("1234.5", "EUR", "1,234.50"),
        ("0.125", "EUR", "0.125"),
        ("7485", "JPY", "7,485"),
        ("1E+3", "JPY", "1,000"),
        ("-0.00", "EUR", "0.00"),
    ],
)
def test_price_of_a_piece_keeps_decimals_that_nobody_could_pay(number: str, currency: str, text: str) -> None:
    assert written.amount(Decimal(number), currency) == text


def test_money_keeps_every_digit_of_a_large_amount() -> None:
    assert written.money(Decimal("9007199254740993.07")) == "9,007,199,254,740,993.07"


def test_numbers_days_and_moments_have_one_form() -> None:
    assert written.integer(4012) == "4,012"
    assert written.decimal(Decimal("0.5"), 3) == "0.500"
    assert written.percent(Decimal("0.0825")) == "8.3\u00a0%"
    assert written.date(date(2026, 3, 4)) == "2026-03-04"
    assert written.timestamp(datetime(2026, 3, 4, 7, 5, tzinfo=UTC)) == "2026-03-04 07:05"


@pytest.mark.parametrize(
    "write", [written.integer, written.decimal, written.percent, written.date, written.timestamp]
)
def test_a_missing_value_is_a_dash(write: object) -> None:
    assert write(None) == "\u2014"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("ratio", "is_growth_good", "text", "tone"),
    [
        (Decimal("0.082"), True, "\u25b2\u00a08.2\u00a0%", "good"),
        (Decimal("-0.008"), True, "\u25bc\u00a00.8\u00a0%", "bad"),
        (Decimal("0.5"), False, "\u25b2\u00a050.0\u00a0%", "bad"),
        (Decimal("0.0001"), True, "0.0\u00a0%", "neutral"),
        (None, True, "\u2014", "neutral"),
    ],
)
def test_a_change_says_its_direction_and_whether_it_is_good(
    ratio: Decimal | None, is_growth_good: bool, text: str, tone: str
) -> None:
    assert written.delta(ratio, is_growth_good=is_growth_good) == written.Delta(text, tone)  # type: ignore[arg-type]
