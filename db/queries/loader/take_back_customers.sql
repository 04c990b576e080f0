-- Deletes the customers that a load brought.
DELETE FROM crpm.customers AS t
USING staging.going AS g
WHERE g.kind = 'customers' AND t.customer_id = g.record_id;
