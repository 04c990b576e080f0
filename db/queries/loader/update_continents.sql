-- Lets the retailer's own geography win: a continent that the customers' rows name for a country, all of them the same.
UPDATE crpm.countries AS k
SET continent = f.continent
FROM (
    SELECT
        c.country_code,
        min(c.continent) AS continent
    FROM staging.clean_customers AS c
    WHERE (c.outcome IS NULL OR c.outcome = 'updated') AND c.country_code IS NOT NULL AND c.continent IS NOT NULL
    GROUP BY c.country_code
    HAVING count(DISTINCT c.continent) = 1
) AS f
WHERE k.country_code = f.country_code AND k.continent <> f.continent;
