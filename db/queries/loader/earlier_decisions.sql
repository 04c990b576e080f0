-- What was decided about an earlier file whose rejected rows a file of this load brings back, mended: all of its rows have the
-- keys of rejects that are still open, under the same header. Of rates and stock, whose keys are no cells, nothing is known.
-- Grain: one row per file of this load that mends an earlier one, with the notes of the latest such.
WITH earlier AS (
    SELECT
        n.load_file_id,
        e.load_file_id AS earlier_file_id,
        e.target,
        e.notes,
        count(*) AS open_rejects
    FROM crpm.load_files AS n
    INNER JOIN crpm.loads AS l ON n.load_id = l.load_id
    INNER JOIN crpm.loads AS b ON l.source_system = b.source_system AND l.load_id > b.load_id
    INNER JOIN crpm.load_files AS e ON b.load_id = e.load_id AND n.target = e.target AND n.header = e.header
    INNER JOIN crpm.rejects AS r ON e.load_file_id = r.load_file_id AND r.resolved_by_file IS NULL
    WHERE n.load_id = %(load_id)s AND coalesce(e.notes -> 'date_order', e.notes -> 'decimal') IS NOT NULL
    GROUP BY n.load_file_id, e.load_file_id, e.target, e.notes
),

-- No more than so many rows are counted: most files are much larger.
likely AS MATERIALIZED (
    SELECT
        e.load_file_id,
        e.earlier_file_id,
        e.target,
        e.notes
    FROM earlier AS e
    WHERE
        e.open_rejects >= (
            SELECT count(*)
            FROM (
                SELECT s.source_line
                FROM staging.source_rows AS s
                WHERE s.load_file_id = e.load_file_id
                LIMIT e.open_rejects + 1
            ) AS first_rows
        )
)

SELECT DISTINCT ON (k.load_file_id)
    k.load_file_id,
    k.notes
FROM likely AS k
WHERE
    NOT EXISTS (
        SELECT FROM staging.row_cells AS c
        WHERE
            c.load_file_id = k.load_file_id
            AND NOT EXISTS (
                SELECT FROM crpm.rejects AS r
                WHERE
                    r.load_file_id = k.earlier_file_id
                    AND r.resolved_by_file IS NULL
                    AND r.record_key = CASE
                        WHEN k.target = 'sales'
                            THEN staging.text_of(c.cells ->> 'order_number') || ' line ' || staging.text_of(c.cells ->> 'line_number')
                        ELSE staging.text_of(c.cells ->> 'source_key')
                    END
            )
    )
ORDER BY k.load_file_id, k.earlier_file_id DESC;
