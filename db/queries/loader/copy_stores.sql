-- Takes the raw rows of a file about stores.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.stores (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    source_key, country, state, area_m2, opened_on, name
) FROM STDIN;
