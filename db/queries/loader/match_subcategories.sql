-- Finds the subcategory of each product: by its key in the source, else by its name in its category.
UPDATE staging.clean_products AS p
SET subcategory_id = coalesce(k.subcategory_id, n.subcategory_id)
FROM staging.clean_products AS c
LEFT JOIN crpm.subcategories AS k ON k.source_system = %(source_system)s AND c.subcategory_key = k.source_key
LEFT JOIN crpm.categories AS ck ON ck.source_system = %(source_system)s AND c.category_key = ck.source_key
LEFT JOIN crpm.categories AS cn ON c.category = cn.name
LEFT JOIN crpm.subcategories AS n
    ON n.category_id = coalesce(ck.category_id, cn.category_id) AND c.subcategory = n.name
WHERE
    (c.outcome IS NULL OR c.outcome = 'updated')
    AND p.load_file_id = c.load_file_id AND p.source_line = c.source_line;
