-- What each brand sold in a period.
-- Grain: one row per brand with a sale or return, and one for products without a brand. An order with several brands counts in each;
-- share is of revenue.
SELECT
    coalesce(p.brand, 'no brand') AS brand,
    count(DISTINCT s.product_id) FILTER (WHERE s.kind = 'sale') AS products,
    sum(s.units) AS units,
    count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.detailed_sales AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY p.brand
ORDER BY revenue DESC, brand ASC
LIMIT 1000;
