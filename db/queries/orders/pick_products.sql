-- Products whose name, SKU or brand contains what was typed, or whose barcode it is, with stock at the till's store.
-- Grain: one row per active product; is_exact marks the one whose barcode or SKU was typed in full.
SELECT
    p.product_id,
    p.sku,
    p.name,
    coalesce(s.on_hand, 0) AS on_hand,
    b.barcode IS NOT NULL OR lower(p.sku) = lower(%(text)s::text) AS is_exact
FROM crpm.products AS p
LEFT JOIN crpm.product_barcodes AS b ON p.product_id = b.product_id AND b.barcode = %(text)s::text
LEFT JOIN crpm.stock_levels AS s ON s.store_id = %(store_id)s::bigint AND p.product_id = s.product_id
WHERE
    p.is_active
    AND (
        p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT x.product_id FROM crpm.product_barcodes AS x WHERE x.barcode = %(text)s::text)
    )
ORDER BY is_exact DESC, p.sort_name LIKE crpm.fold(%(pattern)s::text) || '%%' DESC, p.sort_name, p.product_id
LIMIT 12
