-- Change a product's details, unless somebody else has changed the record since it was read as row_version.
-- Grain: the one product, or none where the version is another by now.
UPDATE crpm.products AS p
SET
    sku = %(sku)s,
    name = %(product_name)s,
    brand = %(brand)s,
    color = %(color)s,
    subcategory_id = %(subcategory_id)s,
    tax_class_id = %(tax_class_id)s,
    reorder_point = %(reorder_point)s
WHERE p.product_id = %(product_id)s AND p.row_version = %(row_version)s
