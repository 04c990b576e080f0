-- The merges that a customer was part of, the latest first, taken back ones among them.
-- Grain: one row per merge.
SELECT
    m.merge_id,
    m.customer_id,
    c.name,
    m.into_customer_id,
    k.name AS into_name,
    m.merged_at,
    m.merged_by,
    m.taken_back_at,
    m.taken_back_by
FROM crpm.customer_merges AS m
INNER JOIN crpm.customers AS c ON m.customer_id = c.customer_id
INNER JOIN crpm.customers AS k ON m.into_customer_id = k.customer_id
WHERE m.customer_id = %(customer_id)s OR m.into_customer_id = %(customer_id)s
ORDER BY m.merge_id DESC
LIMIT 100
