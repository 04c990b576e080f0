-- The products with most pieces sold in a period, as best_selling_products ranks them, without counting their customers, which takes
-- reading the orders of each.
-- Grain: one row per product, most_rows at most.
SELECT
    p.product_id,
    p.sku,
    p.name,
    sum(s.units)::bigint AS units,
    sum(s.revenue) AS revenue
FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
GROUP BY p.product_id
HAVING bool_or(s.kind = 'sale')
ORDER BY units DESC, revenue DESC, p.product_id ASC
LIMIT %(most_rows)s::integer;
