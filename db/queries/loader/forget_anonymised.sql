-- Forgets the text of rejected rows of a load that are about customers who are anonymised or their purchases, for whatever target
-- their line was read, and the example of garbled text in their file.
WITH told AS (
    SELECT
        f.file_name,
        k.source_line
    FROM staging.row_keys AS k
    INNER JOIN crpm.load_files AS f ON k.load_file_id = f.load_file_id AND f.target = 'customers'
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    INNER JOIN crpm.customers AS c ON l.source_system = c.source_system AND k.record_key = c.source_key
    WHERE c.anonymised_at IS NOT NULL
    UNION
    SELECT
        f.file_name,
        s.source_line
    FROM staging.clean_sales AS s
    INNER JOIN crpm.load_files AS f ON s.load_file_id = f.load_file_id
    INNER JOIN crpm.customers AS c ON s.customer_id = c.customer_id
    WHERE c.anonymised_at IS NOT NULL
    UNION
    -- What could not be taken apart has a key among the rejected rows alone.
    SELECT
        f.file_name,
        r.line_number AS source_line
    FROM crpm.rejects AS r
    INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id AND f.target = 'customers'
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    INNER JOIN crpm.customers AS c ON l.source_system = c.source_system AND r.record_key = c.source_key
    WHERE f.load_id = %(load_id)s AND c.anonymised_at IS NOT NULL
),

forgotten AS (
    UPDATE crpm.rejects AS r
    SET
        raw_text = '',
        other_cells_hash = '',
        message = CASE
            WHEN f.target <> 'customers' OR r.reason_code = 'anonymised' THEN r.message
            ELSE 'The row is about a customer who is anonymised.'
        END
    FROM crpm.load_files AS f
    INNER JOIN told AS t ON f.file_name = t.file_name
    WHERE f.load_id = %(load_id)s AND r.load_file_id = f.load_file_id AND r.line_number = t.source_line
    RETURNING r.load_file_id
)

UPDATE crpm.load_files AS f
SET notes = f.notes #- '{mojibake,example}'
WHERE f.load_file_id IN (SELECT g.load_file_id FROM forgotten AS g);
