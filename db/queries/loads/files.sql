-- The row account of a load, and what was understood of its files.
-- Grain: one row per file, in the order in which they were read. date_order has, by column, the order of day and month
-- and who decided it, decimal likewise the decimal point or comma; unread_columns are those that feed nothing. missing has, by column, how many cells were missing and what was
-- done; mojibake how many rows have text that was read in a wrong encoding, with an example, or null.
SELECT
    f.load_file_id,
    f.file_name,
    f.target,
    f.encoding,
    f.delimiter,
    coalesce(f.notes -> 'date_order', '{}') AS date_order,
    coalesce(f.notes -> 'decimal', '{}') AS decimal,
    coalesce(f.notes -> 'unread_columns', '[]') AS unread_columns,
    coalesce(f.notes -> 'missing', '{}') AS missing,
    f.notes -> 'mojibake' AS mojibake,
    f.rows_read,
    f.rows_loaded,
    f.rows_updated,
    f.rows_duplicate,
    f.rows_rejected,
    (
        SELECT count(*)
        FROM crpm.load_conflicts AS c
        WHERE f.load_file_id = c.load_file_id
    ) AS conflicts
FROM crpm.load_files AS f
WHERE f.load_id = %(load_id)s
ORDER BY f.load_file_id
LIMIT 1000;
