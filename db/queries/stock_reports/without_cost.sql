-- Products on hand at the end of a day that had no cost by then, so that stock_reports/value cannot value them.
-- Grain: one row per product, 100 at most; a null day is now. products counts them all.
SELECT
    p.product_id,
    p.sku,
    p.name AS product,
    sum(v.on_hand) AS on_hand,
    count(*) OVER () AS products
FROM analytics.stock_value_on(%(day)s::date) AS v
INNER JOIN crpm.products AS p ON v.product_id = p.product_id
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
WHERE
    v.unit_cost IS NULL
    AND (%(store_id)s::bigint IS NULL OR v.store_id = %(store_id)s)
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    AND (
        %(pattern)s::text IS NULL
        OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
    )
GROUP BY p.product_id
ORDER BY p.sort_name, p.product_id
LIMIT 100
