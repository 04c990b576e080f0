-- Updates stores whose rows changed since they were last loaded, in the fields that nobody has edited since, and keeps what they
-- were.
-- Their names and currencies are people's.
WITH updated AS (
    UPDATE crpm.stores AS t
    SET
        country_code = m.country_code,
        state = m.state,
        area_m2 = m.area_m2,
        opened_on = m.opened_on,
        source_hash = c.source_hash,
        source_values = coalesce(t.source_values, '{}') || c.file_values,
        load_file_id = c.load_file_id,
        source_line = c.source_line
    FROM staging.clean_stores AS c
    INNER JOIN crpm.stores AS o ON c.record_id = o.store_id
    CROSS JOIN LATERAL jsonb_populate_record(o, c.taken) AS m
    WHERE c.outcome = 'updated' AND t.store_id = c.record_id
    RETURNING t.store_id, o AS old_row, t AS new_row
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, old_values, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'stores' AS table_name,
    u.store_id::text AS row_key,
    jsonb_object_agg(was.key, was.value) AS old_values,
    jsonb_object_agg(new.key, new.value) AS new_values
FROM updated AS u
CROSS JOIN LATERAL jsonb_each(to_jsonb(u.old_row)) AS was
INNER JOIN LATERAL jsonb_each(to_jsonb(u.new_row)) AS new ON was.key = new.key
WHERE
    was.key NOT IN ('row_version', 'updated_at', 'sort_name', 'search_text')
    AND (was.value <> new.value OR was.key = 'load_file_id')
GROUP BY u.store_id;
