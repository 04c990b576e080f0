-- Which segments the customers of a period are in, by gender, age and country.
-- Grain: one row per group of each kind and segment with customers. Age is that on the period's last day; share is of the customers of
-- the group.
WITH people AS (
    SELECT
        s.segment,
        s.revenue,
        coalesce(c.gender, 'gender not known') AS gender,
        analytics.age_band(c.birth_date, %(to_on)s) AS age_band,
        coalesce(co.name, 'country not known') AS country
    FROM analytics.customer_scores(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s) AS s
    INNER JOIN crpm.customers AS c ON s.customer_id = c.customer_id
    LEFT JOIN crpm.countries AS co ON c.country_code = co.country_code
),

grouped AS (
    SELECT
        k.place,
        k.kind,
        CASE WHEN k.name = 'not known' THEN 'age not known' ELSE k.name END AS name,
        p.segment,
        count(*) AS customers,
        sum(p.revenue) AS revenue
    FROM people AS p
    CROSS JOIN LATERAL (VALUES (1, 'Gender', p.gender), (2, 'Age', p.age_band), (3, 'Country', p.country)) AS k (place, kind, name)
    GROUP BY k.place, k.kind, k.name, p.segment
),

shared AS (
    SELECT
        g.*,
        round(g.customers / sum(g.customers) OVER (PARTITION BY g.kind, g.name), 4) AS share
    FROM grouped AS g
)

SELECT
    s.kind,
    s.name,
    s.segment,
    s.customers,
    s.share,
    s.revenue
FROM shared AS s
WHERE %(segment)s::text IS NULL OR s.segment = %(segment)s
ORDER BY
    s.place,
    array_position(ARRAY['under 20', '20-29', '30-39', '40-49', '50-59', '60 and over', 'age not known'], s.name),
    s.name,
    array_position(ARRAY['Champions', 'Loyal', 'New or promising', 'Need attention', 'At risk', 'Gone quiet'], s.segment)
LIMIT 1000;
