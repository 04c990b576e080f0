-- What each store sold in a period.
-- Grain: one row per store with sales. share is of revenue.
SELECT
    st.store_id,
    st.name AS store,
    co.name AS country,
    sum(s.units)::bigint AS units,
    sum(s.orders)::bigint AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN crpm.countries AS co ON st.country_code = co.country_code
GROUP BY st.store_id, co.country_code
ORDER BY revenue DESC, st.store_id ASC
LIMIT 1000;
