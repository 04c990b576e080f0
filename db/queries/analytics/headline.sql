-- Revenue, orders, units and average order value of a period, and of the same days one year before.
-- Grain: one row. An order counts on the day of its sale, a return takes revenue and units off on its own day.
WITH sales AS (
    SELECT
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

figures AS (
    SELECT
        coalesce(sum(s.revenue) FILTER (WHERE s.is_now), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_before), 0) AS revenue_before,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_now) AS orders,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_before) AS orders_before,
        coalesce(sum(s.units) FILTER (WHERE s.is_now), 0) AS units,
        coalesce(sum(s.units) FILTER (WHERE s.is_before), 0) AS units_before
    FROM sales AS s
)

SELECT
    f.revenue,
    f.revenue_before,
    f.orders,
    f.orders_before,
    f.units,
    f.units_before,
    round(f.revenue / nullif(f.orders, 0), 2) AS average_order_value,
    round(f.revenue_before / nullif(f.orders_before, 0), 2) AS average_order_value_before
FROM figures AS f;
