-- What each brand sold in a period.
-- Grain: one row per brand with a sale or return, and one for products without a brand. An order with several brands counts in each;
-- share is of revenue.
SELECT
    coalesce(p.brand, 'no brand') AS brand,
    count(DISTINCT s.product_id) FILTER (WHERE s.kind = 'sale') AS products,
    sum(s.units)::bigint AS units,
    sum(s.orders_of_brand)::bigint + count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
GROUP BY p.brand
ORDER BY revenue DESC, brand ASC
LIMIT 1000;
