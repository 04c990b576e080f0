-- Add a product.
-- Grain: one row, the new product's id.
INSERT INTO crpm.products (sku, name, brand, color, subcategory_id, tax_class_id, reorder_point)
VALUES (
    %(sku)s, %(product_name)s, %(brand)s, %(color)s, %(subcategory_id)s, %(tax_class_id)s, %(reorder_point)s
)
RETURNING product_id
