-- Notes what the rows about stores say by column of the record, and of updates what was last loaded and what is there now.
-- A column that the file does not have says nothing.
UPDATE staging.clean_stores AS c
SET
    file_values = jsonb_build_object(
        'country_code', k.country_code,
        'state', k.state,
        'area_m2', k.area_m2,
        'opened_on', k.opened_on
    ) - ARRAY[
        CASE WHEN r.state IS NULL THEN 'state' END,
        CASE WHEN r.area_m2 IS NULL THEN 'area_m2' END,
        CASE WHEN r.opened_on IS NULL THEN 'opened_on' END
    ],
    loaded_values = t.source_values,
    now_values = CASE
        WHEN t.store_id IS NOT NULL THEN jsonb_build_object(
            'country_code', t.country_code,
            'state', t.state,
            'area_m2', t.area_m2,
            'opened_on', t.opened_on
        )
    END
FROM staging.clean_stores AS k
INNER JOIN staging.stores AS r ON k.load_file_id = r.load_file_id AND k.source_line = r.source_line
LEFT JOIN crpm.stores AS t ON k.record_id = t.store_id
WHERE
    (k.outcome IS NULL OR k.outcome = 'updated')
    AND c.load_file_id = k.load_file_id AND c.source_line = k.source_line;
