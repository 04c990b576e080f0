-- Add a category, unless there is one of that name, without regard to case and accents.
-- Grain: the new category, or none.
INSERT INTO crpm.categories (name)
SELECT %(category)s::text
WHERE NOT EXISTS (SELECT 1 FROM crpm.categories AS c WHERE crpm.fold(c.name) = crpm.fold(%(category)s))
