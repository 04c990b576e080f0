-- The subcategories that have some text in their own or their category's name; none for a text of null.
-- Grain: one row per subcategory.
SELECT sc.subcategory_id
FROM crpm.subcategories AS sc
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
WHERE crpm.fold(c.name || ' ' || sc.name) LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
ORDER BY sc.subcategory_id
LIMIT 1000
