from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import ClientCursor

from app.errors import from_database
from app.repositories.customers import CustomerFilter, CustomersRepository
from app.repositories.orders import OrderFilter, OrdersRepository
from db.sqlfiles import query
from tests.conftest import Act, OwnDatabase
from tests.rules.books import differences
from tests.rules.purchasing import JOHN, KETTLE, SINA, ZOE, buy
from tests.trade import trade

SELLING = "SELECT customer_id, orders, revenue FROM analytics.customer_sales ORDER BY customer_id"
ORDERS = "SELECT order_id, customer_id FROM crpm.orders ORDER BY order_id"


def found(act: Act, text: str) -> tuple[list[str], int, list[str]]:
    """Who the list, its count and the till find."""
    with act("manager") as c:
        wanted, repository = CustomerFilter(text), CustomersRepository(c)
        listed = [one.name for one in repository.search(wanted=wanted, limit=9)]
        picked = [one.name for one in OrdersRepository(c).pick_customers(text=text)]
        return listed, repository.count(wanted=wanted), picked


def refusal(act: Act, customer_id: int, into: int | None) -> str:
    def attempt(repository: CustomersRepository) -> None:
        if into is None:
            repository.take_back_merge(customer_id=customer_id)
        else:
            repository.merge(customer_id=customer_id, into_customer_id=into)

    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        attempt(CustomersRepository(c))
    return str(from_database(refused.value))


def kept(shop: OwnDatabase) -> list[Any]:
    with shop.connect() as owner:
        return owner.execute(
            "SELECT to_jsonb(c.*) - ARRAY['row_version', 'updated_at'] FROM crpm.customers AS c ORDER BY customer_id"
        ).fetchall()


def test_what_a_merged_customer_bought_counts_with_the_one_kept_until_it_is_taken_back(
    shop: OwnDatabase, act: Act
) -> None:
    trade(shop)
    before = kept(shop)
    with act("manager") as c:
        repository = CustomersRepository(c)
        alone, orders = c.execute(SELLING).fetchall(), c.execute(ORDERS).fetchall()
        figures = repository.figures(customer_ids=[ZOE, JOHN])
        repository.merge(customer_id=ZOE, into_customer_id=JOHN)
        # Orders stay as they were recorded, and one that a till still records for the merged one counts too.
        assert c.execute(ORDERS).fetchall() == orders
        together = c.execute(SELLING).fetchall()
        assert [row[0] for row in together] == [JOHN, SINA]
        assert together[0][1:] == tuple(alone[0][place] + alone[1][place] for place in (1, 2))
        assert c.execute("SELECT count(DISTINCT customer_id) FROM analytics.detailed_profits").fetchone() == (
            2,
        )
        both = repository.figures(customer_ids=[JOHN])[JOHN]
        assert (both.orders, both.revenue) == together[0][1:]
        assert both.first_bought_on == min(one.first_bought_on for one in figures.values())
        assert repository.count_orders(customer_id=JOHN) == 6
        assert len({line.order_key for line in repository.purchases(customer_id=JOHN)}) == 6
        assert len({line.order_number for line in repository.history(customer_id=JOHN, limit=99)}) == 6
        wanted = OrderFilter(customer_id=JOHN)
        assert OrdersRepository(c).count(wanted=wanted) == 6
        assert len(OrdersRepository(c).search(wanted=wanted, limit=9, offset=0)) == 6
        buy(c, (KETTLE, 1), p_customer_id=ZOE)
        assert repository.figures(customer_ids=[JOHN])[JOHN].orders == both.orders + 1
        repository.take_back_merge(customer_id=ZOE)
        assert {
            one.customer_id: one.orders for one in repository.figures(customer_ids=[ZOE, JOHN]).values()
        } == {
            ZOE: figures[ZOE].orders + 1,
            JOHN: figures[JOHN].orders,
        }
        merge = repository.merges(customer_id=JOHN)[0]
        assert (merge.customer_id, merge.merged_by, merge.taken_back_by) == (
            ZOE,
            "test-manager",
            "test-manager",
        )
    assert kept(shop) == before
    assert differences(shop) == {}


def test_search_shows_only_the_one_kept_and_finds_it_by_what_the_other_is_called(act: Act) -> None:
    with act("manager") as c:
        CustomersRepository(c).merge(customer_id=ZOE, into_customer_id=JOHN)
    for text in ("muller", "zoe@example", "040 123456", "carter"):
        assert found(act, text) == (["John Carter"], 1, ["John Carter"])
    with act("manager") as c:
        CustomersRepository(c).take_back_merge(customer_id=ZOE)
    assert found(act, "muller") == (["Zoë Müller"], 1, ["Zoë Müller"])


