-- Take the merge of a customer back.
-- Grain: one row, empty.
SELECT crpm.take_back_merge(%(customer_id)s::bigint) AS done
