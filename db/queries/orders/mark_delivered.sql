-- Notes the day an order reached the customer.
-- Grain: one row.
SELECT crpm.mark_delivered(%(store_id)s::bigint, %(order_id)s::bigint, %(delivered_on)s::date) AS delivered
