import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import ClientCursor

from app.errors import ChangedMeanwhileError, NotFoundError, from_database
from app.repositories.analytics import AnalyticsRepository, Filters
from app.repositories.customers import (
    SEGMENTS,
    Customer,
    CustomerDetails,
    CustomerFilter,
    CustomersRepository,
)
from app.ui import contacts
from db.sqlfiles import WrongParametersError, query
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, JOHN, KETTLE, KNIFE, LAMP, SINA, ZOE, buy
from tests.trade import trade

ADA = CustomerDetails(
    name="Ada Lindqvist",
    email="ada@example.com",
    phone="+46 8 123 456",
    gender="female",
    birth_date=date(1990, 2, 3),
    street="Storgatan 1",
    city="Stockholm",
    state_code="AB",
    state="Stockholms län",
    postal_code="111 22",
    country_code="SE",
    has_marketing_consent=True,
    consent_changed_on=date(2024, 5, 6),
    consent_source="in store",
    notes="Prefers e-mail.\nCalls on Fridays.",
)
HOSTILE = (
    "<script>alert(1)</script>",
    "${1+1}",
    "{{7*7}}",
    "O'Brien; DROP TABLE",
    "\u202eمحمد",
    "Zoë \U0001f600",
    "A" * 200,
)


def names(repository: CustomersRepository, text: str = "", **wanted: Any) -> list[str]:
    found = repository.search(wanted=CustomerFilter(text, **wanted), limit=25)
    assert repository.count(wanted=CustomerFilter(text, **wanted)) == len(found)
    return [customer.name for customer in found]


def details_of(customer: Customer) -> CustomerDetails:
    return CustomerDetails(**{name: getattr(customer, name) for name in asdict(ADA)})


@pytest.mark.parametrize(
    "text",
    [
        "muller",
        "MÜLLER",
        "  zoe ",
        "zoe@EXAMPLE",
        "40 123456",
        "040/123456",
        "hamburg",
        "zoe hamburg",
        "ë mü",
    ],
)
def test_search_finds_by_name_email_phone_and_city_without_case_and_accents(act: Act, text: str) -> None:
    with act("viewer") as connection:
        assert names(CustomersRepository(connection), text) == ["Zoë Müller"]


def test_search_finds_by_the_key_of_the_source(act: Act, shop: OwnDatabase) -> None:
    with shop.connect() as owner:
        owner.execute(
            "UPDATE crpm.customers SET source_system = 'ge', source_key = 'K-7701' WHERE customer_id = %s",
            [SINA],
        )
    with act("viewer") as connection:
        assert names(CustomersRepository(connection), "k-7701") == ["Sina Okafor"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "z_e", "100%"])
def test_wildcards_that_are_typed_mean_themselves(act: Act, text: str) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        assert names(repository, text) == []
        repository.add(details=CustomerDetails(name=f"Discount {text} off"))
        assert names(repository, text) == [f"Discount {text} off"]


