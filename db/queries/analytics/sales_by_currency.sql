-- What was sold in each currency in a period: as charged, and its worth in base currency at the rate of each order.
-- Grain: one row per currency with sales. share is of revenue, in base currency.
SELECT
    s.currency_code,
    count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
    sum(s.charged_amount) AS charged_amount,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
FROM analytics.detailed_sales AS s
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY s.currency_code
ORDER BY revenue DESC, s.currency_code ASC
LIMIT 1000;
