-- Lets the retailer's own geography win: a continent that the customers' rows name for a country, all of them the same.
WITH named AS (
    SELECT
        c.country_code,
        min(c.continent) AS continent
    FROM staging.clean_customers AS c
    WHERE (c.outcome IS NULL OR c.outcome = 'updated') AND c.country_code IS NOT NULL AND c.continent IS NOT NULL
    GROUP BY c.country_code
    HAVING count(DISTINCT c.continent) = 1
),

updated AS (
    UPDATE crpm.countries AS k
    SET continent = f.continent
    FROM named AS f
    INNER JOIN crpm.countries AS o ON f.country_code = o.country_code
    WHERE k.country_code = f.country_code AND k.continent <> f.continent
    RETURNING k.country_code, o.continent AS old_continent, k.continent
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, old_values, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'countries' AS table_name,
    u.country_code AS row_key,
    jsonb_build_object('continent', u.old_continent) AS old_values,
    jsonb_build_object('continent', u.continent) AS new_values
FROM updated AS u;
