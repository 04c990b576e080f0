-- What each store sold in a period.
-- Grain: one row per store with sales. share is of revenue.
SELECT
    st.store_id,
    st.name AS store,
    co.name AS country,
    sum(s.units) AS units,
    count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.detailed_sales AS s
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN crpm.countries AS co ON st.country_code = co.country_code
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY st.store_id, co.country_code
ORDER BY revenue DESC, st.store_id ASC
LIMIT 1000;
