-- Takes the raw rows of a file about products.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.products (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    source_key, name, unit_price, subcategory, category, brand, color, unit_cost, subcategory_key, category_key
) FROM STDIN;
