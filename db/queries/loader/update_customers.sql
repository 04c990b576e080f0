-- Updates customers whose rows changed since they were last loaded: in the fields that nobody has edited since, and keeps what they
-- were.
-- What the file has no column for stays.
WITH updated AS (
    UPDATE crpm.customers AS t
    SET
        name = m.name,
        gender = m.gender,
        birth_date = m.birth_date,
        email = m.email,
        phone = m.phone,
        street = m.street,
        city = m.city,
        state_code = m.state_code,
        state = m.state,
        postal_code = m.postal_code,
        country_code = m.country_code,
        is_placeholder = FALSE,
        source_hash = c.source_hash,
        source_values = coalesce(t.source_values, '{}') || c.file_values,
        load_file_id = c.load_file_id,
        source_line = c.source_line
    FROM staging.clean_customers AS c
    INNER JOIN crpm.customers AS o ON c.record_id = o.customer_id
    CROSS JOIN LATERAL jsonb_populate_record(o, c.taken) AS m
    WHERE c.outcome = 'updated' AND t.customer_id = c.record_id
    RETURNING t.customer_id, o AS old_row, t AS new_row
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, old_values, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'customers' AS table_name,
    u.customer_id::text AS row_key,
    jsonb_object_agg(was.key, was.value) AS old_values,
    jsonb_object_agg(new.key, new.value) AS new_values
FROM updated AS u
CROSS JOIN LATERAL jsonb_each(to_jsonb(u.old_row)) AS was
INNER JOIN LATERAL jsonb_each(to_jsonb(u.new_row)) AS new ON was.key = new.key
WHERE
    was.key NOT IN ('row_version', 'updated_at', 'sort_name', 'sort_city', 'search_text')
    AND (was.value <> new.value OR was.key = 'load_file_id')
GROUP BY u.customer_id;
