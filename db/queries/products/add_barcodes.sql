-- Give a product those barcodes that it does not have yet.
-- Grain: one row per new barcode.
INSERT INTO crpm.product_barcodes (barcode, product_id)
SELECT
    n.barcode,
    %(product_id)s::bigint
FROM unnest(%(barcodes)s::text[]) AS n (barcode)
WHERE NOT EXISTS (
    SELECT 1 FROM crpm.product_barcodes AS b WHERE b.barcode = n.barcode AND b.product_id = %(product_id)s
)
