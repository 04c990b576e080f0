-- How many orders a customer has, cancelled ones included.
-- Grain: one row.
SELECT count(*) AS orders
FROM crpm.orders AS o
WHERE o.customer_id = %(customer_id)s
