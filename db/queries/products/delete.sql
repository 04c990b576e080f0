-- Delete a product that has no history, with its prices, costs and barcodes.
-- Grain: the one product, or none where there is no such product.
DELETE FROM crpm.products AS p
WHERE p.product_id = %(product_id)s
