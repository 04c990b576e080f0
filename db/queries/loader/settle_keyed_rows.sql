-- Decides what becomes of rows that have a key: the first of a key counts; it is a duplicate where the record was last
-- loaded with the same content, and an update where it was not. Later rows of the key repeat it or contradict it.
WITH ranked AS (
    SELECT
        k.tableoid AS target,
        k.load_file_id,
        k.source_line,
        k.source_hash,
        k.record_id,
        k.recorded_hash,
        row_number() OVER same_key AS place,
        first_value(k.source_hash) OVER same_key AS first_hash,
        first_value(k.source_line) OVER same_key AS first_line,
        first_value(k.load_file_id) OVER same_key AS first_file_id
    FROM staging.keyed_rows AS k
    WHERE k.outcome IS NULL
    WINDOW same_key AS (PARTITION BY k.tableoid, k.source_key ORDER BY k.load_file_id, k.source_line)
),

settled AS (
    SELECT
        r.target,
        r.load_file_id,
        r.source_line,
        CASE
            WHEN r.place > 1 AND r.source_hash <> r.first_hash THEN ARRAY[
                NULL,
                'contradicts_line',
                concat_ws(' of ', r.first_line, CASE WHEN r.first_file_id <> r.load_file_id THEN f.file_name END)
            ]
        END AS problem,
        CASE
            WHEN r.place > 1 AND r.source_hash <> r.first_hash THEN 'rejected'
            WHEN r.place > 1 OR r.source_hash = r.recorded_hash THEN 'duplicate'
            WHEN r.record_id IS NOT NULL THEN 'updated'
        END AS outcome
    FROM ranked AS r
    INNER JOIN crpm.load_files AS f ON r.first_file_id = f.load_file_id
)

UPDATE staging.keyed_rows AS k
SET
    outcome = s.outcome,
    problem = s.problem
FROM settled AS s
WHERE
    s.outcome IS NOT NULL
    AND k.tableoid = s.target AND k.load_file_id = s.load_file_id AND k.source_line = s.source_line;
