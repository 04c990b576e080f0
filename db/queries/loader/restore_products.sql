-- Gives products that a load updated back what they were.
UPDATE crpm.products AS t
SET
    name = m.name,
    brand = m.brand,
    color = m.color,
    subcategory_id = m.subcategory_id,
    source_hash = m.source_hash,
    source_values = m.source_values,
    load_file_id = m.load_file_id,
    source_line = m.source_line
FROM crpm.load_changes AS c
INNER JOIN crpm.products AS o ON c.row_key = o.product_id::text
CROSS JOIN LATERAL jsonb_populate_record(o, c.old_values) AS m
WHERE c.load_id = %(load_id)s AND c.table_name = 'products' AND t.product_id = o.product_id;
