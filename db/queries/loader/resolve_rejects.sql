-- Marks rejects of earlier loads as resolved by the rows of this one that are not rejected: by the row of the same key,
-- unless the key is rejected here too; where the key was at fault, by a new row that differs in nothing else; where the
-- row could not be taken apart and its key not be seen, by a new row of the same letters and digits in the same order.
-- Grain: one row per reject that is resolved.
WITH unresolved AS (
    SELECT
        r.load_file_id,
        r.line_number,
        r.record_key,
        r.fault_field,
        r.other_cells_hash,
        CASE WHEN r.reason_code = 'unreadable_row' THEN regexp_replace(r.raw_text, '[^[:alnum:]]', '', 'g') END AS letters,
        f.target
    FROM crpm.rejects AS r
    INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    WHERE r.resolved_by_file IS NULL AND l.source_system = %(source_system)s AND l.load_id < %(load_id)s
),

keyed AS (
    SELECT
        f.target,
        k.record_key,
        min(k.load_file_id) AS load_file_id,
        min(k.source_line) AS source_line
    FROM staging.row_keys AS k
    INNER JOIN crpm.load_files AS f ON k.load_file_id = f.load_file_id
    WHERE EXISTS (SELECT 1 FROM unresolved AS u WHERE u.record_key IS NOT NULL)
    GROUP BY f.target, k.record_key
    HAVING count(*) FILTER (WHERE k.outcome = 'rejected') = 0
),

faults AS (
    SELECT DISTINCT
        u.target,
        u.fault_field
    FROM unresolved AS u
    WHERE u.record_key IS NULL AND u.fault_field IS NOT NULL
),

likenesses AS (
    SELECT
        a.target,
        a.fault_field,
        k.load_file_id,
        k.source_line,
        md5((c.cells - a.fault_field)::text) AS other_cells_hash,
        NULL AS letters
    FROM faults AS a
    INNER JOIN crpm.load_files AS f ON f.load_id = %(load_id)s AND a.target = f.target
    INNER JOIN staging.row_keys AS k ON f.load_file_id = k.load_file_id
    INNER JOIN staging.row_cells AS c ON k.load_file_id = c.load_file_id AND k.source_line = c.source_line
    WHERE k.outcome IS NULL
    UNION ALL
    SELECT
        f.target,
        NULL AS fault_field,
        k.load_file_id,
        k.source_line,
        NULL AS other_cells_hash,
        regexp_replace(r.raw_text, '[^[:alnum:]]', '', 'g') AS letters
    FROM crpm.load_files AS f
    INNER JOIN staging.row_keys AS k ON f.load_file_id = k.load_file_id
    INNER JOIN staging.source_rows AS r ON k.load_file_id = r.load_file_id AND k.source_line = r.source_line
    WHERE
        f.load_id = %(load_id)s AND k.outcome IS NULL
        AND EXISTS (SELECT 1 FROM unresolved AS u WHERE u.target = f.target AND u.record_key IS NULL AND u.letters IS NOT NULL)
),

matches AS (
    SELECT
        u.load_file_id,
        u.line_number,
        k.load_file_id AS resolved_by_file,
        k.source_line AS resolved_by_line
    FROM unresolved AS u
    INNER JOIN keyed AS k ON u.target = k.target AND u.record_key = k.record_key
    UNION ALL
    SELECT
        u.load_file_id,
        u.line_number,
        min(n.load_file_id) AS resolved_by_file,
        min(n.source_line) AS resolved_by_line
    FROM unresolved AS u
    INNER JOIN likenesses AS n
        ON
            u.target = n.target
            AND (u.letters = n.letters OR u.fault_field = n.fault_field AND u.other_cells_hash = n.other_cells_hash)
    WHERE u.record_key IS NULL
    GROUP BY u.load_file_id, u.line_number
)

UPDATE crpm.rejects AS r
SET
    resolved_by_file = m.resolved_by_file,
    resolved_by_line = m.resolved_by_line,
    resolved_at = now()
FROM matches AS m
WHERE r.load_file_id = m.load_file_id AND r.line_number = m.line_number;
