-- Understands rows about exchange rates and finds what is wrong with them.
-- Grain: one row per row read. Currency and day are the key; a rate that a person has entered is not overwritten.
INSERT INTO staging.clean_rates (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    currency_code, rate_date, units_per_base
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        day.date_value AS rate_date,
        day.problem AS date_problem,
        currency.text_value AS currency_code,
        currency.problem AS currency_problem,
        rate.number_value AS units_per_base,
        rate.problem AS rate_problem
    FROM staging.rates AS r
    LEFT JOIN staging.cells AS day
        ON r.load_file_id = day.load_file_id AND day.field = 'rate_date' AND r.rate_date = day.cell
    LEFT JOIN staging.cells AS currency
        ON r.load_file_id = currency.load_file_id AND currency.field = 'currency_code' AND r.currency_code = currency.cell
    LEFT JOIN staging.cells AS rate
        ON r.load_file_id = rate.load_file_id AND rate.field = 'units_per_base' AND r.units_per_base = rate.cell
),

checked AS (
    SELECT
        t.*,
        e.units_per_base AS recorded_rate,
        CASE
            WHEN t.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', t.unreadable]
            WHEN t.date_problem IS NOT NULL THEN ARRAY['rate_date', t.date_problem]
            WHEN t.rate_date IS NULL THEN ARRAY['rate_date', 'missing']
            WHEN t.currency_problem IS NOT NULL THEN ARRAY['currency_code', t.currency_problem]
            WHEN t.currency_code IS NULL THEN ARRAY['currency_code', 'missing']
            WHEN t.rate_problem IS NOT NULL THEN ARRAY['units_per_base', t.rate_problem]
            WHEN t.units_per_base IS NULL THEN ARRAY['units_per_base', 'missing']
            WHEN t.units_per_base <= 0 THEN ARRAY['units_per_base', 'not_positive']
            WHEN t.currency_code = s.base_currency_code AND t.units_per_base <> 1
                THEN ARRAY['units_per_base', 'base_currency_is_one', s.base_currency_code]
            WHEN e.load_file_id IS NULL AND e.units_per_base <> t.units_per_base
                THEN ARRAY['units_per_base', 'entered_by_hand', e.units_per_base::text]
        END AS problem
    FROM typed AS t
    CROSS JOIN crpm.settings AS s
    LEFT JOIN crpm.exchange_rates AS e ON t.currency_code = e.currency_code AND t.rate_date = e.rate_date
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.currency_code || ' ' || c.rate_date AS source_key,
    trim_scale(c.units_per_base)::text AS source_hash,
    CASE WHEN c.recorded_rate IS NOT NULL THEN 0 END AS record_id,
    trim_scale(c.recorded_rate)::text AS recorded_hash,
    c.currency_code,
    c.rate_date,
    c.units_per_base
FROM checked AS c;
