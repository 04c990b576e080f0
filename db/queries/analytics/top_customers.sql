-- The customers who brought most revenue in a period, or (rank_customers_by) placed most orders.
-- Grain: one row per customer, most_rows at most. The shares are of all revenue and all orders, walk-ins included.
WITH bought AS (
    SELECT
        s.customer_id,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue,
        max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_bought_on
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
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
