-- Shops beside the online shop, the growth of stores that were open through both periods, and how long orders took to arrive.
-- Grain: one row. like_for_like is beside the same stores' revenue of the period compared with; a store whose opening day is not known
-- counts where it sold in both. delivery_days is the mean from the order's day to its delivery, of the period's orders that were delivered.
WITH sales AS (
    SELECT
        TRUE AS is_now,
        s.*
    FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    UNION ALL
    SELECT
        FALSE AS is_now,
        s.*
    FROM analytics.sales_of_days(%(compared_from)s, %(compared_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

stores AS (
    SELECT
        s.store_id,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_now), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE NOT s.is_now), 0) AS revenue_compared,
        bool_or(s.is_now) AND bool_or(NOT s.is_now) AS is_in_both
    FROM sales AS s
    GROUP BY s.store_id
),

marked AS (
    SELECT
        s.revenue,
        s.revenue_compared,
        st.is_online,
        st.area_m2,
        s.is_in_both AND coalesce(st.opened_on <= %(compared_from)s, TRUE) AS is_like_for_like
    FROM stores AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
),

revenues AS (
    SELECT
        coalesce(sum(m.revenue), 0) AS revenue,
        coalesce(sum(m.revenue) FILTER (WHERE m.is_online), 0) AS online_revenue,
        coalesce(sum(m.revenue) FILTER (WHERE m.is_like_for_like), 0) AS like_for_like,
        coalesce(sum(m.revenue_compared) FILTER (WHERE m.is_like_for_like), 0) AS like_for_like_previous,
        count(*) FILTER (WHERE m.is_like_for_like) AS like_for_like_stores,
        coalesce(sum(m.revenue) FILTER (WHERE m.area_m2 > 0), 0) AS revenue_of_floors
    FROM marked AS m
),

floors AS (
    SELECT sum(st.area_m2) AS square_metres
    FROM crpm.stores AS st
    WHERE st.area_m2 > 0 AND st.store_id IN (SELECT s.store_id FROM sales AS s WHERE s.is_now)
),

deliveries AS (
    SELECT
        avg(o.delivered_on - o.order_date) AS days,
        count(*) AS orders
    FROM crpm.orders AS o
    WHERE
        o.status = 'recorded'
        AND o.delivered_on IS NOT NULL
        AND o.order_date BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR o.store_id = %(store_id)s)
        AND (
            (%(country_code)s::text IS NULL AND %(category_id)s::bigint IS NULL AND %(segment)s::text IS NULL)
            OR o.order_id IN (
                SELECT s.order_id
                FROM analytics.detailed_sales AS s
                WHERE
                    s.kind = 'sale'
                    AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
                    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
                    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
                    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
                    AND (
                        %(segment)s::text IS NULL
                        OR s.customer_id IN (
                            SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)
                        )
                    )
            )
        )
)

SELECT
    r.revenue - r.online_revenue AS shop_revenue,
    r.online_revenue,
    round(r.online_revenue / nullif(r.revenue, 0), 4) AS online_share,
    r.like_for_like,
    r.like_for_like_previous,
    r.like_for_like_stores,
    round(r.revenue_of_floors / f.square_metres, 2) AS revenue_per_square_metre,
    round(d.days, 2) AS delivery_days,
    d.orders AS delivered_orders
FROM revenues AS r
CROSS JOIN floors AS f
CROSS JOIN deliveries AS d;
