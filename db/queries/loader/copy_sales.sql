-- Takes the raw rows of a file about sales.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.sales (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    order_number, order_date, store_key, product_key, quantity, line_number, delivered_on, customer_key, currency_code,
    unit_price, line_amount
) FROM STDIN;
