-- Updates stores whose rows changed since they were last loaded, in the fields that nobody has edited since.
-- Their names and currencies are people's.
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
WHERE c.outcome = 'updated' AND t.store_id = c.record_id;
