-- Delete a product that has no history, with its prices, costs and barcodes, unless somebody else has changed it meanwhile.
-- Grain: the one product, or none where the version is another by now.
DELETE FROM crpm.products AS p
WHERE p.product_id = %(product_id)s AND p.row_version = %(row_version)s
