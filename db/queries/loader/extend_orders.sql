-- Brings the totals of recorded orders that got another line up to the sum of their lines.
WITH extended AS (
    SELECT
        o.store_id,
        o.order_id
    FROM staging.orders AS o
    WHERE
        o.is_recorded
        AND EXISTS (
            SELECT 1
            FROM staging.clean_sales AS c
            WHERE c.outcome IS NULL AND o.order_number = c.order_number
        )
),

totals AS (
    SELECT
        e.store_id,
        e.order_id,
        sum(l.line_amount) AS net_amount,
        sum(l.base_amount) AS base_amount
    FROM extended AS e
    INNER JOIN crpm.order_lines AS l ON e.store_id = l.store_id AND e.order_id = l.order_id
    GROUP BY e.store_id, e.order_id
)

UPDATE crpm.orders AS o
SET
    net_amount = t.net_amount,
    total_amount = t.net_amount + o.tax_amount,
    base_amount = t.base_amount
FROM totals AS t
WHERE o.store_id = t.store_id AND o.order_id = t.order_id;
