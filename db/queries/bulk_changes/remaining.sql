-- The products that taking back a bulk change has left as they were, because somebody had changed them since.
-- Grain: one row per product, 20 at most.
SELECT
    p.product_id,
    p.name
FROM crpm.bulk_change_lines AS l
INNER JOIN crpm.products AS p ON l.product_id = p.product_id
WHERE l.bulk_change_id = %(bulk_change_id)s AND NOT l.is_taken_back
ORDER BY p.sort_name, p.product_id
LIMIT 20
