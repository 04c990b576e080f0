-- Who changed a customer's record, the latest first.
-- Grain: one row per change; old_values and new_values hold the columns that changed, or all of a new or deleted record.
SELECT
    a.changed_at,
    a.changed_by,
    a.channel,
    a.action,
    a.old_values,
    a.new_values
FROM crpm.audit_log AS a
WHERE a.table_name = 'customers' AND a.row_key = %(customer_id)s::bigint::text
ORDER BY a.audit_id DESC
LIMIT %(limit)s::integer
