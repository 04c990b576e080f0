"""Every error that a person may see, and the one table that maps a rule of the database to it.

CrpmError
├── RuleError             a named rule of the database refused it
│   ├── StockError        not enough on hand
│   └── DuplicateError    something of that name or key exists already
├── ChangedMeanwhileError somebody else saved the same record first
├── NotFoundError         it is not there (any more)
├── NotAllowedError       the acting role may not do it
├── InputError            what was typed cannot be understood
├── StatementError        the database refuses a statement of the SQL console, and where
└── UnavailableError      the database cannot be reached just now

A class's docstring is the message for the person, unless the error carries one of its own.
"""

from collections.abc import Sequence

import psycopg
from psycopg_pool import PoolTimeout

from db.errors import ServerError


class CrpmError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class RuleError(CrpmError):
    """A rule of the database refuses this."""

    def __init__(self, message: str | None = None, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class StockError(RuleError):
    """There is not enough stock."""


class DuplicateError(RuleError):
    """This exists already."""


class ChangedMeanwhileError(CrpmError):
    """Somebody else has changed this in the meantime. Your changes are still in the form: open the record again to see theirs."""


class NotFoundError(CrpmError):
    """This is not there, or not there any more."""


class NotAllowedError(CrpmError):
    """Your role may not do this."""


class InputError(CrpmError):
    """This cannot be understood."""


class StatementError(CrpmError):
    """The database refuses this statement.

    `pointer` is the place at fault: line and column, the line itself and a caret below it. `hints` say what to do.
    """

    def __init__(self, message: str, *, pointer: str = "", hints: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.hints = hints


class UnavailableError(CrpmError):
    """The database cannot be reached just now. Nothing was saved; try again in a moment."""


# Constraint name -> what the person is told. None: the database's own message, which names the product, the figures, the day.
RULES: dict[str, tuple[type[RuleError], str | None]] = {
    "sign_in_tries_are_limited": (RuleError, None),
    "users_first_admin_comes_first": (RuleError, None),
    "users_keep_an_admin": (RuleError, None),
    "stores_are_ones_own": (RuleError, None),
    "users_store_is_of_viewer_or_clerk": (
        RuleError,
        "Only viewers and clerks work for one store alone. Tie this user to all stores first.",
    ),
    "users_name_is_unique": (DuplicateError, "A user of that name exists already."),
    "users_name_is_plain": (
        RuleError,
        "A user's name has small letters, digits, points, hyphens and underscores, and begins with a letter or digit.",
    ),
    "users_role_is_known": (RuleError, "A role is viewer, analyst, clerk, manager or admin."),
    "stock_levels_on_hand_is_not_negative": (StockError, None),
    "customers_name_is_not_blank": (RuleError, "A customer needs a name."),
    "customers_name_is_not_too_long": (RuleError, "A customer's name has at most 200 characters."),
    "customers_notes_are_not_too_long": (RuleError, "Notes have at most 10,000 characters."),
    "customers_other_text_is_not_too_long": (
        RuleError,
        "E-mail, phone and each part of the address have at most 320 characters.",
    ),
    "customers_email_has_an_at_sign": (RuleError, "An e-mail address looks like name@example.com."),
    "customers_gender_is_known": (RuleError, "Gender is female, male or other, or left empty."),
    "customers_birth_date_is_not_before_1900": (RuleError, "A birth date is not before 1900."),
    "customers_is_not_merged_into_itself": (RuleError, "A customer cannot be merged into itself."),
    "customer_merges_join_two": (RuleError, "A customer cannot be merged into itself."),
    "customer_merges_customer_is_merged_once": (DuplicateError, None),
    "customer_merges_customer_is_known": (RuleError, None),
    "customer_merges_customer_is_a_person": (RuleError, None),
    "customer_merges_are_taken_back_once": (DuplicateError, None),
    "bulk_changes_percent_is_sensible": (RuleError, "Prices change by a percentage from -90 to 1,000."),
    "bulk_changes_percent_changes_something": (RuleError, "Prices change by a percentage that is not 0."),
    "bulk_changes_ending_fits_the_currency": (RuleError, None),
    "bulk_changes_category_is_known": (RuleError, None),
    "bulk_changes_status_is_known": (RuleError, None),
    "bulk_changes_change_something": (RuleError, None),
    "bulk_changes_are_taken_back_once": (DuplicateError, None),
    "customers_anonymised_is_nobody": (
        RuleError,
        "This customer is anonymised: nothing about the person is entered any more.",
    ),
    "customers_are_anonymised_once": (DuplicateError, None),
    "customers_are_anonymised_by_their_name": (RuleError, None),
    "customers_source_key_is_unique": (
        DuplicateError,
        "A customer with this key of that source exists already.",
    ),
    "customers_merged_into_customer_id_fkey": (
        RuleError,
        "Other customers were merged into this one; it cannot be deleted.",
    ),
    "customers_country_code_fkey": (RuleError, "There is no such country."),
    "orders_customer_id_fkey": (
        RuleError,
        "This customer has purchases and cannot be deleted. Deactivate the customer instead.",
    ),
    "stores_name_is_unique": (DuplicateError, "A store of that name exists already."),
    "stores_name_is_not_blank": (RuleError, "A store needs a name."),
    "stores_text_is_not_too_long": (
        RuleError,
        "A store's name has at most 300 characters, its state at most 200.",
    ),
    "stores_area_is_positive": (RuleError, "A store's floor area is more than zero."),
    "stores_shop_has_a_country": (RuleError, "A shop needs a country."),
    "stores_only_one_is_online": (DuplicateError, "There is an online shop already."),
    "stores_source_key_is_unique": (DuplicateError, "A store with this key of that source exists already."),
    "settings_company_name_is_not_blank": (RuleError, "The company needs a name."),
    "settings_company_name_is_not_too_long": (RuleError, "The company's name has at most 200 characters."),
    "settings_has_one_row": (DuplicateError, "The company has been set up already."),
    "settings_pkey": (DuplicateError, "The company has been set up already."),
    "settings_base_currency_is_fixed": (RuleError, None),
    "settings_base_currency_code_fkey": (RuleError, "There is no such currency."),
    "settings_receipt_texts_are_not_too_long": (
        RuleError,
        "A tax number has at most 100 characters; the address and the line at the foot have at most 500 each.",
    ),
    "settings_max_rate_age_is_sensible": (
        RuleError,
        "The age of an exchange rate is between 0 and 3,660 days.",
    ),
    "settings_records_are_kept_some_months": (
        RuleError,
        "Records are kept for 1 to 1,200 months, or for ever.",
    ),
    "settings_default_reorder_point_is_not_negative": (RuleError, "The reorder point is zero or more."),
    "settings_is_demo": (RuleError, None),
    "categories_name_is_unique": (DuplicateError, "A category of that name exists already."),
    "categories_name_is_not_blank": (RuleError, "A category needs a name."),
    "categories_name_is_not_too_long": (RuleError, "A category's name has at most 200 characters."),
    "categories_source_key_is_unique": (
        DuplicateError,
        "A category with this key of that source exists already.",
    ),
    "subcategories_name_is_unique_in_its_category": (
        DuplicateError,
        "The category has a subcategory of that name already.",
    ),
    "subcategories_name_is_not_blank": (RuleError, "A subcategory needs a name."),
    "subcategories_name_is_not_too_long": (RuleError, "A subcategory's name has at most 200 characters."),
    "subcategories_source_key_is_unique": (
        DuplicateError,
        "A subcategory with this key of that source exists already.",
    ),
    "products_source_key_is_unique": (
        DuplicateError,
        "A product with this key of that source exists already.",
    ),
    "products_sku_is_unique": (DuplicateError, "A product with this SKU exists already."),
    "products_sku_is_not_blank": (RuleError, "A product needs a SKU."),
    "products_name_is_not_blank": (RuleError, "A product needs a name."),
    "products_text_is_not_too_long": (
        RuleError,
        "A product's name has at most 300 characters; SKU, brand and color have at most 100 each.",
    ),
    "products_reorder_point_is_not_negative": (RuleError, "The reorder point is zero or more."),
    "products_subcategory_id_fkey": (RuleError, "Choose a category and subcategory."),
    "order_lines_product_id_fkey": (
        RuleError,
        "This product has been sold and cannot be deleted. Deactivate it instead.",
    ),
    "stock_levels_product_id_fkey": (
        RuleError,
        "This product has stock records and cannot be deleted. Deactivate it instead.",
    ),
    "product_barcodes_pkey": (DuplicateError, "This barcode belongs to a product already."),
    "product_barcodes_barcode_is_not_blank": (RuleError, "A barcode has 1 to 100 characters."),
    "product_prices_price_is_not_negative": (RuleError, "A price is zero or more."),
    "product_costs_cost_is_not_negative": (RuleError, "A cost is zero or more."),
    "exchange_rates_rate_is_positive": (RuleError, "An exchange rate is more than zero."),
    "exchange_rates_base_currency_is_one": (RuleError, None),
    "exchange_rates_pkey": (DuplicateError, "There is a rate for this currency and day already."),
    "tax_classes_name_is_not_too_long": (RuleError, "A tax class's name has at most 200 characters."),
    "tax_classes_name_is_unique": (DuplicateError, "A tax class of that name exists already."),
    "tax_rates_rate_is_a_share": (RuleError, "A tax rate is at least 0 and less than 100 percent."),
    "orders_are_never_changed": (RuleError, None),
    "order_lines_are_never_changed": (RuleError, None),
    "ledger_is_append_only": (RuleError, None),
    "orders_store_is_known": (RuleError, None),
    "orders_store_is_active": (RuleError, None),
    "orders_customer_is_known": (RuleError, None),
    "orders_customer_is_active": (RuleError, None),
    "orders_currency_is_known": (RuleError, None),
    "orders_currency_has_a_rate": (RuleError, None),
    "orders_have_a_request": (RuleError, None),
    "orders_have_lines": (RuleError, None),
    "orders_lines_are_complete": (RuleError, None),
    "orders_date_is_not_in_the_future": (RuleError, None),
    "orders_date_is_not_before_the_opening_count": (RuleError, None),
    "orders_request_is_recorded_once": (DuplicateError, None),
    "orders_order_is_known": (RuleError, None),
    "orders_are_cancelled_once": (RuleError, None),
    "orders_are_cancelled_within_their_day": (RuleError, None),
    "orders_with_returns_are_not_cancelled": (RuleError, None),
    "orders_cancelled_has_its_reason": (RuleError, None),
    "orders_delivery_is_not_before_the_order": (RuleError, "An order is not delivered before it was placed."),
    "order_lines_product_is_known": (RuleError, None),
    "order_lines_product_is_active": (RuleError, None),
    "order_lines_quantity_is_positive": (RuleError, None),
    "order_lines_product_has_a_price": (RuleError, None),
    "order_lines_unit_price_is_not_negative": (RuleError, None),
    "order_lines_discount_is_within_the_price": (RuleError, None),
    "order_lines_price_override_is_allowed": (RuleError, None),
    "order_lines_returns_are_within_the_quantity": (RuleError, None),
    "payments_are_complete": (RuleError, None),
    "payments_amounts_are_payable": (RuleError, None),
    "payments_add_up_to_the_total": (RuleError, None),
    "payments_refund_is_of_what_was_paid": (RuleError, None),
    "payments_method_is_known": (RuleError, "A payment is by cash, card, transfer, voucher or other."),
    "payments_amount_is_not_zero": (RuleError, "A payment has an amount."),
    "parked_purchases_basket_is_well_formed": (
        RuleError,
        "This purchase cannot be parked as it is: a quantity, price or discount is too long.",
    ),
    "parked_purchases_lines_are_few": (RuleError, "A purchase to park has 1 to 500 products."),
    "parked_purchases_note_is_not_too_long": (RuleError, "The note has at most 100 characters."),
    "parked_purchases_customer_id_fkey": (RuleError, "This customer is not there any more. Choose another."),
    "parked_purchases_are_not_recorded": (RuleError, None),
    "parked_purchases_are_taken_once": (RuleError, None),
    "parked_purchases_are_there": (RuleError, None),
    "returns_order_is_recorded": (RuleError, None),
    "returns_line_is_known": (RuleError, None),
    "returns_reason_is_not_blank": (RuleError, "Say why the goods came back."),
    "returns_request_is_recorded_once": (DuplicateError, None),
    "stock_movements_lines_are_complete": (RuleError, None),
    "stock_movements_product_is_known": (RuleError, None),
    "stock_movements_quantity_is_whole": (RuleError, None),
    "stock_movements_opening_comes_first": (RuleError, None),
    "stock_movements_adjustment_has_a_reason": (RuleError, None),
    "stock_movements_transfer_goes_elsewhere": (RuleError, None),
    "count_sheets_have_lines": (RuleError, None),
    "count_sheets_are_not_too_long": (RuleError, None),
    "count_sheets_sheet_is_known": (RuleError, None),
    "count_sheets_are_typed_back_once": (DuplicateError, None),
    "count_sheets_counted_after_it_was_made": (RuleError, None),
    "count_sheets_line_is_counted_once": (RuleError, None),
    "count_sheets_product_was_not_corrected_since": (RuleError, None),
    "count_sheets_count_covers_what_left_since": (RuleError, None),
    "count_sheets_category_id_fkey": (RuleError, "There is no such category, or it has count sheets."),
    "daily_closes_day_is_not_in_the_future": (RuleError, None),
    "daily_closes_follow_the_latest": (DuplicateError, None),
    "daily_closes_pkey": (
        DuplicateError,
        "Somebody else has just closed this day. Look at it again before you correct it.",
    ),
    "daily_closes_correction_has_a_reason": (RuleError, "Say why the close is corrected."),
    "daily_closes_figures_are_current": (RuleError, None),
    "daily_close_lines_are_complete": (RuleError, None),
    "daily_close_lines_currency_is_known": (RuleError, None),
    "daily_close_lines_method_is_known": (
        RuleError,
        "A payment is by cash, card, transfer, voucher or other.",
    ),
    "daily_close_lines_counted_fits_the_currency": (RuleError, None),
    "daily_close_lines_every_method_is_counted": (RuleError, None),
    "saved_queries_name_is_not_blank": (RuleError, "Give the query a name."),
    "saved_queries_name_is_not_too_long": (RuleError, "The name of a query has at most 100 characters."),
    "saved_queries_statement_is_not_too_long": (RuleError, "A query has at most 100,000 characters."),
}


def from_database(error: Exception) -> CrpmError | None:
    """What an error of the database or the pool means to a person, or None where it means a fault of ours."""
    if isinstance(error, psycopg.IntegrityError) and error.diag.constraint_name in RULES:
        kind, message = RULES[error.diag.constraint_name]
        return kind(message or error.diag.message_primary, rule=error.diag.constraint_name)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return NotAllowedError()
    if isinstance(error, psycopg.DataError) and error.sqlstate is None:
        # What psycopg itself refuses to send.
        return InputError("A text has a character in it that cannot be kept (NUL). Type it again.")
    if isinstance(error, psycopg.OperationalError | PoolTimeout | ServerError):
        return UnavailableError()
    return None
