-- Revenue, orders and units of each step of a period, with the revenue of the same days one year before.
-- Grain: one row per day, week (from Monday), month, quarter or year (step), those without sales included with zero; the first and the
-- last may be cut off by the period. growth is on the step before. moving_average is of the step and those before it, 7 days, 4 weeks,
-- 3 months, 4 quarters or 3 years in all, from the first on that has so many.
WITH steps AS (
    SELECT
        date_trunc(%(step)s::text, s.sold_on::timestamp)::date AS starts_on,
        sum(s.revenue) AS revenue,
        sum(s.orders)::bigint AS orders,
        sum(s.units)::bigint AS units
    FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY date_trunc(%(step)s::text, s.sold_on::timestamp)
),

-- A day one year before counts where it would be now.
steps_before AS (
    SELECT
        date_trunc(%(step)s::text, s.sold_on + interval '1 year')::date AS starts_on,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_days(%(year_before_from)s, %(year_before_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
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
