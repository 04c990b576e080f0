-- How many orders a customer has, cancelled ones and those of merged customers included.
-- Grain: one row.
SELECT count(*) AS orders
FROM crpm.orders AS o
WHERE o.customer_id = any((SELECT crpm.records_of_customer(%(customer_id)s))::bigint[])
