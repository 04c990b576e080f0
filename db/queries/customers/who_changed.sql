-- Who last changed a customer's record.
-- Grain: one row, null where nobody did since it was loaded.
SELECT crpm.who_changed_customer(%(customer_id)s::bigint) AS changed_by
