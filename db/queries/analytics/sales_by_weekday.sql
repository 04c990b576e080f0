-- What the days of the week bring: sales of a period by weekday, per day of it.
-- Grain: one row per weekday, Monday first. days are those of the period between the first and the last sale of the business,
-- with sales or not; index is the revenue of such a day in hundredths of that of an average day.
WITH horizon AS (
    SELECT
        min(o.order_date) AS first_on,
        max(o.order_date) AS last_on
    FROM crpm.orders AS o
    WHERE o.status = 'recorded'
),

days AS (
    SELECT
        extract(ISODOW FROM d.day)::integer AS weekday,
        count(*) AS days
    FROM horizon AS h
    CROSS JOIN
        LATERAL generate_series(greatest(%(from_on)s::date, h.first_on), least(%(to_on)s::date, h.last_on), interval '1 day') AS d (day)
    GROUP BY extract(ISODOW FROM d.day)
),

sold AS (
    SELECT
        extract(ISODOW FROM s.sold_on)::integer AS weekday,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY extract(ISODOW FROM s.sold_on)
)

SELECT
    d.weekday,
    (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[d.weekday] AS weekday_name,
    d.days,
    coalesce(s.orders, 0) AS orders,
    coalesce(s.revenue, 0) AS revenue,
    round(coalesce(s.revenue, 0) / d.days, 2) AS revenue_per_day,
    round(100 * (coalesce(s.revenue, 0) / d.days) / nullif(sum(s.revenue) OVER () / sum(d.days) OVER (), 0), 1) AS index
FROM days AS d
LEFT JOIN sold AS s ON d.weekday = s.weekday
ORDER BY d.weekday;
