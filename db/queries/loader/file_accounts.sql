-- The row accounts of a load's files.
-- Grain: one row per file, in the order in which they were read.
SELECT
    f.file_name AS file,
    f.target,
    f.rows_read AS read,
    f.rows_loaded AS loaded,
    f.rows_updated AS updated,
    f.rows_duplicate AS duplicate,
    f.rows_rejected AS rejected,
    (
        SELECT count(*)
        FROM crpm.load_conflicts AS c
        WHERE f.load_file_id = c.load_file_id
    ) AS conflicts,
    coalesce(f.notes -> 'missing', '{}') AS missing,
    f.notes -> 'mojibake' AS mojibake
FROM crpm.load_files AS f
WHERE f.load_id = %(load_id)s
ORDER BY f.load_file_id
LIMIT 1000;
