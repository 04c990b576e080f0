-- The fields that a load left as people had edited them, though its files said otherwise.
-- Grain: one row per updated row and field in conflict, in the order of the files. record is what the record is called now,
-- null where it is not there any more.
SELECT
    f.file_name,
    f.target,
    c.line_number,
    c.record_id,
    coalesce(u.name, p.name, s.name) AS record,
    coalesce(c.column_name, c.field) AS column_name,
    c.was_loaded,
    c.in_file,
    c.is_now
FROM crpm.load_conflicts AS c
INNER JOIN crpm.load_files AS f ON c.load_file_id = f.load_file_id
LEFT JOIN crpm.customers AS u ON f.target = 'customers' AND c.record_id = u.customer_id
LEFT JOIN crpm.products AS p ON f.target = 'products' AND c.record_id = p.product_id
LEFT JOIN crpm.stores AS s ON f.target = 'stores' AND c.record_id = s.store_id
WHERE f.load_id = %(load_id)s
ORDER BY c.load_file_id, c.line_number, c.field
LIMIT %(limit)s OFFSET %(offset)s;
