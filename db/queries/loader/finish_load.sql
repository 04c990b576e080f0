-- Records that a load is done, with its money: that of the sales lines, in base currency. Lines that only brought a day
-- of delivery are worth no more than before and count as duplicates.
UPDATE crpm.loads AS l
SET
    status = CASE
        WHEN EXISTS (
            SELECT 1
            FROM crpm.load_files AS f
            WHERE f.load_id = l.load_id AND f.rows_loaded + f.rows_updated > 0
        ) THEN 'loaded'
        ELSE 'unchanged'
    END,
    finished_at = clock_timestamp(),
    money_read = round(m.money_read, m.minor_units),
    money_loaded = round(m.money_loaded, m.minor_units),
    money_duplicate = round(m.money_duplicate, m.minor_units),
    money_rejected = round(m.money_rejected, m.minor_units),
    unpriced_rows = m.unpriced_rows
FROM (
    SELECT
        coalesce(sum(c.base_amount), 0) AS money_read,
        coalesce(sum(c.base_amount) FILTER (WHERE c.outcome IS NULL), 0) AS money_loaded,
        coalesce(sum(c.base_amount) FILTER (WHERE c.outcome IN ('duplicate', 'updated')), 0) AS money_duplicate,
        coalesce(sum(c.base_amount) FILTER (WHERE c.outcome = 'rejected'), 0) AS money_rejected,
        count(*) FILTER (WHERE c.load_file_id IS NOT NULL AND c.base_amount IS NULL) AS unpriced_rows,
        base.minor_units
    FROM crpm.settings AS s
    INNER JOIN crpm.currencies AS base ON s.base_currency_code = base.currency_code
    LEFT JOIN staging.clean_sales AS c ON TRUE
    GROUP BY base.minor_units
) AS m
WHERE l.load_id = %(load_id)s;
