-- Opens the rejects again that a load had resolved.
UPDATE crpm.rejects AS r
SET
    resolved_by_file = NULL,
    resolved_by_line = NULL,
    resolved_at = NULL
FROM crpm.load_files AS f
WHERE f.load_id = %(load_id)s AND r.resolved_by_file = f.load_file_id;
