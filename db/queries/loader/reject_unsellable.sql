-- Rejects new orders, whole, of what the till would not sell either: before the store's opening count, or with a store,
-- customer or product that is not active.
WITH problems AS (
    SELECT
        c.order_number,
        c.line_number,
        CASE
            WHEN NOT s.is_active THEN ARRAY['store_key', 'not_active', s.name]
            WHEN c.order_date < s.opening_count_on
                THEN ARRAY['order_date', 'before_the_opening_count', s.opening_count_on::text]
            WHEN NOT u.is_active THEN ARRAY['customer_key', 'not_active', u.name]
            WHEN NOT p.is_active THEN ARRAY['product_key', 'not_active', p.name]
        END AS problem
    FROM staging.clean_sales AS c
    INNER JOIN crpm.stores AS s ON c.store_id = s.store_id
    INNER JOIN crpm.products AS p ON c.product_id = p.product_id
    LEFT JOIN crpm.customers AS u ON c.customer_id = u.customer_id
    WHERE c.outcome IS NULL
),

firsts AS (
    SELECT DISTINCT ON (p.order_number)
        p.order_number,
        p.problem
    FROM problems AS p
    WHERE p.problem IS NOT NULL
    ORDER BY p.order_number, p.line_number
)

UPDATE staging.clean_sales AS c
SET
    outcome = 'rejected',
    problem = f.problem
FROM firsts AS f
WHERE c.order_number = f.order_number AND c.outcome IS NULL;
