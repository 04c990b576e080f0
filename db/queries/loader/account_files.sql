-- Works out the row account of a load's files. How many rows were read is the reader's own count, so that the account
-- adds up only if every one of them was decided about.
UPDATE crpm.load_files AS lf
SET
    rows_read = f.rows_read,
    rows_loaded = f.loaded,
    rows_updated = f.updated,
    rows_duplicate = f.duplicate,
    rows_rejected = f.rejected
FROM (
    SELECT
        n.load_file_id,
        n.rows_read,
        count(r.load_file_id) FILTER (WHERE r.outcome IS NULL) AS loaded,
        count(r.load_file_id) FILTER (WHERE r.outcome = 'updated') AS updated,
        count(r.load_file_id) FILTER (WHERE r.outcome = 'duplicate') AS duplicate,
        count(r.load_file_id) FILTER (WHERE r.outcome = 'rejected') AS rejected
    FROM unnest(%(load_file_ids)s::integer[], %(rows_read)s::integer[]) AS n (load_file_id, rows_read)
    LEFT JOIN staging.clean_rows AS r ON n.load_file_id = r.load_file_id
    GROUP BY n.load_file_id, n.rows_read
) AS f
WHERE lf.load_file_id = f.load_file_id;
