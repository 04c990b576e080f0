-- Adds new exchange rates and corrects those that an earlier load brought otherwise.
INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base, load_file_id, source_line)
SELECT
    c.currency_code,
    c.rate_date,
    c.units_per_base,
    c.load_file_id,
    c.source_line
FROM staging.clean_rates AS c
WHERE c.outcome IS NULL OR c.outcome = 'updated'
ORDER BY c.currency_code, c.rate_date
ON CONFLICT (currency_code, rate_date) DO UPDATE
    SET
        units_per_base = excluded.units_per_base,
        load_file_id = excluded.load_file_id,
        source_line = excluded.source_line;
