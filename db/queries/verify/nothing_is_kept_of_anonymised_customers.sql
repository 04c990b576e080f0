-- Nothing is kept of an anonymised customer but its purchases, its country and the source's key.
-- Grain: one row per anonymised customer, with how many rows still tell of the person.
WITH looked_at AS (
    SELECT
        c.customer_id,
        (
            SELECT count(*)
            FROM crpm.audit_log AS a
            WHERE
                a.table_name = 'customers' AND a.row_key = c.customer_id::text
                AND (a.old_values <> crpm.without_person(a.old_values) OR a.new_values <> crpm.without_person(a.new_values))
        ) AS changes,
        (
            SELECT count(*)
            FROM crpm.load_changes AS x
            WHERE x.table_name = 'customers' AND x.row_key = c.customer_id::text
        ) AS loaded_changes,
        (
            SELECT count(*)
            FROM crpm.load_conflicts AS x
            INNER JOIN crpm.load_files AS f ON x.load_file_id = f.load_file_id
            WHERE f.target = 'customers' AND x.record_id = c.customer_id
        ) AS conflicts,
        (
            SELECT count(*)
            FROM crpm.rejects AS r
            INNER JOIN crpm.load_files AS f ON r.load_file_id = f.load_file_id
            INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
            WHERE f.target = 'customers' AND l.source_system = c.source_system AND r.record_key = c.source_key AND r.raw_text <> ''
        ) AS rejects,
        (SELECT count(*) FROM crpm.parked_purchases AS p WHERE p.customer_id = c.customer_id) AS parked
    FROM crpm.customers AS c
    WHERE c.anonymised_at IS NOT NULL
)

SELECT
    x.customer_id,
    x.changes,
    x.loaded_changes,
    x.conflicts,
    x.rejects,
    x.parked,
    x.changes + x.loaded_changes + x.conflicts + x.rejects + x.parked > 0 AS is_wrong
FROM looked_at AS x
