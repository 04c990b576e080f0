from decimal import Decimal

from tests.loader.conftest import SMALL_FILES, Business, outcomes

CARTER = "2,Male,John Carter,Boston,MA,Massachusetts,02108,United States,North America,11/30/1975"


def test_changed_row_updates_what_its_file_has_columns_for(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET email = 'john@example.com' WHERE source_key = '2'")
    loaded.write("Customers.csv", CARTER.replace("Boston", "Salem").replace("Male", ""))
    assert outcomes(loaded.load(), "Customers.csv") == (1, 0, 1, 0, 0)
    customer = "SELECT city, gender, email, name FROM crpm.customers WHERE source_key = '2'"
    assert loaded.rows(customer) == [("Salem", None, "john@example.com", "John Carter")]
    changes = (
        "SELECT changed_by, channel, new_values ->> 'city' FROM crpm.audit_log WHERE table_name = 'customers'"
    )
    assert loaded.rows(f"{changes} AND new_values ? 'city'") == [("test-manager", "loader", "Salem")]


def test_row_loaded_before_does_not_revert_what_people_edited(loaded: Business) -> None:
    loaded.run("UPDATE crpm.customers SET name = 'John F. Carter' WHERE source_key = '2'")
    loaded.run("UPDATE crpm.products SET name = 'Silent kettle' WHERE source_key = '2'")
    loaded.run("UPDATE crpm.stores SET name = 'The mountain shop' WHERE source_key = '1'")
    report = loaded.load()
    assert report.is_unchanged
    assert loaded.rows("SELECT name FROM crpm.customers WHERE source_key = '2'") == [("John F. Carter",)]
    assert loaded.rows("SELECT name FROM crpm.products WHERE source_key = '2'") == [("Silent kettle",)]
    assert loaded.rows("SELECT name FROM crpm.stores WHERE source_key = '1'") == [("The mountain shop",)]


def test_anonymised_customer_is_not_brought_back(loaded: Business) -> None:
    loaded.rows("SELECT crpm.anonymise_customer(2, 'John Carter')")
    loaded.load()
    assert loaded.rejects() == [(3, "CustomerKey", "anonymised")]
    assert loaded.rows("SELECT name FROM crpm.customers WHERE source_key = '2'") == [
        ("Anonymised customer 2",)
    ]


def test_sales_of_a_merged_customer_count_with_the_one_kept(loaded: Business) -> None:
    loaded.rows("SELECT crpm.merge_customers(2, 1)")
    loaded.append("Sales.csv", "102,1,1/14/2020,,2,1,2,1,USD")
    assert outcomes(loaded.load(), "Sales.csv") == (4, 1, 0, 3, 0)
    assert loaded.rows("SELECT DISTINCT customer_id FROM analytics.sales") == [(1,)]
    assert loaded.rows("SELECT customer_id FROM crpm.orders WHERE order_number = '102'") == [(2,)]


def test_new_price_is_added_and_the_past_keeps_the_old_one(loaded: Business) -> None:
    loaded.write("Products.csv", "2,Kettle,Fjordline,Black,$4.20 ,$12.00 ,0102,Kettles,01,Kitchen")
    loaded.append("Sales.csv", "102,1,1/14/2020,,2,1,2,1,USD")
    report = loaded.load()
    assert outcomes(report, "Products.csv") == (1, 0, 1, 0, 0)
    prices = "SELECT unit_price FROM crpm.product_prices WHERE product_id = 2 ORDER BY valid_from"
    assert loaded.rows(prices) == [(Decimal("10.50"),), (Decimal("12.00"),)]
    assert loaded.rows("SELECT unit_cost FROM crpm.product_costs WHERE product_id = 2") == [
        (Decimal("4.20"),)
    ]
    lines = "SELECT base_unit_price FROM crpm.order_lines WHERE product_id = 2 ORDER BY order_id"
    assert loaded.rows(lines) == [(Decimal("10.50"),), (Decimal("10.50"),), (Decimal("12.00"),)]


def test_categories_are_known_by_key_and_by_name(loaded: Business) -> None:
    loaded.run("UPDATE crpm.categories SET name = 'Cooking'")
    loaded.write(
        "Products.csv",
        "3,Pan,Castell,Black,$4.20 ,$9.50 ,0103,Pans,01,Kitchen",
        "4,Pot,Castell,Black,$4.20 ,$9.50 ,0104,Pans,01,Kitchen",
        "5,Lamp,Lumo,Black,$4.20 ,$9.50 ,,Lamps,,Garden",
        "6,Torch,Lumo,Black,$4.20 ,$9.50 ,,Lamps,,Garden",
        "7,Bulb,Lumo,Black,$4.20 ,$9.50 ,,Lamps,,Office",
    )
    assert outcomes(loaded.load(), "Products.csv") == (5, 5, 0, 0, 0)
    assert loaded.rows(
        """
        SELECT c.name, s.name, count(p.product_id)
        FROM crpm.categories AS c
        INNER JOIN crpm.subcategories AS s ON c.category_id = s.category_id
        INNER JOIN crpm.products AS p ON s.subcategory_id = p.subcategory_id
        GROUP BY c.name, s.name ORDER BY c.name, s.name
        """
    ) == [
        ("Cooking", "Coffee", 1),
        ("Cooking", "Kettles", 1),
        ("Cooking", "Pans", 2),
        ("Garden", "Lamps", 2),
        ("Office", "Lamps", 1),
    ]


def test_continent_of_the_files_wins_where_they_agree(business: Business) -> None:
    business.write(
        "Customers.csv",
        "1,Female,Ann,Rome,RM,Roma,1,Italy,The South,1/31/1990",
        "2,Female,Bea,Rome,RM,Roma,1,Italy,The South,1/31/1990",
        "3,Female,Cis,Paris,,,1,France,The West,1/31/1990",
        "4,Female,Dot,Paris,,,1,France,The North,1/31/1990",
    )
    business.load()
    continents = "SELECT name, continent FROM crpm.countries WHERE name IN ('Italy', 'France') ORDER BY name"
    assert business.rows(continents) == [("France", "Europe"), ("Italy", "The South")]


def test_rate_is_corrected_by_a_later_file_but_not_one_that_a_person_entered(loaded: Business) -> None:
    loaded.run(
        "INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base) VALUES ('GBP', '2020-01-13', 0.8)"
    )
    loaded.write("Exchange_Rates.csv", "1/13/2020,EUR,0.95", "1/13/2020,GBP,0.7")
    assert outcomes(loaded.load(), "Exchange_Rates.csv") == (2, 0, 1, 0, 1)
    assert loaded.rejects() == [(3, "Exchange", "entered_by_hand")]
    rates = "SELECT currency_code, units_per_base FROM crpm.exchange_rates ORDER BY 1"
    assert loaded.rows(rates) == [
        ("EUR", Decimal("0.95")),
        ("GBP", Decimal("0.8")),
        ("USD", Decimal("1.0000")),
    ]


def test_keys_of_another_source_are_other_records_with_names_and_skus_of_their_own(
    business: Business,
) -> None:
    business.append("Stores.csv", "2,Italy,Enna,50,1/13/2008")
    business.load()
    report = business.load(source_system="till")
    assert outcomes(report, "Products.csv") == (2, 2, 0, 0, 0)
    # There is one online shop, so the other source's one is refused, and with it the sales there.
    assert business.rejects() == [(3, "Country", "second_online_shop"), (4, "StoreKey", "unknown_store")]
    assert business.rows("SELECT name FROM crpm.stores ORDER BY store_id") == [
        ("Enna, Italy",),
        ("Online",),
        ("Enna, Italy (2)",),
        ("Enna, Italy (1)",),
        ("Enna, Italy (till 2)",),
    ]
    assert business.rows("SELECT sku FROM crpm.products ORDER BY product_id") == [
        ("1",),
        ("2",),
        ("till-1",),
        ("till-2",),
    ]


def test_part_of_the_files_loads_on_what_is_there(loaded: Business) -> None:
    for name in SMALL_FILES.keys() - {"Sales.csv"}:
        (loaded.folder / name).unlink()
    loaded.write("Sales.csv", "102,1,1/14/2020,,2,1,2,1,USD")
    report = loaded.load(date_order="mdy")
    assert [file.file for file in report.files] == ["Sales.csv"]
    assert outcomes(report, "Sales.csv") == (1, 1, 0, 0, 0)