def test_search_filters_by_country_and_activity(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        repository.set_active(customer_id=ZOE, is_active=False)
        assert names(repository) == ["John Carter", "Sina Okafor", "Zoë Müller"]
        assert names(repository, is_active=True) == ["John Carter", "Sina Okafor"]
        assert names(repository, is_active=False) == ["Zoë Müller"]
        assert names(repository, country_code="US") == ["John Carter"]
        assert names(repository, "o", country_code="DE", is_active=True) == []


@pytest.mark.parametrize(
    "sort", [f"{column}{direction}" for column in ("name", "city") for direction in ("", " descending")]
)
def test_pages_follow_each_other_by_keys_in_both_directions_and_lose_nobody(act: Act, sort: str) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        for number in range(30):
            city = f"City {number % 3}" if number % 4 else None
            repository.add(details=CustomerDetails(name="Twin", city=city, country_code="FR"))

        def page(**more: Any) -> list[int]:
            found = repository.search(wanted=CustomerFilter(), sort=sort, limit=10, **more)
            return [customer.customer_id for customer in found]

        pages = [page()]
        while pages[-1]:
            pages.append(page(anchor=pages[-1][-1]))
        assert [len(one) for one in pages] == [10, 10, 10, 3, 0]
        everybody = [number for one in pages for number in one]
        assert len(set(everybody)) == 33
        assert page(is_backward=True) == everybody[-10:]
        assert page(anchor=pages[1][0], is_backward=True) == pages[0]
        assert page(anchor=pages[3][0], is_backward=True) == pages[2]
        by_country = repository.search(
            wanted=CustomerFilter(), sort="country descending", limit=10, offset=30
        )
        assert len(by_country) == 3


def test_search_sorts_by_city_and_country_with_unknown_ones_last(act: Act) -> None:
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert [
            [customer.name for customer in repository.search(wanted=CustomerFilter(), sort=sort, limit=5)]
            for sort in ("city", "city descending", "country", "country descending")
        ] == [
            ["John Carter", "Zoë Müller", "Sina Okafor"],
            # By keys one direction is the other read backwards.
            ["Sina Okafor", "Zoë Müller", "John Carter"],
            ["Zoë Müller", "John Carter", "Sina Okafor"],
            ["John Carter", "Zoë Müller", "Sina Okafor"],
        ]


def test_an_order_that_was_not_declared_is_refused(act: Act) -> None:
    with act("viewer") as connection, pytest.raises(WrongParametersError):
        CustomersRepository(connection).search(wanted=CustomerFilter(), sort="name; DROP TABLE", limit=5)


def test_many_customers_are_estimated_and_every_page_of_them_comes_from_an_index(
    shop: OwnDatabase, act: Act
) -> None:
    with shop.connect() as owner:
        owner.execute(
            """
            INSERT INTO crpm.customers (name, city, country_code, state)
            SELECT md5(n::text), 'City ' || n % 700, 'FR', 'State ' || n % 9 FROM generate_series(1, 30000) AS n
            """
        )
        owner.execute("VACUUM ANALYZE crpm.customers")
    search = query("customers/search")
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert 25_000 < repository.count(wanted=CustomerFilter(is_active=True)) < 35_000
        assert repository.count(wanted=CustomerFilter(country_code="FR", state="State 3")) == 3_334
        assert repository.states(country_code="FR") == [f"State {number}" for number in range(9)]
        found = repository.search(wanted=CustomerFilter(), sort="city", limit=3)
        given = {"limit": 25, "offset": 0, "anchor": found[-1].customer_id}

        def plan(wanted: CustomerFilter, sort: str = "name", **page: bool) -> str:
            asked = search.check({**wanted.parameters(), **given})
            explained = ClientCursor(connection).execute("EXPLAIN " + search.page(sort, **page), asked)
            return "\n".join(row[0] for row in explained.fetchall())

        for wanted, sort, page, index in (
            (CustomerFilter("muller"), "name", {}, "customers_search_idx"),
            (CustomerFilter(), "name", {}, "customers_sort_name_idx"),
            (CustomerFilter(), "name", {"is_anchored": True}, "customers_sort_name_idx"),
            (CustomerFilter(), "city descending", {"is_anchored": True}, "customers_sort_city_idx"),
            (CustomerFilter(), "city", {"is_backward": True}, "customers_sort_city_idx"),
            (CustomerFilter(is_active=True, country_code="FR"), "name", {}, "customers_sort_name_idx"),
            (CustomerFilter(country_code="DE"), "name", {}, "customers_country_idx"),
            (CustomerFilter(city="hamb"), "name", {}, "customers_sort_city_idx"),
        ):
            shown = plan(wanted, sort, **page)
            assert index in shown, (wanted, sort, page, shown)
            assert "Seq Scan on customers" not in shown
            if page.get("is_anchored"):
                assert re.search(r"Index Cond: \(ROW\(", shown)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("muler", ["Zoë Müller"]),
        ("zoe mülller", ["Zoë Müller"]),
        ("jhon carter", ["John Carter"]),
        ("john@exmaple.com", ["John Carter"]),
        ("carter", ["John Carter"]),
        ("xqzwk", []),
        ("+49 40 99999999", []),
    ],
)
def test_what_is_typed_wrong_finds_who_is_nearly_alike(act: Act, typed: str, found: list[str]) -> None:
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        meant, total = repository.meant(wanted=CustomerFilter(typed))
        assert [row.name for row in repository.search(wanted=meant, limit=25)] == found
        assert total == len(found)
        assert meant.is_nearly == (typed not in ("carter", "+49 40 99999999"))


