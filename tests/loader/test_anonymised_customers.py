import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from app.errors import NotFoundError, from_database
from app.repositories.customers import CustomersRepository
from loader.rejected import as_files, read_rejected
from tests.loader.conftest import SMALL_FILES, Business
from tests.rules.books import differences

CARTER = "2,Male,John Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975"
# No part of any of these stands in the files but for this person.
PERSON = (
    "carter",
    "boston",
    "massachusetts",
    "02108",
    "1975",
    "jcarter",
    "617",
    "elm street",
    "tall man",
    "CÃ¤rter",
)
TOTALS = (
    "SELECT * FROM analytics.headline",
    "SELECT * FROM analytics.headline_profit",
    "SELECT customer_id, orders, units, revenue FROM analytics.customer_sales ORDER BY customer_id",
    "SELECT country_code, sum(revenue) FROM analytics.detailed_sales GROUP BY country_code ORDER BY country_code",
)


def told(business: Business) -> dict[str, str]:
    """Every row of every table that has something of the person, whatever its columns."""
    tables = business.rows(
        """
        SELECT c.oid::regclass::text FROM pg_class AS c
        WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace IN ('crpm'::regnamespace, 'staging'::regnamespace)
        """
    )
    assert len(tables) > 40
    found = {}
    with business.database.connect() as connection:
        for (table,) in tables:
            schema, name = table.split(".")
            for row in connection.execute(
                sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(schema, name))
            ):
                if any(part.lower() in row[0].lower() for part in PERSON):
                    found[table] = row[0]
    return found


def live(business: Business) -> None:
    """The person is loaded, edited, contradicted, rejected, merged, parked and bought for."""
    business.load()
    business.run(
        """
        UPDATE crpm.customers SET email = 'jcarter@example.com', phone = '+16175550123', street = '1 Elm Street', notes = 'A tall man',
            has_marketing_consent = TRUE, consent_source = 'Told Carter', city = 'East Boston'
        WHERE customer_id = 2
        """
    )
    business.write(
        "Customers.csv",
        CARTER.replace("Boston", "South Boston").replace("John", "Jon"),
        CARTER,
        # Neither has a key that can be read; one is told by the e-mail, the other by its name.
        ",Male,J.C. jcarter@example.com,,,,,,,",
        ",Male,Carter Jon,Boston,,,,,,",
        "7,Male,CÃ¤rter,Rome,RM,Lazio,00100,Italy,Europe,1/1/1980",
    )
    business.load()
    business.run("INSERT INTO crpm.customers (name, email) VALUES ('J. Carter', 'jcarter@work.example')")
    business.rows(
        "SELECT crpm.merge_customers(c.customer_id, 2) FROM crpm.customers AS c WHERE c.name = 'J. Carter'"
    )
    basket = {"lines": [{"product_id": 1, "quantity": "1", "price": "1", "reason": "Carter complained"}]}
    with business.database.connect() as connection:
        connection.execute(
            "SELECT crpm.park_purchase(1, gen_random_uuid(), gen_random_uuid(), %s::jsonb, p_customer_id => 2, p_note => 'for Carter')",
            [json.dumps(basket)],
        )


def test_nothing_in_the_whole_database_tells_of_an_anonymised_person_and_every_total_stays(
    business: Business,
) -> None:
    live(business)
    before = [business.rows(total) for total in TOTALS]
    assert {
        "crpm.customers",
        "crpm.audit_log",
        "crpm.rejects",
        "crpm.load_conflicts",
        "crpm.load_changes",
        "crpm.load_files",
        "crpm.parked_purchases",
    } <= set(told(business))
    with business.database.connect() as connection:
        connection.execute("SET ROLE crpm_manager")
        # Any of the records of one person is all of them.
        connection.execute(
            "SELECT crpm.anonymise_customer(c.customer_id, c.name) FROM crpm.customers AS c WHERE c.name = 'J. Carter'"
        )
    # The namesake of the garbled row is another person, of whom no example is kept either.
    business.run("UPDATE crpm.customers SET name = 'Namesake', source_values = NULL WHERE source_key = '7'")
    business.run("DELETE FROM crpm.audit_log WHERE row_key = '3'")
    assert told(business) == {}
    assert [business.rows(total) for total in TOTALS] == before
    assert business.rows(
        "SELECT jsonb_array_length(basket -> 'lines'), customer_id FROM crpm.parked_purchases"
    ) == [(1, None)]
    # Rows that come later are refused, and leave nothing either.
    business.write("Customers.csv", CARTER, CARTER.replace("John", "Jon"), f"{CARTER},one too many")
    # A purchase with the name beside it, of a product that there is not.
    header, *_ = SMALL_FILES["Sales.csv"].split("\n")
    sales = "105,1,1/14/2020,,2,0,99,1,USD,John Carter", "106,1,1/14/2020,,1,0,99,1,USD,Rosa Esposito"
    (business.folder / "Sales.csv").write_text(
        "\n".join([f"{header},Customer", *sales, ""]), encoding="utf-8"
    )
    business.load()
    assert [row[2] for row in business.rejects()] == [
        "anonymised",
        "anonymised",
        "unreadable_row",
        "unknown_product",
        "unknown_product",
    ]
    assert told(business) == {}
    with business.database.connect() as connection:
        mended = as_files(read_rejected(connection, load_id=None))
    assert [text.splitlines()[1:] for text in mended.values()] == [[sales[1]]]
    assert differences(business.database) == {}


