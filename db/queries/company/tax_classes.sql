-- Tax classes to choose from.
-- Grain: one row per class.
SELECT
    t.tax_class_id,
    t.name
FROM crpm.tax_classes AS t
ORDER BY t.name
