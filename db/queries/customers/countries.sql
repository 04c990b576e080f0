-- Countries that customers live in, to filter by.
-- Grain: one row per country.
SELECT
    n.country_code,
    n.name
FROM crpm.countries AS n
WHERE EXISTS (SELECT 1 FROM crpm.customers AS c WHERE c.country_code = n.country_code)
ORDER BY n.name
LIMIT 1000
