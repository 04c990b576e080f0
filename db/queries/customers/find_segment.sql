-- The segment that a customer was in when segments were last worked out.
-- Grain: one row, or none for who had bought nothing by then, and for people of one store.
SELECT g.segment
FROM crpm.customer_segments AS g
WHERE g.customer_id = (
    SELECT coalesce(c.merged_into_customer_id, c.customer_id) AS customer_id
    FROM crpm.customers AS c
    WHERE c.customer_id = %(customer_id)s
)
