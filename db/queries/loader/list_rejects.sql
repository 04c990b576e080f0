-- The rejected rows of a load: what is still open first, and by what the others were resolved.
-- Grain: one row per rejected row.
SELECT
    f.load_file_id,
    f.file_name,
    f.header,
    f.delimiter,
    r.line_number,
    r.column_name,
    r.message,
    r.raw_text,
    g.load_id AS resolved_by_load,
    g.file_name AS resolved_by_file,
    r.resolved_by_line
FROM crpm.rejects AS r
INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
LEFT JOIN crpm.load_files AS g ON r.resolved_by_file = g.load_file_id
WHERE f.load_id = %(load_id)s
ORDER BY r.resolved_by_file IS NOT NULL, r.load_file_id, r.line_number
LIMIT 1000000;
