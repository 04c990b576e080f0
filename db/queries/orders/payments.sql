-- What was paid for an order by each method, refunds taken off.
-- Grain: one row per method, in the order of payment; a method that was paid back in full is not among them.
SELECT
    y.method,
    sum(y.amount) AS amount
FROM crpm.payments AS y
WHERE y.store_id = %(store_id)s AND y.order_id = %(order_id)s
GROUP BY y.method
HAVING sum(y.amount) <> 0
ORDER BY min(y.payment_number)
LIMIT 100
