-- What each subcategory sold in a period.
-- Grain: one row per subcategory with sales. An order with several subcategories counts in each; share is of revenue.
SELECT
    sc.name AS subcategory,
    c.name AS category,
    sum(s.units)::bigint AS units,
    sum(s.orders_of_subcategory)::bigint + count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.subcategories AS sc ON s.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
GROUP BY sc.subcategory_id, c.category_id
ORDER BY revenue DESC, sc.subcategory_id ASC
LIMIT 1000;
