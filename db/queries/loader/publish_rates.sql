-- Adds new exchange rates, and corrects those that an earlier load brought otherwise; keeps what they were.
WITH corrected AS (
    SELECT
        e.currency_code,
        e.rate_date,
        jsonb_build_object(
            'units_per_base', e.units_per_base, 'load_file_id', e.load_file_id, 'source_line', e.source_line
        ) AS old_values
    FROM staging.clean_rates AS c
    INNER JOIN crpm.exchange_rates AS e ON c.currency_code = e.currency_code AND c.rate_date = e.rate_date
    WHERE c.outcome = 'updated'
),

published AS (
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
            source_line = excluded.source_line
    RETURNING currency_code, rate_date, units_per_base, load_file_id
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, old_values, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'exchange_rates' AS table_name,
    p.currency_code || '/' || p.rate_date AS row_key,
    k.old_values,
    jsonb_build_object('units_per_base', p.units_per_base, 'load_file_id', p.load_file_id) AS new_values
FROM published AS p
INNER JOIN corrected AS k ON p.currency_code = k.currency_code AND p.rate_date = k.rate_date;
