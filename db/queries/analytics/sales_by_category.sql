-- What each category sold in a period.
-- Grain: one row per category with sales. An order with several categories counts in each; share is of revenue.
SELECT
    c.name AS category,
    sum(s.units) AS units,
    count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.detailed_sales AS s
INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY c.category_id
ORDER BY revenue DESC, c.category_id ASC
LIMIT 1000;
