-- Revenue, orders and units of each day or month of a period, with the revenue of the same days one year before.
-- Grain: one row per day or month (step), those without sales included with zero.
WITH sales AS (
    SELECT
        date_trunc(%(step)s::text, s.sold_on::timestamp)::date AS starts_on,
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
        s.starts_on,
        sum(s.revenue) FILTER (WHERE s.is_now) AS revenue,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_now) AS orders,
        sum(s.units) FILTER (WHERE s.is_now) AS units,
        sum(s.revenue) FILTER (WHERE s.is_before) AS revenue_before
    FROM sales AS s
    GROUP BY s.starts_on
),

calendar AS (
    SELECT c.starts_on::date AS starts_on
    FROM
        generate_series(
            date_trunc(%(step)s::text, %(from_on)s::timestamp), %(to_on)s::timestamp, ('1 ' || %(step)s::text)::interval
        ) AS c (starts_on)
)

SELECT
    c.starts_on,
    coalesce(step.revenue, 0) AS revenue,
    coalesce(step.orders, 0) AS orders,
    coalesce(step.units, 0) AS units,
    coalesce(before.revenue_before, 0) AS revenue_before
FROM calendar AS c
LEFT JOIN steps AS step ON c.starts_on = step.starts_on
LEFT JOIN steps AS before ON (c.starts_on - interval '1 year')::date = before.starts_on
ORDER BY c.starts_on;
