-- Revenue, orders, units, returns and average order value of a period, of the same days one year before, and of the period before.
-- Grain: one row. An order counts on the day of its sale, a return takes revenue and units off on its own day.
-- first_on is the first day with a sale: what begins before it is not compared with.
WITH sales AS (
    SELECT
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s AS is_now,
        s.sold_on BETWEEN %(from_on)s - interval '1 year' AND %(to_on)s - interval '1 year' AS is_before,
        s.sold_on BETWEEN %(previous_from)s AND %(previous_to)s AS is_previous,
        CASE WHEN s.kind = 'sale' THEN s.order_id END AS order_id,
        CASE WHEN s.kind = 'return' THEN -s.revenue ELSE 0 END AS returned,
        s.units,
        s.revenue
    FROM analytics.detailed_sales AS s
    WHERE
        (
            s.sold_on BETWEEN %(from_on)s AND %(to_on)s
            OR s.sold_on BETWEEN %(from_on)s - interval '1 year' AND %(to_on)s - interval '1 year'
            OR s.sold_on BETWEEN %(previous_from)s AND %(previous_to)s
        )
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

figures AS (
    SELECT
        coalesce(sum(s.revenue) FILTER (WHERE s.is_now), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_before), 0) AS revenue_before,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_previous), 0) AS revenue_previous,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_now) AS orders,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_before) AS orders_before,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_previous) AS orders_previous,
        coalesce(sum(s.units) FILTER (WHERE s.is_now), 0) AS units,
        coalesce(sum(s.units) FILTER (WHERE s.is_before), 0) AS units_before,
        coalesce(sum(s.units) FILTER (WHERE s.is_previous), 0) AS units_previous,
        coalesce(sum(s.returned) FILTER (WHERE s.is_now), 0) AS returned,
        coalesce(sum(s.returned) FILTER (WHERE s.is_before), 0) AS returned_before,
        coalesce(sum(s.returned) FILTER (WHERE s.is_previous), 0) AS returned_previous
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
