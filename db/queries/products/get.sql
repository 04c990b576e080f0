-- One product, whole, with its price in base currency and the file that brought it.
-- Grain: one row, or none.
SELECT
    p.product_id,
    p.sku,
    p.name,
    p.brand,
    p.color,
    c.name AS category,
    sc.name AS subcategory,
    p.tax_class_id,
    t.name AS tax_class,
    p.reorder_point,
    p.is_active,
    codes.barcodes,
    s.base_currency_code AS currency_code,
    price.unit_price,
    price.valid_from AS priced_at,
    f.file_name,
    p.source_line,
    p.row_version,
    p.created_at,
    p.updated_at
FROM crpm.products AS p
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
INNER JOIN crpm.tax_classes AS t ON p.tax_class_id = t.tax_class_id
INNER JOIN LATERAL (
    SELECT coalesce(array_agg(b.barcode ORDER BY b.barcode), '{}') AS barcodes
    FROM crpm.product_barcodes AS b
    WHERE b.product_id = p.product_id
) AS codes ON TRUE
LEFT JOIN crpm.load_files AS f ON p.load_file_id = f.load_file_id
LEFT JOIN crpm.settings AS s ON TRUE
LEFT JOIN LATERAL (
    SELECT
        x.unit_price,
        x.valid_from
    FROM crpm.product_prices AS x
    WHERE x.product_id = p.product_id AND x.currency_code = s.base_currency_code AND x.valid_from <= now()
    ORDER BY x.valid_from DESC
    LIMIT 1
) AS price ON TRUE
WHERE p.product_id = %(product_id)s
