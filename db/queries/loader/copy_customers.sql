-- Takes the raw rows of a file about customers.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.customers (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    source_key, name, gender, birth_date, email, phone, street, city, state_code, state, postal_code, country, continent
) FROM STDIN;
