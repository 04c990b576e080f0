-- The states of a country that customers live in, to filter by.
-- Grain: one row per state. Goes from each to the next by the index, since a country may have a million customers.
WITH RECURSIVE found AS (
    (
        SELECT c.state
        FROM crpm.customers AS c
        WHERE c.country_code = %(country_code)s::text AND c.state IS NOT NULL
        ORDER BY c.state
        LIMIT 1
    )
    UNION ALL
    SELECT following.state
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT c.state
        FROM crpm.customers AS c
        WHERE c.country_code = %(country_code)s::text AND c.state > f.state
        ORDER BY c.state
        LIMIT 1
    ) AS following
)

SELECT f.state
FROM found AS f
ORDER BY crpm.fold(f.state), f.state
LIMIT 1000
