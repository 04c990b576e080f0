-- The category that a customer has bought and kept most pieces of; the one worth more where two are alike.
-- Grain: one row, or none for a customer who has kept nothing.
SELECT g.name AS category
FROM analytics.sales AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
INNER JOIN crpm.subcategories AS u ON p.subcategory_id = u.subcategory_id
INNER JOIN crpm.categories AS g ON u.category_id = g.category_id
WHERE s.recorded_customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[])
GROUP BY g.category_id, g.name
HAVING sum(s.units) > 0
ORDER BY sum(s.units) DESC, sum(s.revenue) DESC, g.name
LIMIT 1
