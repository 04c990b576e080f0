-- Customers by age on the last day of a period, and what each group bought in it.
-- Grain: one row per group, and one for walk-ins, so that revenue adds up. customers counts those on record, whatever they
-- bought; buyers those with a sale in the period.
WITH people AS (
    SELECT
        c.customer_id,
        c.country_code,
        c.merged_into_customer_id IS NOT NULL AS is_merged,
        analytics.age_band(c.birth_date, %(to_on)s) AS age_band
    FROM crpm.customers AS c
),

on_record AS (
    SELECT
        p.age_band,
        count(*) AS customers
    FROM people AS p
    WHERE
        NOT p.is_merged
        AND (%(country_code)s::text IS NULL OR p.country_code = %(country_code)s)
        AND (%(segment)s::text IS NULL OR p.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY p.age_band
),

bought AS (
    SELECT
        coalesce(p.age_band, 'walk-in') AS age_band,
        count(DISTINCT s.customer_id) FILTER (WHERE s.kind = 'sale') AS buyers,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    LEFT JOIN people AS p ON s.customer_id = p.customer_id
    GROUP BY coalesce(p.age_band, 'walk-in')
)

SELECT
    coalesce(r.age_band, b.age_band) AS age_band,
    coalesce(r.customers, 0) AS customers,
    round(coalesce(r.customers, 0) / nullif(sum(r.customers) OVER (), 0), 4) AS share,
    coalesce(b.buyers, 0) AS buyers,
    coalesce(b.orders, 0) AS orders,
    coalesce(b.revenue, 0) AS revenue,
    round(b.revenue / nullif(b.orders, 0), 2) AS average_order_value
FROM on_record AS r
FULL JOIN bought AS b ON r.age_band = b.age_band
ORDER BY array_position(ARRAY['under 20', '20-29', '30-39', '40-49', '50-59', '60 and over', 'not known'], coalesce(r.age_band, b.age_band))
LIMIT 1000;