def test_what_the_one_kept_has_empty_is_filled_and_emptied_again_unless_it_was_edited(
    act: Act, shop: OwnDatabase
) -> None:
    before = kept(shop)
    columns = "email, phone, gender, street, city, country_code, notes"
    select = f"SELECT {columns} FROM crpm.customers WHERE customer_id = {SINA}"
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET notes = 'Kept' WHERE customer_id = %s", [SINA])
    with act("manager") as c:
        repository = CustomersRepository(c)
        repository.merge(customer_id=ZOE, into_customer_id=SINA)
        filled = ("zoe@example.com", "+49 40 123456", "female", None, "Hamburg", "DE", "Kept")
        assert c.execute(select).fetchone() == filled
        c.execute(
            "UPDATE crpm.customers SET phone = '+49401' , street = 'Elbe 1' WHERE customer_id = %s", [SINA]
        )
        repository.take_back_merge(customer_id=ZOE)
        # An address that was worked on stays whole.
        assert c.execute(select).fetchone() == (None, "+49401", None, "Elbe 1", "Hamburg", "DE", "Kept")
    with act("manager") as c:
        repository = CustomersRepository(c)
        repository.merge(customer_id=ZOE, into_customer_id=JOHN)
        repository.take_back_merge(customer_id=ZOE)
    assert kept(shop)[:2] == before[:2]


def test_who_was_merged_before_comes_along_and_goes_back_with_it(act: Act, shop: OwnDatabase) -> None:
    select = "SELECT merged_into_customer_id FROM crpm.customers ORDER BY customer_id"
    with act("manager") as c:
        repository = CustomersRepository(c)
        repository.merge(customer_id=ZOE, into_customer_id=JOHN)
        repository.merge(customer_id=JOHN, into_customer_id=SINA)
        assert c.execute(select).fetchall() == [(SINA,), (SINA,), (None,)]
    assert differences(shop) == {}
    assert refusal(act, ZOE, None) == (
        "John Carter is merged into Sina Okafor. Take that back first, or choose Sina Okafor."
    )
    with act("manager") as c:
        CustomersRepository(c).take_back_merge(customer_id=JOHN)
        assert c.execute(select).fetchall() == [(JOHN,), (None,), (None,)]
    assert differences(shop) == {}


def test_a_merge_that_makes_no_sense_is_refused_and_says_why(act: Act, shop: OwnDatabase) -> None:
    assert refusal(act, ZOE, ZOE) == "A customer cannot be merged into itself."
    assert refusal(act, ZOE, 99) == "There is no customer 99."
    assert refusal(act, ZOE, None) == "This customer is not merged, or not any more."
    with act("manager") as c:
        CustomersRepository(c).merge(customer_id=ZOE, into_customer_id=JOHN)
    for pair in ((ZOE, SINA), (SINA, ZOE), (JOHN, ZOE)):
        assert refusal(act, *pair) == (
            "Zoë Müller is merged into John Carter. Take that back first, or choose John Carter."
        )
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.customers SET anonymised_at = now() WHERE customer_id = %s", [JOHN])
    for pair in ((SINA, JOHN), (ZOE, None)):
        assert refusal(act, *pair) == f"Customer {JOHN} is anonymised: nobody knows any more who that was."
    # The one kept carries the history: it is not deleted.
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        c.execute("DELETE FROM crpm.customers WHERE customer_id = %s", [JOHN])
    assert str(from_database(refused.value)) == (
        "Other customers were merged into this one; it cannot be deleted."
    )


def test_two_who_merge_the_same_customers_the_other_way_round_make_no_circle(
    act: Act, shop: OwnDatabase
) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with ThreadPoolExecutor(1) as other, shop.connect() as watcher:
        with act("manager") as c:
            CustomersRepository(c).merge(customer_id=ZOE, into_customer_id=JOHN)
            told = other.submit(refusal, act, JOHN, ZOE)
            while not told.done() and watcher.execute(waiting).fetchone() is None:
                pass
        assert told.result() == (
            "Zoë Müller is merged into John Carter. Take that back first, or choose John Carter."
        )
    assert differences(shop) == {}


def test_what_is_listed_of_a_customer_is_found_by_index(act: Act) -> None:
    with act("manager") as c:
        c.execute("SET LOCAL enable_seqscan = off")
        for name, given in (
            ("customers/figures", {"customer_ids": [ZOE, JOHN]}),
            ("customers/find_preferred_category", {"customer_id": ZOE}),
            ("customers/purchases", {"customer_id": ZOE, "limit": 10, "offset": 0}),
            ("customers/count_orders", {"customer_id": ZOE}),
            ("orders/count", OrderFilter(customer_id=ZOE).parameters()),
        ):
            found = query(name)
            plan = str(ClientCursor(c).execute("EXPLAIN " + found.text, found.check(given)).fetchall())
            assert "Index Cond: (customer_id = ANY" in plan, name
            assert "orders_customer_idx" in plan, name
        # Who reads no customers does not pay for the link.
        plan = str(c.execute("EXPLAIN SELECT sum(revenue) FROM analytics.sales").fetchall())
        assert "customers" not in plan
