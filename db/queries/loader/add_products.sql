-- Adds new products.
INSERT INTO crpm.products (
    source_system, source_key, source_hash, source_values, load_file_id, source_line, sku, name, brand, color, subcategory_id, tax_class_id,
    reorder_point
)
SELECT
    %(source_system)s::text AS source_system,
    c.source_key,
    c.source_hash,
    c.file_values,
    c.load_file_id,
    c.source_line,
    c.sku,
    c.name,
    c.brand,
    c.color,
    c.subcategory_id,
    (SELECT min(t.tax_class_id) FROM crpm.tax_classes AS t) AS tax_class_id,
    (SELECT s.default_reorder_point FROM crpm.settings AS s) AS reorder_point
FROM staging.clean_products AS c
WHERE c.outcome IS NULL
ORDER BY c.load_file_id, c.source_line;
