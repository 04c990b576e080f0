-- The brands that products have, to filter by.
-- Grain: one row per brand. Goes from each to the next by the index.
WITH RECURSIVE found AS (
    (
        SELECT p.brand
        FROM crpm.products AS p
        WHERE p.brand IS NOT NULL
        ORDER BY p.brand
        LIMIT 1
    )
    UNION ALL
    SELECT following.brand
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT p.brand
        FROM crpm.products AS p
        WHERE p.brand > f.brand
        ORDER BY p.brand
        LIMIT 1
    ) AS following
)

SELECT f.brand
FROM found AS f
ORDER BY crpm.fold(f.brand), f.brand
LIMIT 1000
