-- Takes the raw rows of a file about stock.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.stock (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    store_key, product_key, quantity
) FROM STDIN;
