-- Revenue, orders and units of each step of a period, with the revenue of the same days one year before.
-- Grain: one row per day, week (from Monday), month, quarter or year (step), those without sales included with zero; the first and the
-- last may be cut off by the period. growth is on the step before. moving_average is of the step and those before it, 7 days, 4 weeks,
-- 3 months, 4 quarters or 3 years in all, from the first on that has so many.
WITH sales AS (
    SELECT
        s.sold_on,
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s AS is_now,
        s.sold_on BETWEEN %(from_on)s - interval '1 year' AND %(to_on)s - interval '1 year' AS is_before,
        CASE WHEN s.kind = 'sale' THEN s.order_id END AS order_id,
        s.units,
        s.revenue
    FROM analytics.detailed_sales AS s
    WHERE
        (
            s.sold_on BETWEEN %(from_on)s AND %(to_on)s
            OR s.sold_on BETWEEN %(from_on)s - interval '1 year' AND %(to_on)s - interval '1 year'
        )
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

steps AS (
    SELECT
        date_trunc(%(step)s::text, s.sold_on::timestamp)::date AS starts_on,
        sum(s.revenue) AS revenue,
        count(DISTINCT s.order_id) AS orders,
        sum(s.units) AS units
    FROM sales AS s
    WHERE s.is_now
    GROUP BY date_trunc(%(step)s::text, s.sold_on::timestamp)
),

-- A day one year before counts where it would be now.
steps_before AS (
    SELECT
        date_trunc(%(step)s::text, s.sold_on + interval '1 year')::date AS starts_on,
        sum(s.revenue) AS revenue
    FROM sales AS s
    WHERE s.is_before
    GROUP BY date_trunc(%(step)s::text, s.sold_on + interval '1 year')
),

calendar AS (
    SELECT c.starts_on::date AS starts_on
    FROM
        generate_series(
            date_trunc(%(step)s::text, %(from_on)s::timestamp),
            %(to_on)s::timestamp,
            CASE %(step)s::text WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || %(step)s::text)::interval END
        ) AS c (starts_on)
),

figures AS (
    SELECT
        c.starts_on,
        coalesce(now.revenue, 0) AS revenue,
        coalesce(now.orders, 0) AS orders,
        coalesce(now.units, 0) AS units,
        coalesce(before.revenue, 0) AS revenue_before,
        CASE %(step)s::text WHEN 'day' THEN 7 WHEN 'week' THEN 4 WHEN 'quarter' THEN 4 ELSE 3 END AS averaged
    FROM calendar AS c
    LEFT JOIN steps AS now ON c.starts_on = now.starts_on
    LEFT JOIN steps_before AS before ON c.starts_on = before.starts_on
),

numbered AS (
    SELECT
        f.*,
        row_number() OVER (ORDER BY f.starts_on) AS place,
        sum(f.revenue) OVER (ORDER BY f.starts_on) AS revenue_so_far,
        lag(f.revenue) OVER (ORDER BY f.starts_on) AS revenue_of_step_before
    FROM figures AS f
)

SELECT
    n.starts_on,
    n.revenue,
    n.orders,
    n.units,
    n.revenue_before,
    round((n.revenue - n.revenue_of_step_before) / nullif(abs(n.revenue_of_step_before), 0), 4) AS growth,
    CASE WHEN n.place >= n.averaged THEN round((n.revenue_so_far - coalesce(earlier.revenue_so_far, 0)) / n.averaged, 2) END AS moving_average
FROM numbered AS n
LEFT JOIN numbered AS earlier ON n.place - n.averaged = earlier.place
ORDER BY n.starts_on;
