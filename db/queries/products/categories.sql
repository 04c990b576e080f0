-- Categories with their subcategories, to choose from.
-- Grain: one row per subcategory, and one with nulls per category that has none.
SELECT
    c.category_id,
    c.name AS category,
    sc.subcategory_id,
    sc.name AS subcategory
FROM crpm.categories AS c
LEFT JOIN crpm.subcategories AS sc ON c.category_id = sc.category_id
ORDER BY crpm.fold(c.name), c.category_id, crpm.fold(sc.name), sc.subcategory_id
LIMIT 10000
