-- Rejects every line of an order whose lines disagree on customer, store, date or currency. Lines whose date cannot be
-- read have been rejected themselves and take no part.
WITH disagreeing AS (
    SELECT c.order_number
    FROM staging.clean_sales AS c
    WHERE c.order_number IS NOT NULL AND c.order_date IS NOT NULL
    GROUP BY c.order_number
    HAVING min(c.header_hash) <> max(c.header_hash)
),

explained AS (
    SELECT
        c.order_number,
        CASE
            WHEN count(DISTINCT coalesce(btrim(r.customer_key), '')) > 1 THEN 'customer_key'
            WHEN count(DISTINCT coalesce(btrim(r.store_key), '')) > 1 THEN 'store_key'
            WHEN count(DISTINCT c.order_date) > 1 THEN 'order_date'
            ELSE 'currency_code'
        END AS field
    FROM disagreeing AS d
    INNER JOIN staging.clean_sales AS c ON d.order_number = c.order_number
    INNER JOIN staging.sales AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
    WHERE c.order_date IS NOT NULL
    GROUP BY c.order_number
)

UPDATE staging.clean_sales AS s
SET
    outcome = 'rejected',
    problem = ARRAY[e.field, 'order_disagrees', e.order_number]
FROM explained AS e
WHERE s.order_number = e.order_number AND s.outcome IS NULL;
