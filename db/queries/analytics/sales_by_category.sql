-- What each category sold in a period.
-- Grain: one row per category with sales. An order with several categories counts in each; share is of revenue.
SELECT
    c.name AS category,
    sum(s.units)::bigint AS units,
    sum(s.orders_of_category)::bigint + count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
GROUP BY c.category_id
ORDER BY revenue DESC, c.category_id ASC
LIMIT 1000;
