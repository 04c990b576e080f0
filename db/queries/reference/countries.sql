-- Countries to choose from.
-- Grain: one row per country.
SELECT
    c.country_code,
    c.name,
    c.currency_code
FROM crpm.countries AS c
ORDER BY c.name
LIMIT 1000
