-- Take the barcodes off a product that are not among those to keep.
-- Grain: one row per barcode that goes.
DELETE FROM crpm.product_barcodes AS b
WHERE b.product_id = %(product_id)s AND b.barcode <> ALL(%(barcodes)s::text[])
