-- Nothing of a load is left in staging.
-- Grain: one row per table of staging that holds the rows of others or stands alone.
SELECT
    t.table_name,
    t.left_over,
    t.left_over > 0 AS is_wrong
FROM (
    SELECT
        'source_rows' AS table_name,
        count(*) AS left_over
    FROM staging.source_rows
    UNION ALL
    SELECT
        'clean_rows' AS table_name,
        count(*) AS left_over
    FROM staging.clean_rows
    UNION ALL
    SELECT
        'fields' AS table_name,
        count(*) AS left_over
    FROM staging.fields
    UNION ALL
    SELECT
        'cells' AS table_name,
        count(*) AS left_over
    FROM staging.cells
    UNION ALL
    SELECT
        'orders' AS table_name,
        count(*) AS left_over
    FROM staging.orders
    UNION ALL
    SELECT
        'day_rates' AS table_name,
        count(*) AS left_over
    FROM staging.day_rates
    UNION ALL
    SELECT
        'list_prices' AS table_name,
        count(*) AS left_over
    FROM staging.list_prices
    UNION ALL
    SELECT
        'going' AS table_name,
        count(*) AS left_over
    FROM staging.going
    UNION ALL
    SELECT
        'keys_taken_off' AS table_name,
        count(*) AS left_over
    FROM staging.keys_taken_off
) AS t
