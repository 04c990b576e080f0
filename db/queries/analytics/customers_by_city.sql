-- Customers by the city they live in, and what each group bought in a period.
-- Grain: one row for each of the 30 cities with most revenue, one for all others, and one for walk-ins, so that revenue adds up.
-- customers counts those on record, whatever they bought; buyers those with a sale in the period. A city is its name within
-- its state and country.
WITH people AS (
    SELECT
        c.customer_id,
        c.country_code,
        c.merged_into_customer_id IS NOT NULL AS is_merged,
        coalesce(c.city, 'not known') AS city,
        coalesce(c.state, '') AS state,
        coalesce(co.name, '') AS country
    FROM crpm.customers AS c
    LEFT JOIN crpm.countries AS co ON c.country_code = co.country_code
),

on_record AS (
    SELECT
        p.city,
        p.state,
        p.country,
        FALSE AS is_walk_in,
        count(*) AS customers
    FROM people AS p
    WHERE
        NOT p.is_merged
        AND (%(country_code)s::text IS NULL OR p.country_code = %(country_code)s)
        AND (%(segment)s::text IS NULL OR p.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY p.city, p.state, p.country
),

bought AS (
    SELECT
        coalesce(p.city, 'walk-in') AS city,
        coalesce(p.state, '') AS state,
        coalesce(p.country, '') AS country,
        s.customer_id IS NULL AS is_walk_in,
        count(DISTINCT s.customer_id) FILTER (WHERE s.kind = 'sale') AS buyers,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    LEFT JOIN people AS p ON s.customer_id = p.customer_id
    GROUP BY p.city, p.state, p.country, s.customer_id IS NULL
),

ranked AS (
    SELECT
        coalesce(r.city, b.city) AS city,
        coalesce(r.state, b.state) AS state,
        coalesce(r.country, b.country) AS country,
        coalesce(r.is_walk_in, b.is_walk_in) AS is_walk_in,
        r.customers,
        b.buyers,
        b.orders,
        b.revenue,
        row_number() OVER (
            PARTITION BY coalesce(r.is_walk_in, b.is_walk_in)
            ORDER BY b.revenue DESC NULLS LAST, coalesce(r.city, b.city), coalesce(r.state, b.state), coalesce(r.country, b.country)
        ) AS place
    FROM on_record AS r
    FULL JOIN bought AS b ON r.city = b.city AND r.state = b.state AND r.country = b.country AND r.is_walk_in = b.is_walk_in
),

shown AS (
    SELECT
        CASE WHEN r.place <= 30 THEN r.city ELSE 'all other cities' END AS city,
        CASE WHEN r.place <= 30 THEN r.state ELSE '' END AS state,
        CASE WHEN r.place <= 30 THEN r.country ELSE '' END AS country,
        r.is_walk_in,
        least(r.place, 31) AS place,
        r.customers,
        r.buyers,
        r.orders,
        r.revenue
    FROM ranked AS r
)

SELECT
    s.city,
    s.state,
    s.country,
    coalesce(sum(s.customers), 0) AS customers,
    coalesce(sum(s.buyers), 0) AS buyers,
    coalesce(sum(s.orders), 0) AS orders,
    coalesce(sum(s.revenue), 0) AS revenue,
    round(sum(s.revenue) / nullif(sum(s.orders), 0), 2) AS average_order_value
FROM shown AS s
GROUP BY s.place, s.is_walk_in, s.city, s.state, s.country
ORDER BY s.is_walk_in, s.place;
