-- Activate or deactivate a customer.
-- Grain: the one customer, or none where there is no such customer.
UPDATE crpm.customers AS c
SET is_active = %(is_active)s
WHERE c.customer_id = %(customer_id)s
