-- Updates stores whose rows changed since they were last loaded. Their names and currencies are people's.
UPDATE crpm.stores AS t
SET
    country_code = c.country_code,
    state = CASE WHEN r.state IS NULL THEN t.state ELSE c.state END,
    area_m2 = CASE WHEN r.area_m2 IS NULL THEN t.area_m2 ELSE c.area_m2 END,
    opened_on = CASE WHEN r.opened_on IS NULL THEN t.opened_on ELSE c.opened_on END,
    source_hash = c.source_hash,
    load_file_id = c.load_file_id,
    source_line = c.source_line
FROM staging.clean_stores AS c
INNER JOIN staging.stores AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
WHERE c.outcome = 'updated' AND t.store_id = c.record_id;
