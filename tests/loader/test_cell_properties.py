"""Whatever stands in a cell: the functions of staging raise nothing, and read numbers and dates as a small model does."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

EARLIEST, LATEST = date(1920, 1, 1), date(2026, 6, 30)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
READ = """
    SELECT
        t.text, staging.text_of(t.text) AS bare, staging.value_of(t.text) AS value, f.figures,
        staging.text_of(staging.text_of(t.text)) AS bare_again, staging.figures_of(f.figures) AS figures_again,
        staging.number_of(f.figures, 'point') AS point, staging.number_of(f.figures, 'comma') AS comma,
        d.sure_date, d.year_first, d.month_first, d.day_first, d.problem
    FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, place)
    CROSS JOIN LATERAL (SELECT staging.figures_of(t.text) AS figures) AS f
    CROSS JOIN LATERAL staging.days_of(t.text, %s, %s) AS d
    ORDER BY t.place
"""

# What cells of numbers and dates are made of, and what breaks them.
PIECES = [
    *("0", "1", "7", "12", "31", "99", "123", "2016", "42370", ".", ",", "-", "/", ":", " ", "'", "(", ")", "+", "%", "e"),
    *("\u2212", "\u00a0", "\u202f", "$", "€", "USD", "XXX", "Fr.", "kr", "T", "Z", "AM", "GMT", "Jan", "May ", "st", "Fri ", "N/A"),
]  # fmt: skip
GROUPINGS = [("", ".,"), (",", "."), (".", ","), (" ", ".,"), ("\u202f", ".,"), ("'", ".,"), ("’", ".,")]
AROUND = [
    "{}",
    "${}",
    "{} €",
    "CHF {}",
    "{} usd ",
    "-{}",
    "{}-",
    "({})",
    "-${}",
    "$({})",
    "+{}",
    "Rs.{}",
    "\u2212{} kr",
]
TIMES = ["", " 00:00:00", "T23:59:59Z", " 8:05 PM", ", 12:00:00 AM", " 00:00:00.000+02:00"]


@st.composite
def numbers(draw: st.DrawFn) -> str:
    grouping, marks = draw(st.sampled_from(GROUPINGS))
    written = f"{draw(st.integers(0, 10**9)):,}".replace(",", grouping)
    decimals = draw(st.text("0123456789", max_size=4))
    mark = draw(st.sampled_from(marks))
    return draw(st.sampled_from(AROUND)).format(f"{written}{mark}{decimals}" if decimals else written)


@st.composite
def dates(draw: st.DrawFn) -> str:
    day = draw(st.dates(EARLIEST, LATEST))
    if draw(st.booleans()):
        text = draw(
            st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d-%b-%Y", "%B %d, %Y", "%a %d %b %y", "%A, %b %d, %Y"])
        )
        return day.strftime(text) + draw(st.sampled_from(TIMES))
    if draw(st.integers(0, 4)) == 0:
        return f"{(day - date(1899, 12, 30)).days}{draw(st.sampled_from(['', '.5', ',25']))}"
    parts = [day.year, day.month, day.day]
    year = draw(st.sampled_from([f"{day:%Y}", f"{day:%y}"]))
    order = draw(st.permutations([year, *draw(st.sampled_from([(parts[1:]), (f"{day:%m}", f"{day:%d}")]))]))
    return draw(st.sampled_from("-/.")).join(map(str, order)) + draw(st.sampled_from(TIMES))


GARBLED = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def number_in(text: str, mark: str) -> Decimal | None:
    """The number in a text, all of whose other points and commas stand between thousands."""
    text = re.sub(r"[\u2212\u2013]", "-", text).replace("\u00a0", " ")
    text = re.sub(r"(?<=[0-9][.,])-(?![0-9])", "0", text)
    found = re.search(r"((?<![^\W\d])(?<! )[.,])?[0-9].*", text, re.DOTALL)
    if found is None:
        return None
    whole, _, decimals = found[0].partition(mark)
    value = Decimal(re.sub(r"\D", "", whole) or "0") + Decimal(f"0.{re.sub(r'[^0-9]', '', decimals) or '0'}")
    return -value if "-" in text or "(" in text else value


def day_in(year: str, month: str, day: str) -> date | None:
    """The day of three texts; of a year in two digits, the last of its days that may be meant; in one digit is none."""
    months = int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1
    years = [int(year)] if len(year) == 4 else [century + int(year) for century in (1900, 2000, 2100)]
    found = []
    for each in years if len(year) > 1 else []:
        with suppress(ValueError):
            found.append(date(each, months, int(day)))
    return max((day for day in found if len(year) == 4 or EARLIEST <= day <= LATEST), default=None)


def days_in(text: str) -> dict[str, date | None]:
    """What the figures and names of a text mean in each order, whatever stands between them."""
    if ":" in text:
        text = re.sub(r"(T|\b|,? )\d+:.*", "", text, flags=re.IGNORECASE | re.DOTALL)
    parts = [part for part in re.findall(r"\d+|[^\W\d_]+", text) if part[:3].lower() not in WEEKDAYS]
    parts = [part for part in parts if part.lower() not in {"st", "nd", "rd", "th", "of", "de"}]
    if re.fullmatch(r"\d{8}", parts[0]):
        return {"sure_date": day_in(parts[0][:4], parts[0][4:6], parts[0][6:])}
    if re.fullmatch(r"\d{4,6}", parts[0]) and len(parts) < 3:
        return {"sure_date": date(1899, 12, 30) + timedelta(days=int(parts[0]))}
    if not parts[0].isdigit():
        return {"sure_date": day_in(parts[2], parts[0], parts[1])}
    if len(parts[0]) == 4:
        return {"sure_date": day_in(parts[0], parts[1], parts[2])}
    if not parts[1].isdigit():
        return {"sure_date": day_in(parts[2], parts[1], parts[0])}
    return {
        "month_first": day_in(parts[2], parts[0], parts[1]),
        "day_first": day_in(parts[2], parts[1], parts[0]),
        "year_first": day_in(parts[0], parts[1], parts[2]) if len(parts[2]) < 3 else None,
    }


WEEKDAYS = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


@pytest.fixture(scope="module")
def connection(staging: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(staging, row_factory=dict_row, autocommit=True) as connection:
        yield connection


def check(row: dict[str, Any]) -> None:
    text = row["text"]
    assert row["bare_again"] == row["bare"], text
    assert row["figures_again"] == row["figures"], text
    for name, mark in (("point", "."), ("comma", ",")):
        if row[name] is not None:
            assert row[name] == number_in(row["value"], mark), (text, name)
    found = {name: row[name] for name in ("sure_date", "month_first", "day_first", "year_first")}
    known = {name: day for name, day in found.items() if day is not None}
    if known:
        assert row["problem"] is None
        expected = {name: day for name, day in days_in(row["value"]).items() if day is not None}
        assert known == expected, text


@settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
@given(
    good=st.tuples(
        st.lists(numbers(), min_size=10, max_size=10), st.lists(dates(), min_size=10, max_size=10)
    ),
    others=st.lists(st.one_of(GARBLED, ANY_TEXT), min_size=20, max_size=20),
)
def test_cells_are_read_as_the_model_reads_them_whatever_stands_in_them(
    connection: psycopg.Connection[dict[str, Any]], good: tuple[list[str], list[str]], others: list[str]
) -> None:
    texts = [*good[0], *good[1], *others]
    rows = connection.execute(READ, (texts, EARLIEST, LATEST)).fetchall()
    for row in rows:
        check(row)
    for row in rows[:10]:
        assert row["point"] is not None or row["comma"] is not None, row["text"]
    for row in rows[10:20]:
        days = (row["sure_date"], row["month_first"], row["day_first"], row["year_first"])
        assert any(days) or row["problem"] != "unreadable_date" or is_upside_down(row["text"]), row["text"]


def is_upside_down(text: str) -> bool:
    """Whether the year stands in the middle, or in one digit: no order of ours."""
    parts = re.split(r"[-/.]", re.split(r"[ ,T]", text)[0])
    return len(parts[1]) == 4 or {len(parts[0]), len(parts[2])} == {1}
