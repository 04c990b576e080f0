-- A merged customer counts with the record at the end of its merges.
-- Grain: one row per customer that is merged, or should be.
WITH RECURSIVE ways AS (
    SELECT
        m.customer_id,
        m.into_customer_id,
        1 AS steps
    FROM crpm.customer_merges AS m
    WHERE m.taken_back_at IS NULL
    UNION ALL
    SELECT
        w.customer_id,
        m.into_customer_id,
        w.steps + 1 AS steps
    FROM ways AS w
    INNER JOIN crpm.customer_merges AS m ON w.into_customer_id = m.customer_id AND m.taken_back_at IS NULL
    WHERE w.steps < 1000
),

kept AS (
    SELECT DISTINCT ON (w.customer_id)
        w.customer_id,
        w.into_customer_id
    FROM ways AS w
    ORDER BY w.customer_id, w.steps DESC
)

SELECT
    c.customer_id,
    c.merged_into_customer_id AS counts_with,
    k.into_customer_id AS should_count_with,
    coalesce(c.merged_into_customer_id, 0) <> coalesce(k.into_customer_id, 0) AS is_wrong
FROM crpm.customers AS c
LEFT JOIN kept AS k ON c.customer_id = k.customer_id
WHERE c.merged_into_customer_id IS NOT NULL OR k.customer_id IS NOT NULL
