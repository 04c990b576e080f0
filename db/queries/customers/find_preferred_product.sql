-- The product that a customer has bought and kept most pieces of; the one worth more where two are alike.
-- Grain: one row, or none for a customer who has kept nothing.
SELECT
    p.product_id,
    p.name
FROM analytics.sales AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
WHERE s.recorded_customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[])
GROUP BY p.product_id, p.name
HAVING sum(s.units) > 0
ORDER BY sum(s.units) DESC, sum(s.revenue) DESC, p.name, p.product_id
LIMIT 1