def test_customers_are_filtered_by_where_they_live_gender_and_age(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        today = connection.execute("SELECT current_date").fetchone()[0]  # type: ignore[index]
        birthday = today.replace(year=today.year - 30, day=min(today.day, 28))
        repository.add(
            details=CustomerDetails(name="Ægir", city="Åbo", country_code="FI", birth_date=birthday)
        )
        assert names(repository, city="ab") == ["Ægir"]
        assert names(repository, city="%") == []
        assert names(repository, city="Hamburg ") == ["Zoë Müller"]
        assert names(repository, country_code="US", state="Massachusetts") == ["John Carter"]
        assert names(repository, gender="female") == ["Zoë Müller"]
        assert names(repository, gender="not known") == ["Ægir", "Sina Okafor"]
        assert names(repository, from_age=30, below_age=31) == ["Ægir"]
        assert names(repository, below_age=30) == []
        assert names(repository, from_age=30, below_age=40, age_on=date(2018, 4, 12)) == ["Zoë Müller"]
        assert names(repository, from_age=30, below_age=40, age_on=date(2018, 4, 11)) == []
        assert names(repository, has_birth_date=False) == ["Sina Okafor"]
        assert names(repository, from_age=60) == []


def test_frequency_and_preferred_product_are_of_what_was_bought_and_kept(shop: OwnDatabase, act: Act) -> None:
    trade(shop)
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert repository.find_preferred_product(customer_id=JOHN).name == "Kettle 1.7 l"  # type: ignore[union-attr]
        figures = repository.figures(customer_ids=[JOHN, SINA])
        assert figures[JOHN].days_between in (365, 366)
        assert figures[SINA].days_between is None
        assert repository.find_preferred_product(customer_id=999) is None


def test_customers_are_found_by_the_segments_that_analytics_counts_as_of_the_last_hour(
    shop: OwnDatabase, act: Act
) -> None:
    trade(shop)
    all_time = Filters(from_on=date(2000, 1, 1), to_on=date(2100, 1, 1))
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert names(repository, segment="Champions") == []
        first = repository.refresh_segments()
        counted = AnalyticsRepository(connection).answer("customer_segments", all_time).rows
        found = {name: names(repository, segment=name) for name in SEGMENTS}
        assert {name: len(people) for name, people in found.items() if people} == {
            row["segment"]: row["customers"] for row in counted
        }
        of_sina = repository.find_segment(customer_id=SINA)
        assert of_sina is not None
        assert "Sina Okafor" in found[of_sina]
        assert names(repository, "sina", segment=of_sina) == ["Sina Okafor"]
        assert names(repository, "sina", segment=of_sina, country_code="US") == []
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        cancel = "SELECT crpm.cancel_order(o.store_id, o.order_id, 'wrong') FROM crpm.orders AS o WHERE o.customer_id = %s"
        connection.execute(cancel, [SINA])
        assert repository.refresh_segments() == first
        assert repository.find_segment(customer_id=SINA) == of_sina
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.rollups SET refreshed_at = refreshed_at - interval '1 hour'")
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert repository.refresh_segments() > first  # type: ignore[operator]
        assert repository.find_segment(customer_id=SINA) is None
        assert sum(len(names(repository, segment=name)) for name in SEGMENTS) == 2


def test_whoever_asks_while_segments_are_worked_out_for_the_first_time_waits(shop: OwnDatabase) -> None:
    trade(shop)
    refresh, waiting = (
        "SELECT crpm.refresh_segments(interval '1 hour')",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    with (
        psycopg.connect(shop.owner_url) as first,
        psycopg.connect(shop.owner_url) as second,
        shop.connect() as watch,
        ThreadPoolExecutor(1) as executor,
    ):
        first.execute(refresh)
        asked = executor.submit(lambda: second.execute(refresh).fetchone())
        while watch.execute(waiting).fetchone() == (0,):
            assert not asked.done()
        first.commit()
        found = asked.result(timeout=20)
        assert found is not None
        assert found[0] is not None
        assert second.execute("SELECT count(*) > 0 FROM crpm.customer_segments").fetchone() == (True,)


def test_countries_are_those_that_customers_live_in(act: Act) -> None:
    with act("viewer") as connection:
        assert [country.country_code for country in CustomersRepository(connection).countries()] == [
            "DE",
            "US",
        ]


def test_countries_to_pick_from_are_found_without_accents_and_best_first(act: Act) -> None:
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        assert next(iter(repository.pick_countries(text="aland"))).name == "Åland Islands"
        assert [country.country_code for country in repository.pick_countries(text="NORW")] == ["NO"]
        assert repository.pick_countries(text="%") == []
        assert len(repository.pick_countries(text="")) == 20


def test_an_added_customer_is_read_back_whole(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        customer = repository.get(customer_id=repository.add(details=ADA))
    assert details_of(customer) == ADA
    assert (customer.country, customer.is_active, customer.row_version) == ("Sweden", True, 1)


def test_a_customer_needs_no_more_than_a_name(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        customer = repository.get(customer_id=repository.add(details=CustomerDetails(name="Ola")))
    assert details_of(customer) == CustomerDetails(name="Ola")
    assert customer.consent_changed_on is None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_kept_as_text(act: Act, name: str) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        assert repository.get(customer_id=repository.add(details=CustomerDetails(name=name))).name == name
        assert names(repository, name) == [name]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "  "}, "A customer needs a name."),
        ({"name": "A" * 10_000}, "A customer's name has at most 200 characters."),
        ({"email": "nobody"}, "An e-mail address looks like name@example.com."),
        ({"gender": "unknown"}, "Gender is female, male or other, or left empty."),
        ({"birth_date": date(1899, 12, 31)}, "A birth date is not before 1900."),
        ({"city": "A" * 321}, "E-mail, phone and each part of the address have at most 320 characters."),
        ({"notes": "A" * 10_001}, "Notes have at most 10,000 characters."),
        ({"country_code": "XX"}, "There is no such country."),
    ],
)
def test_a_broken_rule_has_its_message(act: Act, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused, act("clerk") as connection:
        CustomersRepository(connection).add(details=replace(ADA, **wrong))
    assert str(from_database(refused.value)) == message


def test_an_update_changes_the_details_and_counts_the_version(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        repository.update(customer_id=JOHN, row_version=1, details=replace(ADA, has_marketing_consent=False))
        customer = repository.get(customer_id=JOHN)
    assert details_of(customer) == replace(ADA, has_marketing_consent=False)
    assert (customer.row_version, customer.consent_changed_on) == (2, date(2024, 5, 6))


def test_consent_given_or_withdrawn_counts_from_the_day_typed_or_today(act: Act) -> None:
    today = datetime.now(UTC).date()
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        without_day = replace(ADA, consent_changed_on=None)

        def save(row_version: int, **details: Any) -> date | None:
            repository.update(
                customer_id=JOHN, row_version=row_version, details=replace(without_day, **details)
            )
            return repository.get(customer_id=JOHN).consent_changed_on

        assert save(1) == today
        assert save(2, consent_changed_on=date(2020, 1, 1)) == date(2020, 1, 1)
        assert save(3, consent_changed_on=date(2020, 1, 1), city="Uppsala") == date(2020, 1, 1)
        assert save(4, city="Lund") == date(2020, 1, 1)
        # The day in the form is still that of consent given.
        assert save(5, consent_changed_on=date(2020, 1, 1), has_marketing_consent=False) == today
        added = repository.add(details=without_day)
        assert repository.get(customer_id=added).consent_changed_on == today


def test_the_second_of_two_who_edit_the_same_record_is_refused(act: Act) -> None:
    with act("clerk") as connection:
        CustomersRepository(connection).update(customer_id=JOHN, row_version=1, details=ADA)
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        with pytest.raises(ChangedMeanwhileError):
            repository.update(customer_id=JOHN, row_version=1, details=replace(ADA, name="Mine"))
        assert repository.who_changed(customer_id=JOHN) == "test-clerk"
        assert repository.get(customer_id=JOHN).name == "Ada Lindqvist"


def test_a_record_that_changed_meanwhile_is_not_deleted(act: Act) -> None:
    with act("manager") as connection:
        repository = CustomersRepository(connection)
        repository.set_active(customer_id=SINA, is_active=False)
        with pytest.raises(ChangedMeanwhileError):
            repository.delete(customer_id=SINA, row_version=1)


def test_a_customer_who_is_not_there_is_not_found(act: Act) -> None:
    with act("manager") as connection:
        repository = CustomersRepository(connection)
        for attempt in (
            lambda: repository.get(customer_id=99),
            lambda: repository.update(customer_id=99, row_version=1, details=ADA),
            lambda: repository.set_active(customer_id=99, is_active=False),
            lambda: repository.delete(customer_id=99, row_version=1),
        ):
            with pytest.raises(NotFoundError):
                attempt()


def test_a_customer_without_purchases_is_deleted(act: Act) -> None:
    with act("manager") as connection:
        repository = CustomersRepository(connection)
        repository.delete(customer_id=SINA, row_version=1)
        assert names(repository) == ["John Carter", "Zoë Müller"]
        assert [change.action for change in repository.changes(customer_id=SINA)] == ["delete", "insert"]


def test_a_customer_with_purchases_is_kept_and_the_reason_said(act: Act) -> None:
    with act("clerk") as connection:
        buy(connection, (KETTLE, 1), p_customer_id=JOHN)
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as connection:
        CustomersRepository(connection).delete(customer_id=JOHN, row_version=1)
    assert (
        str(from_database(refused.value))
        == "This customer has purchases and cannot be deleted. Deactivate the customer instead."
    )


def test_figures_are_net_of_returns_and_leave_out_cancelled_orders(shop: OwnDatabase, act: Act) -> None:
    trade(shop)
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        figures = repository.figures(customer_ids=[JOHN, ZOE, SINA, 99])
        # John: 2 kettles and 3 lamps, one kettle given back, and 4 kettles a year before.
        john = figures[JOHN]
        assert (john.orders, john.revenue) == (
            2,
            1 * Decimal("49.90") + 3 * Decimal("24.50") + 4 * Decimal("49.90"),
        )
        assert john.average_order_value == Decimal("161.50")
        assert john.last_bought_on == datetime.now(UTC).date() > john.first_bought_on
        assert set(figures) == {JOHN, ZOE, SINA}
        assert repository.figures(customer_ids=[]) == {}
        categories = [repository.find_preferred_category(customer_id=one) for one in (JOHN, SINA, 99)]
        assert categories == ["Kitchen", "Garden", None]


def test_purchases_show_lines_and_totals_newest_first_and_page_by_order(act: Act) -> None:
    with act("clerk") as connection:
        first = buy(connection, (KETTLE, 2), (LAMP, 3), store=BOSTON, p_customer_id=JOHN)
        second = buy(
            connection, (KNIFE, 1), (LAMP, 1), store=HAMBURG, p_customer_id=JOHN, p_currency_code="EUR"
        )
        connection.execute(
            "SELECT crpm.record_return(%s, %s, 1, 1::numeric, 'broken', FALSE, gen_random_uuid())",
            [BOSTON, first[0]],
        )
    with act("viewer") as connection:
        repository = CustomersRepository(connection)
        lines = repository.purchases(customer_id=JOHN)
        assert [(line.product, line.quantity, line.returned_quantity) for line in lines] == [
            ("Chef's knife", 1, 0),
            ("Garden lamp", 1, 0),
            ("Kettle 1.7 l", 2, 1),
            ("Garden lamp", 3, 0),
        ]
        assert [(line.store, line.currency_code) for line in lines[1:3]] == [
            ("Hamburg", "EUR"),
            ("Boston", "USD"),
        ]
        assert [line.order_key for line in lines[::2]] == [f"{HAMBURG}-{second[0]}", f"{BOSTON}-{first[0]}"]
        assert lines[2].charged_amount + lines[3].charged_amount == lines[2].total_amount == Decimal("173.30")
        assert repository.count_orders(customer_id=JOHN) == 2
        assert repository.purchases(customer_id=JOHN, limit=1, offset=1) == lines[2:]
        assert repository.purchases(customer_id=SINA) == []


def test_changes_tell_who_changed_what_from_what_to_what(act: Act) -> None:
    with act("clerk") as connection:
        repository = CustomersRepository(connection)
        current = details_of(repository.get(customer_id=ZOE))
        repository.update(customer_id=ZOE, row_version=1, details=replace(current, city="Bremen"))
    with act("manager") as connection:
        latest, *_ = CustomersRepository(connection).changes(customer_id=ZOE)
    assert (latest.action, latest.changed_by, latest.channel) == ("update", "test-clerk", "app")
    assert (latest.old_values, latest.new_values) == ({"city": "Hamburg"}, {"city": "Bremen"})


def test_a_save_that_changes_nothing_leaves_no_trace_in_the_history(act: Act) -> None:
    with act("manager") as connection:
        repository = CustomersRepository(connection)
        before = repository.changes(customer_id=ZOE)
        repository.update(customer_id=ZOE, row_version=1, details=details_of(repository.get(customer_id=ZOE)))
        assert repository.changes(customer_id=ZOE) == before


@pytest.mark.parametrize(
    ("role", "attempt"),
    [
        ("viewer", lambda repository: repository.add(details=ADA)),
        ("viewer", lambda repository: repository.update(customer_id=JOHN, row_version=1, details=ADA)),
        ("viewer", lambda repository: repository.set_active(customer_id=JOHN, is_active=False)),
        ("clerk", lambda repository: repository.delete(customer_id=SINA, row_version=1)),
        ("clerk", lambda repository: repository.changes(customer_id=SINA)),
    ],
)
def test_a_role_does_no_more_than_it_may(act: Act, role: str, attempt: Any) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act(role) as connection:
        attempt(CustomersRepository(connection))


def test_who_may_be_the_same_person_is_found_by_index(act: Act, shop: OwnDatabase) -> None:
    with shop.connect() as owner:
        owner.execute(
            """
            INSERT INTO crpm.customers (name, email, phone, birth_date, postal_code)
            SELECT md5(n::text), n || '@example.org', '+49 89 ' || 100000 + n, '1950-01-01'::date + n, (20000 + n)::text
            FROM generate_series(1, 3000) AS n
            """
        )
        owner.execute("VACUUM ANALYZE crpm.customers")
    ana = CustomerDetails(name="Ana Costa")
    with act("clerk") as connection:
        repository = CustomersRepository(connection)

        def alike(details: CustomerDetails, phone: str = "", customer_id: int | None = None) -> Any:
            phones = contacts.same_phones(phone or None)
            found = repository.similar(details=details, phones=phones, customer_id=customer_id)
            return [(one.customer_id, one.likeness) for one in found]

        assert alike(replace(ana, email="ZOE@example.com")) == [(ZOE, "same e-mail")]
        assert alike(ana, "+4940123456") == [(ZOE, "same phone")]
        assert alike(ana, "+4940123457") == []
        # The same names and dates, on their own, are many people.
        assert alike(replace(ana, name="Zoe Muller")) == []
        assert alike(replace(ana, birth_date=date(1988, 4, 12), postal_code="20095")) == []
        twin = CustomerDetails(
            name="muller, zoe", email="zoe@example.com", birth_date=date(1988, 4, 12), postal_code="20095"
        )
        likeness = "close name, same birth date; close name, same postal code; same e-mail; same phone"
        assert alike(twin, "+4940123456") == [(ZOE, likeness)]
        assert alike(twin, "+4940123456", ZOE) == []
        assert alike(replace(ana, name="Jon Carter", postal_code=" 02108")) == []
        assert alike(replace(ana, name="Jon Carter", postal_code="02108")) == [
            (JOHN, "close name, same postal code")
        ]
        similar = query("customers/similar")
        given = dict.fromkeys(similar.parameters) | {
            "customer_name": "Ana",
            "email": "a@b.c",
            "phones": ["4940"],
            "birth_date": date(1988, 4, 12),
            "postal_code": "20095",
        }
        plan = str(
            ClientCursor(connection).execute("EXPLAIN " + similar.text, similar.check(given)).fetchall()
        )
    for index in ("email", "phone", "birth_date", "postal_code"):
        assert f"customers_{index}_idx" in plan


@pytest.mark.parametrize(
    ("written", "is_same"),
    [
        ("+49 40 123456", True),
        ("040/12 34 56", True),
        ("0049-40-123456", True),
        ("(40) 123456", True),
        ("+49 40 123456 ext. 7", True),
        ("+49 40 1234567", False),
        ("+1 40 123456", False),
    ],
)
def test_a_phone_of_a_file_is_the_same_in_whatever_form_it_is_written(
    act_of_module: Act, written: str, is_same: bool
) -> None:
    with act_of_module("viewer") as connection:
        row = connection.execute("SELECT crpm.phone_digits(%s)", [written]).fetchone()
    assert row is not None
    assert (row[0] in contacts.same_phones("+4940123456")) is is_same
