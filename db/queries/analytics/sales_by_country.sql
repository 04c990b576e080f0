-- What was sold in each country in a period: the store's country; for the online shop, which has none, the customer's.
-- Grain: one row per country with sales, and one where it is not known. share is of revenue.
SELECT
    coalesce(co.name, 'not known') AS country,
    sum(s.units) AS units,
    count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.detailed_sales AS s
LEFT JOIN crpm.countries AS co ON s.country_code = co.country_code
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY co.country_code
ORDER BY revenue DESC, country ASC
LIMIT 1000;
