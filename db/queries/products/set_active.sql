-- Activate or deactivate a product.
-- Grain: the one product, or none where there is no such product.
UPDATE crpm.products AS p
SET is_active = %(is_active)s
WHERE p.product_id = %(product_id)s
