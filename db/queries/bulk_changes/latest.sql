-- The latest bulk changes, the newest first. For managers.
-- Grain: one row per bulk change, 10 at most. remaining counts products that taking it back left as somebody had changed them.
WITH latest AS (
    SELECT
        b.bulk_change_id,
        b.kind,
        b.target,
        b.percent,
        b.ending,
        b.changed_at,
        b.changed_by,
        b.taken_back_at,
        b.taken_back_by
    FROM crpm.bulk_changes AS b
    ORDER BY b.bulk_change_id DESC
    LIMIT 10
)

SELECT
    b.bulk_change_id,
    b.kind,
    b.target,
    c.name AS category,
    b.percent,
    b.ending,
    b.changed_at,
    b.changed_by,
    b.taken_back_at,
    b.taken_back_by,
    count(l.product_id) AS products,
    count(l.product_id) FILTER (WHERE NOT l.is_taken_back) AS remaining
FROM latest AS b
LEFT JOIN crpm.bulk_change_lines AS l ON b.bulk_change_id = l.bulk_change_id
LEFT JOIN crpm.subcategories AS c ON b.kind = 'category' AND b.target = c.subcategory_id::text
GROUP BY
    b.bulk_change_id, b.kind, b.target, c.name, b.percent, b.ending, b.changed_at, b.changed_by, b.taken_back_at, b.taken_back_by
ORDER BY b.bulk_change_id DESC
