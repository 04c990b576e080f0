-- A cancelled order's payments are reversed, method by method.
-- Grain: one row per cancelled order and method of payment.
SELECT
    p.store_id,
    p.order_id,
    p.method,
    sum(p.amount) AS left_over,
    sum(p.amount) <> 0 AS is_wrong
FROM crpm.payments AS p
INNER JOIN crpm.orders AS o ON p.store_id = o.store_id AND p.order_id = o.order_id
WHERE o.status = 'cancelled'
GROUP BY p.store_id, p.order_id, p.method
