-- The rejected rows of a load, of all its files or of one, with their reasons.
-- Grain: one row per rejected row, those still open first, in the order of the files. column_name is null where the whole
-- row is at fault, resolved_by_load while no later load has brought the mended row.
SELECT
    f.file_name,
    r.line_number,
    r.column_name,
    r.reason_code,
    r.message,
    r.raw_text,
    g.load_id AS resolved_by_load
FROM crpm.rejects AS r
INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
LEFT JOIN crpm.load_files AS g ON r.resolved_by_file = g.load_file_id
WHERE
    f.load_id = %(load_id)s
    AND (%(load_file_id)s::integer IS NULL OR r.load_file_id = %(load_file_id)s)
ORDER BY r.resolved_by_file IS NOT NULL, r.load_file_id, r.line_number
LIMIT %(limit)s OFFSET %(offset)s;
