from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from app.errors import ChangedMeanwhileError, NotFoundError, RuleError, from_database
from app.repositories.products import (
    ListedProduct,
    ProductDetails,
    ProductFilter,
    ProductsRepository,
    days_of_cover,
)
from app.repositories.stock import StockRepository
from db.sqlfiles import WrongParametersError, query
from tests.conftest import Act, OwnDatabase
from tests.rules.purchasing import BOSTON, HAMBURG, KETTLE, KNIFE, LAMP, PATH_LIGHT, buy
from tests.trade import trade

MUG = ProductDetails(
    sku="MUG-1",
    name="Mug",
    brand=None,
    color="Blue",
    subcategory_id=1,
    tax_class_id=1,
    reorder_point=4,
)


@pytest.fixture
def reader(act_of_module: Act) -> Iterator[ProductsRepository]:
    with act_of_module("clerk") as connection:
        yield ProductsRepository(connection)


def names(repository: ProductsRepository, **wanted: object) -> list[str]:
    """What the list shows under a filter, which the count agrees with."""
    filters = ProductFilter(**wanted)  # type: ignore[arg-type]
    rows = repository.search(wanted=filters, limit=50, offset=0)
    assert repository.count(wanted=filters) == len(rows)
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Chef's knife", "Garden lamp", "Kettle 1.7 l", "Path light"]),
        ("LAMP", ["Garden lamp", "Path light"]),
        ("lamp lumo", ["Garden lamp"]),
        ("kitch", ["Chef's knife", "Kettle 1.7 l"]),
        ("lam-", ["Garden lamp", "Path light"]),
        ("  lumo ", ["Garden lamp", "Path light"]),
        ("garden lumo", ["Garden lamp"]),
        ("fjördline", ["Kettle 1.7 l"]),
        ("4006381333931", ["Kettle 1.7 l"]),
        ("400638133393", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("chef's", ["Chef's knife"]),
        ("'; DROP TABLE crpm.products; --", []),
    ],
)
def test_search_takes_what_is_typed_as_text(reader: ProductsRepository, text: str, found: list[str]) -> None:
    assert names(reader, text=text) == found


def test_what_is_typed_wrong_finds_products_that_are_nearly_alike(reader: ProductsRepository) -> None:
    meant, total = reader.meant(wanted=ProductFilter(text="ketle"))
    assert ([row.name for row in reader.search(wanted=meant, limit=25)], total) == (["Kettle 1.7 l"], 1)
    assert reader.meant(wanted=ProductFilter(text="kettle")) == (ProductFilter(text="kettle"), 1)


def test_pages_and_search_among_many_products_come_from_an_index(shop: OwnDatabase, act: Act) -> None:
    with shop.connect() as owner:
        owner.execute(
            """
            INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
            SELECT 'X-' || n, 'Thing ' || md5(n::text), 1, 1 FROM generate_series(1, 10000) AS n
            """
        )
        owner.execute("VACUUM ANALYZE")
    kettle, anything = ProductFilter(text="kettle").parameters(), ProductFilter().parameters()
    search = query("products/search")
    with act("clerk") as c:
        for text, given, index in (
            (query("products/count").text, kettle, "products_search_idx"),
            (search.page("name"), kettle, "products_search_idx"),
            (search.page("name descending", is_anchored=True), anything, "products_sort_name_idx"),
            (search.page("name", is_backward=True), anything, "products_sort_name_idx"),
            (search.page("sku", is_anchored=True), anything, "products_sku_is_unique"),
            (search.page("name"), ProductFilter(brand="Lumo").parameters(), "products_brand_idx"),
        ):
            asked = {**given, "called": [], "limit": 25, "offset": 0, "anchor": KETTLE}
            rows = c.execute(b"EXPLAIN " + text.encode(), asked).fetchall()
            plan = "\n".join(row[0] for row in rows)
            assert index in plan, (text, plan)
            assert "Seq Scan on products" not in plan
        # The shop has too few sales and levels for their indexes to pay.
        c.execute("SET LOCAL enable_seqscan = off")
        for wanted, index in (
            (ProductFilter(never_sold=True), "using order_lines_product_idx"),
            (ProductFilter(availability="out"), "using stock_levels_"),
            (ProductFilter(availability="low"), "using stock_levels_"),
        ):
            for text in (query("products/count").text, search.page("name")):
                asked = {**wanted.parameters(), "called": [], "limit": 25, "offset": 0, "anchor": None}
                plan = "\n".join(row[0] for row in c.execute(b"EXPLAIN " + text.encode(), asked))
                assert index in plan, (text, plan)
                assert "Hash" not in plan, (text, plan)


