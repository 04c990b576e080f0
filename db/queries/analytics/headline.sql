-- Revenue, orders, units, returns and average order value of a period, of the same days one year before, and of the period before.
-- Grain: one row. An order counts on the day of its sale, a return takes revenue and units off on its own day.
-- first_on is the first day with a sale: what begins before it is not compared with.
WITH sales AS (
    SELECT
        'now' AS period,
        s.*
    FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    UNION ALL
    SELECT
        'year before' AS period,
        s.*
    FROM analytics.sales_of_days(%(year_before_from)s, %(year_before_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    UNION ALL
    SELECT
        'previous' AS period,
        s.*
    FROM analytics.sales_of_days(%(previous_from)s, %(previous_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

figures AS (
    SELECT
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'now'), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'year before'), 0) AS revenue_before,
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'previous'), 0) AS revenue_previous,
        coalesce(sum(s.orders) FILTER (WHERE s.period = 'now'), 0)::bigint AS orders,
        coalesce(sum(s.orders) FILTER (WHERE s.period = 'year before'), 0)::bigint AS orders_before,
        coalesce(sum(s.orders) FILTER (WHERE s.period = 'previous'), 0)::bigint AS orders_previous,
        coalesce(sum(s.units) FILTER (WHERE s.period = 'now'), 0)::bigint AS units,
        coalesce(sum(s.units) FILTER (WHERE s.period = 'year before'), 0)::bigint AS units_before,
        coalesce(sum(s.units) FILTER (WHERE s.period = 'previous'), 0)::bigint AS units_previous,
        coalesce(-sum(s.revenue) FILTER (WHERE s.period = 'now' AND s.kind = 'return'), 0) AS returned,
        coalesce(-sum(s.revenue) FILTER (WHERE s.period = 'year before' AND s.kind = 'return'), 0) AS returned_before,
        coalesce(-sum(s.revenue) FILTER (WHERE s.period = 'previous' AND s.kind = 'return'), 0) AS returned_previous
    FROM sales AS s
),

horizon AS (
    SELECT min(o.order_date) AS first_on
    FROM crpm.orders AS o
    WHERE o.status = 'recorded'
)

SELECT
    f.revenue,
    f.revenue_before,
    f.revenue_previous,
    f.orders,
    f.orders_before,
    f.orders_previous,
    f.units,
    f.units_before,
    f.units_previous,
    f.returned,
    f.returned_before,
    f.returned_previous,
    h.first_on,
    round(f.revenue / nullif(f.orders, 0), 2) AS average_order_value,
    round(f.revenue_before / nullif(f.orders_before, 0), 2) AS average_order_value_before,
    round(f.revenue_previous / nullif(f.orders_previous, 0), 2) AS average_order_value_previous,
    round(f.returned / nullif(f.revenue + f.returned, 0), 4) AS returned_share
FROM figures AS f
CROSS JOIN horizon AS h;
