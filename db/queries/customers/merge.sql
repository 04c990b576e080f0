-- Merge a customer into another one, whose record is kept.
-- Grain: one row, the id of the merge.
SELECT crpm.merge_customers(%(customer_id)s::bigint, %(into_customer_id)s::bigint) AS merge_id
