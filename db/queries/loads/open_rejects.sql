-- The files of which a load has rejected rows that are still open and have their text: of anonymised customers it is gone.
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
                WHERE f.load_file_id = r.load_file_id AND r.resolved_by_file IS NULL AND r.raw_text <> ''
            )
        ORDER BY f.load_file_id
    ) AS file_names;
