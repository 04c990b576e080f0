-- Forgets what rejected rows of a load say of customers who are anonymised: their text, and the example of garbled text in their file.
WITH forgotten AS (
    UPDATE crpm.rejects AS r
    SET
        raw_text = '',
        other_cells_hash = '',
        message = CASE WHEN r.reason_code = 'anonymised' THEN r.message ELSE 'The row is about a customer who is anonymised.' END
    FROM crpm.load_files AS f
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    INNER JOIN crpm.customers AS c ON l.source_system = c.source_system
    WHERE
        f.load_id = %(load_id)s
        AND r.load_file_id = f.load_file_id
        AND f.target = 'customers'
        AND r.record_key = c.source_key
        AND c.anonymised_at IS NOT NULL
    RETURNING r.load_file_id
)

UPDATE crpm.load_files AS f
SET notes = f.notes #- '{mojibake,example}'
WHERE f.load_file_id IN (SELECT g.load_file_id FROM forgotten AS g);
