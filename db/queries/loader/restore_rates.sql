-- Gives exchange rates that a load corrected back what they were.
UPDATE crpm.exchange_rates AS e
SET
    units_per_base = (c.old_values ->> 'units_per_base')::numeric,
    load_file_id = (c.old_values ->> 'load_file_id')::integer,
    source_line = (c.old_values ->> 'source_line')::integer
FROM crpm.load_changes AS c
WHERE
    c.load_id = %(load_id)s AND c.table_name = 'exchange_rates'
    AND e.currency_code = split_part(c.row_key, '/', 1) AND e.rate_date = split_part(c.row_key, '/', 2)::date;
