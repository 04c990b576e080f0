-- Gives stores that a load updated back what they were.
UPDATE crpm.stores AS t
SET
    country_code = m.country_code,
    state = m.state,
    area_m2 = m.area_m2,
    opened_on = m.opened_on,
    source_hash = m.source_hash,
    source_values = m.source_values,
    load_file_id = m.load_file_id,
    source_line = m.source_line
FROM crpm.load_changes AS c
INNER JOIN crpm.stores AS o ON c.row_key = o.store_id::text
CROSS JOIN LATERAL jsonb_populate_record(o, c.old_values) AS m
WHERE c.load_id = %(load_id)s AND c.table_name = 'stores' AND t.store_id = o.store_id;
