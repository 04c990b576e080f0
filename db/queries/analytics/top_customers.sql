-- The customers who brought most revenue in a period.
-- Grain: one row per customer, 20 at most. share is of all revenue, walk-ins included.
WITH bought AS (
    SELECT
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.revenue) AS revenue,
        round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share,
        max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_bought_on
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
)

SELECT
    c.customer_id,
    c.name,
    b.orders,
    b.revenue,
    b.share,
    b.last_bought_on
FROM bought AS b
INNER JOIN crpm.customers AS c ON b.customer_id = c.customer_id
ORDER BY b.revenue DESC, c.customer_id ASC
LIMIT 20;