def test_everything_held_on_a_person_is_one_document_of_all_records_merged_into_one(
    business: Business,
) -> None:
    live(business)

    def held(customer_id: int) -> Any:
        with business.database.connect() as connection:
            connection.execute("SET ROLE crpm_manager")
            return json.loads(
                CustomersRepository(connection).all_held(customer_id=customer_id), parse_float=Decimal
            )

    document = held(2)
    ((twin,),) = business.rows("SELECT customer_id FROM crpm.customers WHERE name = 'J. Carter'")
    assert held(twin) | {"as_of": document["as_of"]} == document
    assert {record["name"] for record in document["records"]} == {"Jon Carter", "J. Carter"}
    assert document["records"][0]["source_values"]["name"] == "Jon Carter"
    assert [merge["customer_id"] for merge in document["merges"]] == [twin]
    assert [line["product"] for order in document["purchases"] for line in order["lines"]] == ["Kettle"]
    assert document["purchases"][0]["total_amount"] == Decimal("31.50")
    assert document["parked_purchases"][0]["note"] == "for Carter"
    assert any("jcarter@example.com" in str(change) for change in document["changes"])
    assert document["changed_by_loads"][0]["new_values"]["name"] == "Jon Carter"
    assert [conflict["field"] for conflict in document["conflicts_with_files"]] == ["city"]
    assert [row["line"] for row in document["rejected_rows_of_files"]] == [3, 4, 5]
    with pytest.raises(NotFoundError):
        held(99)
    # Of a person who was taken out, purchases are all that is held.
    business.rows("SELECT crpm.anonymise_customer(2, 'Jon Carter')")
    left = {name: value for name, value in held(2).items() if name != "records" and value == []}
    assert left.keys() == {"parked_purchases", "changed_by_loads", "conflicts_with_files"}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "SELECT crpm.anonymise_customer(2, 'Jon')",
            "Type the name as it stands in the record: John Carter.",
        ),
        ("SELECT crpm.anonymise_customer(99, '')", "There is no customer 99."),
        (
            "SELECT crpm.anonymise_customer(1, 'Anonymised customer 1')",
            "This customer is anonymised already.",
        ),
        (
            "UPDATE crpm.customers SET email = 'a@b.c' WHERE customer_id = 1",
            "This customer is anonymised: nothing about the person is entered any more.",
        ),
        (
            "UPDATE crpm.customers SET is_active = TRUE WHERE customer_id = 1",
            "This customer is anonymised: nothing about the person is entered any more.",
        ),
        (
            "UPDATE crpm.audit_log SET new_values = NULL WHERE table_name = 'customers' AND new_values IS NOT NULL",
            None,
        ),
    ],
)
def test_who_is_anonymised_is_named_stays_so_and_the_log_stays_otherwise(
    business: Business, statement: str, message: str | None
) -> None:
    business.load()
    business.rows("SELECT crpm.anonymise_customer(1, ' Rosa Esposito ')")

    with business.database.connect() as connection, pytest.raises(psycopg.IntegrityError) as refused:
        connection.execute(statement)
    told: Any = from_database(refused.value)
    assert str(told) == (message or "Rows of audit_log are only ever added.")
