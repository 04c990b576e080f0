-- Takes the raw rows of a file about rates.
-- Grain: one row per row read, in the order in which the reader writes the fields.
COPY staging.rates (
    load_file_id, source_line, raw_text, unreadable, unmatched,
    rate_date, currency_code, units_per_base
) FROM STDIN;
