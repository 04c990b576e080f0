-- The products that codes stand for, by SKU or barcode, with what is on hand at a store.
-- Grain: one row per code and product; a code of two products has two rows, an unknown one none.
SELECT
    c.code,
    p.product_id,
    p.name || ' (' || p.sku || ')' AS product,
    coalesce(l.on_hand, 0) AS on_hand
FROM (SELECT DISTINCT u.code FROM unnest(%(codes)s::text[]) AS u (code)) AS c
INNER JOIN LATERAL (
    SELECT x.product_id
    FROM crpm.products AS x
    WHERE x.sku = c.code
    UNION
    SELECT b.product_id
    FROM crpm.product_barcodes AS b
    WHERE b.barcode = c.code
) AS found ON TRUE
INNER JOIN crpm.products AS p ON found.product_id = p.product_id
LEFT JOIN crpm.stock_levels AS l ON l.store_id = %(store_id)s::bigint AND p.product_id = l.product_id
ORDER BY c.code, p.product_id
LIMIT 10000
