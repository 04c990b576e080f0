-- Exchange rates of a currency, the latest first.
-- Grain: one row per day with a rate; days_before since the rate before it, entered by hand where no file brought it.
SELECT
    r.rate_date,
    r.units_per_base,
    r.rate_date - lag(r.rate_date) OVER (ORDER BY r.rate_date) AS days_before,
    f.file_name
FROM crpm.exchange_rates AS r
LEFT JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
WHERE r.currency_code = %(currency_code)s
ORDER BY r.rate_date DESC
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
