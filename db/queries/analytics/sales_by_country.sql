-- What was sold in each country in a period: the store's country; for the online shop, which has none, the customer's.
-- Grain: one row per country with sales, and one where it is not known. share is of revenue.
SELECT
    coalesce(co.name, 'not known') AS country,
    sum(s.units)::bigint AS units,
    sum(s.orders)::bigint AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
LEFT JOIN crpm.countries AS co ON s.country_code = co.country_code
GROUP BY co.country_code
ORDER BY revenue DESC, country ASC
LIMIT 1000;
