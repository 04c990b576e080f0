-- Who changed a product's record, the latest first. For managers.
-- Grain: one row per change; old_values and new_values hold the columns that changed, or all of a new record.
SELECT
    a.changed_at,
    a.changed_by,
    a.channel,
    a.action,
    a.old_values,
    a.new_values
FROM crpm.audit_log AS a
WHERE a.table_name = 'products' AND a.row_key = %(product_id)s::bigint::text
ORDER BY a.audit_id DESC
LIMIT %(limit)s::integer
