-- What each cohort of customers brought in a period: those who first bought in one month.
-- Grain: one row per cohort that begins in the period, one for those who had bought before it, and one for walk-ins, so that
-- revenue adds up. A cohort goes by the first purchase within the filters; in long periods cohort_step makes quarters or years of
-- the months. lifetime_value is the revenue of a customer to the period's last day, on average over the whole cohort.
WITH people AS (
    SELECT
        s.customer_id,
        min(s.sold_on) FILTER (WHERE s.kind = 'sale') AS first_on,
        coalesce(sum(s.orders) FILTER (WHERE s.sold_on >= %(from_on)s), 0)::bigint AS orders,
        sum(s.revenue) AS lifetime_revenue,
        coalesce(sum(s.revenue) FILTER (WHERE s.sold_on >= %(from_on)s), 0) AS revenue
    FROM analytics.sales_of_customers('-infinity', %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    GROUP BY s.customer_id
),

placed AS (
    SELECT
        p.orders,
        p.revenue,
        p.lifetime_revenue,
        p.customer_id IS NULL AS is_walk_in,
        CASE
            WHEN p.customer_id IS NOT NULL AND p.first_on >= %(from_on)s
                THEN date_trunc(%(cohort_step)s::text, p.first_on::timestamp)::date
        END AS cohort_on
    FROM people AS p
)

SELECT
    CASE
        WHEN p.is_walk_in THEN 'walk-in'
        WHEN p.cohort_on IS NULL THEN 'before the period'
        WHEN %(cohort_step)s::text = 'month' THEN to_char(p.cohort_on, 'YYYY-MM')
        WHEN %(cohort_step)s::text = 'quarter' THEN to_char(p.cohort_on, 'YYYY "Q"Q')
        ELSE to_char(p.cohort_on, 'YYYY')
    END AS cohort,
    p.cohort_on,
    CASE WHEN p.is_walk_in THEN 0 ELSE count(*) END AS cohort_customers,
    count(*) FILTER (WHERE p.orders > 0 AND NOT p.is_walk_in) AS buyers,
    sum(p.orders) AS orders,
    sum(p.revenue) AS revenue,
    round(sum(p.revenue) / nullif(sum(sum(p.revenue)) OVER (), 0), 4) AS share,
    CASE WHEN NOT p.is_walk_in THEN round(avg(p.lifetime_revenue), 2) END AS lifetime_value
FROM placed AS p
GROUP BY p.is_walk_in, p.cohort_on
ORDER BY p.is_walk_in, p.cohort_on NULLS FIRST;
