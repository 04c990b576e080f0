-- Updates products whose rows changed since they were last loaded, in the fields that nobody has edited since.
-- Their SKUs are people's.
UPDATE crpm.products AS t
SET
    name = m.name,
    brand = m.brand,
    color = m.color,
    subcategory_id = m.subcategory_id,
    source_hash = c.source_hash,
    source_values = coalesce(t.source_values, '{}') || c.file_values,
    load_file_id = c.load_file_id,
    source_line = c.source_line
FROM staging.clean_products AS c
INNER JOIN crpm.products AS o ON c.record_id = o.product_id
CROSS JOIN LATERAL jsonb_populate_record(o, c.taken) AS m
WHERE c.outcome = 'updated' AND t.product_id = c.record_id;
