-- Add a subcategory to the category of that name.
-- Grain: one row, the new subcategory's id.
INSERT INTO crpm.subcategories (category_id, name)
SELECT
    c.category_id,
    %(subcategory)s::text
FROM crpm.categories AS c
WHERE crpm.fold(c.name) = crpm.fold(%(category)s::text)
ORDER BY c.name = %(category)s DESC, c.category_id
LIMIT 1
RETURNING subcategory_id