def test_list_is_filtered_by_category_and_status(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        products.set_active(product_id=PATH_LIGHT, is_active=False)
        assert names(products, category_id=1) == ["Chef's knife", "Kettle 1.7 l"]
        assert names(products, subcategory_id=2) == ["Chef's knife"]
        assert names(products, category_id=2, is_active=True) == ["Garden lamp"]
        assert names(products, is_active=False) == ["Path light"]


def test_available_means_active_and_on_hand_somewhere_or_at_the_store(act: Act) -> None:
    with act("manager") as c:
        products, stock = ProductsRepository(c), StockRepository(c)
        everything = ["Chef's knife", "Garden lamp", "Kettle 1.7 l", "Path light"]
        assert names(products, availability="available") == everything
        assert names(products, availability="available", store_id=BOSTON) == everything[:3]
        assert names(products, availability="out", store_id=BOSTON) == ["Path light"]
        products.set_active(product_id=KETTLE, is_active=False)
        for store in (1, 2, 3):
            stock.adjust(store_id=store, product_id=KNIFE, counted=Decimal(0), reason="lost")
        assert names(products, availability="available") == ["Garden lamp", "Path light"]
        assert names(products, availability="out") == ["Chef's knife"]


def test_low_means_at_or_below_the_reorder_point_in_an_active_store(shop: OwnDatabase, act: Act) -> None:
    with act("manager") as c:
        products, stock = ProductsRepository(c), StockRepository(c)
        stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(5), reason="counted")
        stock.adjust(store_id=BOSTON, product_id=LAMP, counted=Decimal(3), reason="counted")
        assert names(products, availability="low") == ["Kettle 1.7 l"]
        assert names(products, availability="low", store_id=HAMBURG) == []
    with shop.connect() as owner:
        owner.execute("UPDATE crpm.stores SET is_active = FALSE WHERE store_id = %s", [BOSTON])
    with act("clerk") as c:
        assert names(ProductsRepository(c), availability="low") == []


def test_on_hand_and_status_follow_the_store(act: Act) -> None:
    with act("manager") as c:
        products, stock = ProductsRepository(c), StockRepository(c)
        stock.adjust(store_id=BOSTON, product_id=KETTLE, counted=Decimal(1), reason="counted")
        products.set_active(product_id=LAMP, is_active=False)

        def shown(store_id: int | None) -> dict[str, tuple[int, str]]:
            rows = products.search(wanted=ProductFilter(store_id=store_id), limit=9, offset=0)
            return {row.sku: (row.on_hand, row.status) for row in rows}

        assert shown(None) == {
            "KNI-1": (60, "active"),
            "LAM-1": (60, "inactive"),
            "KET-1": (41, "low stock"),
            "LAM-2": (40, "active"),
        }
        assert shown(BOSTON) == {
            "KNI-1": (20, "active"),
            "LAM-1": (20, "inactive"),
            "KET-1": (1, "low stock"),
            "LAM-2": (0, "out of stock"),
        }


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("name", "KNI-1"),
        ("name descending", "LAM-2"),
        ("sku", "KET-1"),
        ("sku descending", "LAM-2"),
        ("category", "LAM-1"),
        ("category descending", "KNI-1"),
        ("unit_price", "LAM-2"),
        ("unit_price descending", "KNI-1"),
        ("on_hand", "LAM-2"),
        ("on_hand descending", "KNI-1"),
    ],
)
def test_list_is_sorted_and_paged(reader: ProductsRepository, sort: str, first: str) -> None:
    def page(**more: Any) -> list[ListedProduct]:
        return reader.search(wanted=ProductFilter(), sort=sort, limit=3, **more)

    by_keys = sort.split()[0] in query("products/search").keys
    beginning = page()
    last = beginning[-1].product_id
    end = page(anchor=last) if by_keys else page(offset=3)
    assert [len(beginning), len(end)] == [3, 1]
    assert beginning[0].sku == first
    assert len({row.product_id for row in [*beginning, *end]}) == 4
    if by_keys:
        assert page(anchor=end[0].product_id, is_backward=True) == beginning
        assert page(is_backward=True) == [*beginning[1:], *end]


