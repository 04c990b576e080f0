-- How many rows of a load were rejected, of all its files or of one.
-- Grain: one row.
SELECT count(*) AS rejects
FROM crpm.rejects AS r
INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
WHERE
    f.load_id = %(load_id)s
    AND (%(load_file_id)s::integer IS NULL OR r.load_file_id = %(load_file_id)s);
