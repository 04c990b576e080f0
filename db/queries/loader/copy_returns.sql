-- Takes the raw rows of a file about returns.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.returns (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    order_number, quantity, returned_on, line_number, product_key, store_key, reason, refund_amount, source_key
) FROM STDIN;