def test_an_order_that_goes_by_no_keys_has_no_anchor(reader: ProductsRepository) -> None:
    with pytest.raises(WrongParametersError, match="on_hand is no order by keys"):
        reader.search(wanted=ProductFilter(), sort="on_hand", limit=3, anchor=1)


def test_list_is_filtered_by_brand_and_by_what_never_sold(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        assert products.brands() == ["Castell", "Fjordline", "Lumo"]
        assert names(products, brand="Lumo") == ["Garden lamp", "Path light"]
        buy(c, (LAMP, 1), store=BOSTON)
        cancelled = buy(c, (KETTLE, 1), store=BOSTON)
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
        assert names(products, never_sold=True) == ["Chef's knife", "Kettle 1.7 l", "Path light"]
        assert names(products, never_sold=True, brand="Lumo") == ["Path light"]


def test_new_product_gets_price_cost_barcodes_and_opening_stock(act: Act) -> None:
    with act("manager") as c:
        products, stock = ProductsRepository(c), StockRepository(c)
        number = products.add(details=MUG)
        products.add_price(product_id=number, currency_code="USD", unit_price=Decimal("7.50"))
        products.add_cost(product_id=number, unit_cost=Decimal("2.10"))
        products.set_barcodes(product_id=number, barcodes=["b-2", "b-1"])
        stock.open(store_id=BOSTON, product_id=number, quantity=Decimal(12))
        mug = products.get(product_id=number)
        (listed,) = products.search(wanted=ProductFilter(text="b-1"), limit=2, offset=0)
        assert products.costs(product_ids=[number, KETTLE, 999]) == {
            number: Decimal("2.10"),
            KETTLE: Decimal("21.00"),
        }
        (change,) = products.changes(product_id=number, limit=5)
    assert (mug.category, mug.subcategory, mug.tax_class) == ("Kitchen", "Kettles", "Standard")
    assert (mug.unit_price, mug.currency_code, mug.is_active) == (Decimal("7.50"), "USD", True)
    assert list(mug.barcodes) == ["b-1", "b-2"]
    assert (listed.product_id, listed.on_hand, listed.status) == (number, 12, "active")
    assert (change.action, change.changed_by) == ("insert", "test-manager")


def test_barcodes_are_replaced_and_belong_to_one_product(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        products.set_barcodes(product_id=KETTLE, barcodes=["4006381333931", "other"])
        products.set_barcodes(product_id=KETTLE, barcodes=["other"])
        assert products.get(product_id=KETTLE).barcodes == ["other"]
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        ProductsRepository(c).set_barcodes(product_id=KNIFE, barcodes=["other"])
    assert str(from_database(refused.value)) == "This barcode belongs to a product already."


def test_sku_that_is_taken_is_refused(act: Act) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        ProductsRepository(c).add(details=replace(MUG, sku="KET-1"))
    assert str(from_database(refused.value)) == "A product with this SKU exists already."


def test_recent_sales_are_net_of_returns_and_of_one_store_or_all(shop: OwnDatabase, act: Act) -> None:
    trade(shop)
    with act("clerk") as c:
        products = ProductsRepository(c)
        everything = [KETTLE, KNIFE, LAMP, PATH_LIGHT]
        assert products.recent_sales(product_ids=everything) == {KETTLE: 2, KNIFE: 2, LAMP: 11}
        assert products.recent_sales(product_ids=[KNIFE, LAMP], store_id=BOSTON) == {KNIFE: 1, LAMP: 8}
    assert days_of_cover(on_hand=49, recent_units=11) == 400
    assert days_of_cover(on_hand=49, recent_units=0) is None


def test_product_tells_its_months_profit_and_what_is_bought_with_it(shop: OwnDatabase, act: Act) -> None:
    trade(shop)
    with act("clerk") as c:
        products = ProductsRepository(c)
        months = products.sales_by_month(product_id=KETTLE)
        assert len(months) == 24
        assert (months[-1].units, months[-1].revenue) == (2, Decimal("99.80"))
        assert sum(row.units for row in months) == 6
        assert products.bought_together(product_id=KETTLE) == []
        for _ in range(2):
            buy(c, (KETTLE, 1), (KNIFE, 1), (KETTLE, 2), store=BOSTON)
        cancelled = buy(c, (KETTLE, 1), (LAMP, 1), store=BOSTON)
        c.execute("SELECT crpm.cancel_order(%s, %s, 'wrong till')", [BOSTON, cancelled[0]])
        (knife,) = products.bought_together(product_id=KETTLE)
        # Five orders had a kettle, and three of them a knife.
        assert (knife.product_id, knife.orders, knife.share) == (KNIFE, 3, Decimal("0.6000"))
    with act("manager") as c:
        profit = ProductsRepository(c).profit(product_id=LAMP)
        assert profit.margin == round(profit.gross_profit / (profit.gross_profit + 11 * Decimal("9.80")), 4)
    with act("clerk") as c, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ProductsRepository(c).profit(product_id=LAMP)


def test_proposed_sku_skips_those_that_are_taken(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        assert products.propose_sku() == "P-00005"
        products.update(product_id=KETTLE, row_version=1, details=replace(MUG, sku="P-00005"))
        assert products.propose_sku() == "P-00006"


def test_categories_are_found_by_name_or_added_in_place(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        assert products.find_or_add_subcategory(category="kitchen", subcategory="KNIVES") == 2
        in_old = products.find_or_add_subcategory(category="kitchen", subcategory="Mugs")
        in_new = products.find_or_add_subcategory(category="Café", subcategory="Mugs")
        assert products.find_or_add_subcategory(category="cafe", subcategory="mugs") == in_new
        choices = [(row.category, row.subcategory, row.subcategory_id) for row in products.categories()]
    assert ("Kitchen", "Mugs", in_old) in choices
    assert choices[0] == ("Café", "Mugs", in_new)
    assert len(choices) == 5


def test_price_history_is_kept_and_old_orders_are_untouched(act: Act) -> None:
    with act("manager") as c:
        order = buy(c, (KETTLE, 2), store=BOSTON)
    with act("manager") as c:
        products = ProductsRepository(c)
        products.add_price(product_id=KETTLE, currency_code="USD", unit_price=Decimal("59.90"))
        products.add_cost(product_id=KETTLE, unit_cost=Decimal("30"))
    with act("manager") as c:
        products = ProductsRepository(c)
        prices = products.price_history(product_id=KETTLE, limit=9)
        costs = products.cost_history(product_id=KETTLE, limit=9)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), act("analyst") as analyst:
            ProductsRepository(analyst).price_history(product_id=KETTLE, limit=9)
        with act("analyst") as analyst:
            listed = ProductsRepository(analyst).list_prices(product_id=KETTLE, limit=9)
        later = buy(c, (KETTLE, 1), store=BOSTON)
        lines = c.execute(
            "SELECT order_id, unit_price, base_unit_cost, line_amount FROM crpm.order_lines ORDER BY order_id"
        ).fetchall()
    assert [(row.unit_price, row.previous_price, row.recorded_by) for row in prices] == [
        (Decimal("59.90"), Decimal("49.90"), "test-manager"),
        (Decimal("49.90"), None, prices[1].recorded_by),
    ]
    assert [(row.valid_from, row.unit_price, row.previous_price) for row in listed] == [
        (row.valid_from, row.unit_price, row.previous_price) for row in prices
    ]
    assert [(row.unit_cost, row.previous_cost) for row in costs] == [(30, 21), (21, None)]
    assert lines == [
        (order[0], Decimal("49.90"), Decimal("21.00"), Decimal("99.80")),
        (later[0], Decimal("59.90"), Decimal("30"), Decimal("59.90")),
    ]


def test_second_save_of_the_same_version_is_told_and_changes_nothing(act: Act) -> None:
    with act("manager") as c:
        read = ProductsRepository(c).get(product_id=KETTLE)
    with act("manager") as c:
        ProductsRepository(c).update(
            product_id=KETTLE, row_version=read.row_version, details=replace(MUG, sku="KET-1", name="First")
        )
    with pytest.raises(ChangedMeanwhileError), act("manager") as c:
        ProductsRepository(c).update(
            product_id=KETTLE, row_version=read.row_version, details=replace(MUG, sku="KET-1", name="Second")
        )
    with act("manager") as c:
        products = ProductsRepository(c)
        assert products.get(product_id=KETTLE).name == "First"
        change = products.changes(product_id=KETTLE, limit=1)[0]
    assert change.old_values is not None
    assert change.new_values is not None
    assert (change.old_values["name"], change.new_values["name"]) == ("Kettle 1.7 l", "First")


def test_saving_unchanged_details_counts_the_version_on(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        number = products.add(details=MUG)
        products.update(product_id=number, row_version=1, details=MUG)
        with pytest.raises(ChangedMeanwhileError):
            products.update(product_id=number, row_version=1, details=MUG)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "A product needs a name."),
        ({"sku": ""}, "A product needs a SKU."),
        ({"name": "x" * 301}, "A product's name has at most 300 characters"),
        ({"reorder_point": -1}, "The reorder point is zero or more."),
    ],
)
def test_rules_of_a_product_are_explained(act: Act, change: dict[str, object], message: str) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        ProductsRepository(c).add(details=replace(MUG, **change))  # type: ignore[arg-type]
    known = from_database(refused.value)
    assert isinstance(known, RuleError)
    assert str(known).startswith(message)


def test_only_a_product_without_history_can_be_deleted(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        number = products.add(details=MUG)
        products.set_barcodes(product_id=number, barcodes=["b"])
        products.add_price(product_id=number, currency_code="USD", unit_price=Decimal(1))
        assert not products.has_history(product_id=number)
        products.delete(product_id=number, row_version=1)
        with pytest.raises(NotFoundError):
            products.get(product_id=number)
        assert products.has_history(product_id=KETTLE)
    with pytest.raises(psycopg.IntegrityError) as refused, act("manager") as c:
        ProductsRepository(c).delete(product_id=KETTLE, row_version=1)
    assert "Deactivate it instead." in str(from_database(refused.value))


def test_figures_are_net_of_returns_and_cancelled_orders(shop: OwnDatabase, act: Act) -> None:
    trade(shop)
    with act("viewer") as c:
        products = ProductsRepository(c)
        kettle = products.figures(product_id=KETTLE)
        never = products.figures(product_id=PATH_LIGHT)
    # Bought 2, 1 (in euro) and 4 (a year ago); one of the first two came back.
    assert (kettle.units, kettle.recent_units) == (6, 2)
    assert kettle.revenue == Decimal("49.90") * 6
    assert kettle.recent_revenue == Decimal("49.90") * 2
    assert (never.units, never.revenue, never.last_sold_on) == (0, 0, None)


def test_missing_product_is_not_found(act: Act) -> None:
    with act("manager") as c:
        products = ProductsRepository(c)
        with pytest.raises(NotFoundError):
            products.get(product_id=999)
        with pytest.raises(NotFoundError):
            products.delete(product_id=999, row_version=1)
        with pytest.raises(NotFoundError):
            products.set_active(product_id=999, is_active=True)
        with pytest.raises(NotFoundError):
            products.update(product_id=999, row_version=1, details=MUG)


def test_clerk_reads_products_and_their_prices(act: Act) -> None:
    with act("clerk") as c:
        products = ProductsRepository(c)
        assert products.get(product_id=KETTLE).unit_price == Decimal("49.90")


@pytest.mark.parametrize(
    "attempt",
    [
        lambda products: products.costs(product_ids=[KETTLE]),
        lambda products: products.cost_history(product_id=KETTLE, limit=1),
        lambda products: products.changes(product_id=KETTLE, limit=1),
        lambda products: products.add(details=MUG),
        lambda products: products.update(product_id=KETTLE, row_version=1, details=MUG),
        lambda products: products.set_active(product_id=KETTLE, is_active=False),
        lambda products: products.add_price(product_id=KETTLE, currency_code="USD", unit_price=Decimal(1)),
        lambda products: products.set_barcodes(product_id=KETTLE, barcodes=[]),
        lambda products: products.delete(product_id=KETTLE, row_version=1),
    ],
)
def test_clerk_is_refused_costs_and_changes(act_of_module: Act, attempt: object) -> None:
    assert callable(attempt)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), act_of_module("clerk") as c:
        attempt(ProductsRepository(c))
