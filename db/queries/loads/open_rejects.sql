-- The files of which a load has rejected rows that are still open.
-- Grain: one row, the files' names in the order in which they were read.
SELECT
    ARRAY(
        SELECT f.file_name
        FROM crpm.load_files AS f
        WHERE
            f.load_id = %(load_id)s
            AND EXISTS (
                SELECT 1
                FROM crpm.rejects AS r
                WHERE f.load_file_id = r.load_file_id AND r.resolved_by_file IS NULL
            )
        ORDER BY f.load_file_id
    ) AS file_names;
