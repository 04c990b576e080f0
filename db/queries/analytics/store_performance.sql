-- Each store beside the period compared with: revenue, by square metre too, and how old it is.
-- Grain: one row per store with sales in either period. years is its age at the end of the period; is_like_for_like tells that it sold in
-- both periods and was open through them, as far as its opening day is known, so that its growth is not that of opening or closing. is_new: it opened after the period compared with began.
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
        coalesce(sum(s.orders) FILTER (WHERE s.is_now), 0)::bigint AS orders,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_now), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE NOT s.is_now), 0) AS revenue_previous,
        bool_or(s.is_now) AND bool_or(NOT s.is_now) AS is_in_both
    FROM sales AS s
    GROUP BY s.store_id
)

SELECT
    st.store_id,
    st.name AS store,
    st.is_online,
    st.area_m2 AS square_metres,
    extract(YEAR FROM age(%(to_on)s::date, st.opened_on))::integer AS years,
    s.is_in_both AND coalesce(st.opened_on <= %(compared_from)s, TRUE) AS is_like_for_like,
    coalesce(st.opened_on > %(compared_from)s, FALSE) AS is_new,
    s.orders,
    s.revenue,
    s.revenue_previous,
    round((s.revenue - s.revenue_previous) / nullif(abs(s.revenue_previous), 0), 4) AS growth,
    round(s.revenue / nullif(st.area_m2, 0), 2) AS revenue_per_square_metre
FROM stores AS s
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
ORDER BY s.revenue DESC, st.store_id ASC
LIMIT 1000;
