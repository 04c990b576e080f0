-- Customers by the state they live in, and what each group bought in a period.
-- Grain: one row per group, and one for walk-ins, so that revenue adds up. customers counts those on record, whatever they
-- bought; buyers those with a sale in the period.
WITH people AS (
    SELECT
        c.customer_id,
        c.country_code,
        c.merged_into_customer_id IS NOT NULL AS is_merged,
        coalesce(c.state, 'not known') AS state,
        coalesce(co.name, 'not known') AS country
    FROM crpm.customers AS c
    LEFT JOIN crpm.countries AS co ON c.country_code = co.country_code
),

on_record AS (
    SELECT
        p.state,
        p.country,
        min(p.country_code) AS country_code,
        count(*) AS customers
    FROM people AS p
    WHERE
        NOT p.is_merged
        AND (%(country_code)s::text IS NULL OR p.country_code = %(country_code)s)
        AND (%(segment)s::text IS NULL OR p.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY p.state, p.country
),

bought AS (
    SELECT
        coalesce(p.state, 'walk-in') AS state,
        coalesce(p.country, 'walk-in') AS country,
        count(DISTINCT s.customer_id) FILTER (WHERE s.kind = 'sale') AS buyers,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    LEFT JOIN people AS p ON s.customer_id = p.customer_id
    GROUP BY coalesce(p.state, 'walk-in'), coalesce(p.country, 'walk-in')
)

SELECT
    coalesce(r.state, b.state) AS state,
    coalesce(r.country, b.country) AS country,
    r.country_code,
    coalesce(r.customers, 0) AS customers,
    coalesce(b.buyers, 0) AS buyers,
    coalesce(b.orders, 0) AS orders,
    coalesce(b.revenue, 0) AS revenue,
    round(b.revenue / nullif(b.orders, 0), 2) AS average_order_value
FROM on_record AS r
FULL JOIN bought AS b ON r.state = b.state AND r.country = b.country
ORDER BY revenue DESC, country ASC, state ASC
LIMIT 1000;
