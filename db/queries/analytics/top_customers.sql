-- The customers who brought most revenue in a period, or (rank_customers_by) placed most orders.
-- Grain: one row per customer, most_rows at most. The shares are of all revenue and all orders, walk-ins included.
WITH bought AS (
    SELECT
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.revenue) AS revenue,
        max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_bought_on
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
),

shares AS (
    SELECT
        b.customer_id,
        b.orders,
        b.revenue,
        b.last_bought_on,
        round(b.revenue / nullif(sum(b.revenue) OVER (), 0), 4) AS share,
        round(b.orders / nullif(sum(b.orders) OVER (), 0), 4) AS share_of_orders
    FROM bought AS b
)

SELECT
    c.customer_id,
    c.name,
    s.orders,
    s.share_of_orders,
    s.revenue,
    s.share,
    s.last_bought_on
FROM shares AS s
INNER JOIN crpm.customers AS c ON s.customer_id = c.customer_id
ORDER BY CASE %(rank_customers_by)s::text WHEN 'orders' THEN s.orders ELSE s.revenue END DESC, s.revenue DESC, c.customer_id ASC
LIMIT %(most_rows)s::integer;
