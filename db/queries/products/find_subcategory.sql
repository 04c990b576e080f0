-- The subcategory of these names, without regard to case and accents; spelled just so before others.
-- Grain: one row, or none.
SELECT sc.subcategory_id
FROM crpm.subcategories AS sc
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
WHERE crpm.fold(c.name) = crpm.fold(%(category)s::text) AND crpm.fold(sc.name) = crpm.fold(%(subcategory)s::text)
ORDER BY c.name = %(category)s DESC, sc.name = %(subcategory)s DESC, sc.subcategory_id
LIMIT 1
