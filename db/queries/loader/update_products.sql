-- Updates products whose rows changed since they were last loaded. Their SKUs are people's.
UPDATE crpm.products AS t
SET
    name = c.name,
    brand = CASE WHEN r.brand IS NULL THEN t.brand ELSE c.brand END,
    color = CASE WHEN r.color IS NULL THEN t.color ELSE c.color END,
    subcategory_id = c.subcategory_id,
    source_hash = c.source_hash,
    load_file_id = c.load_file_id,
    source_line = c.source_line
FROM staging.clean_products AS c
INNER JOIN staging.products AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
WHERE c.outcome = 'updated' AND t.product_id = c.record_id;
