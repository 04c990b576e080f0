-- Customers by how many orders they placed in a period.
-- Grain: one row per number of orders, from 5 on in bands, and one for walk-ins, so that revenue adds up. Who only returned
-- something has 0 orders.
WITH bought AS (
    SELECT
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
),

placed AS (
    SELECT
        b.customer_id,
        b.orders,
        b.revenue,
        CASE
            WHEN b.customer_id IS NULL THEN 'walk-in'
            WHEN b.orders < 5 THEN b.orders::text
            WHEN b.orders < 10 THEN '5-9'
            WHEN b.orders < 20 THEN '10-19'
            ELSE '20 and more'
        END AS orders_placed
    FROM bought AS b
)

SELECT
    p.orders_placed,
    count(p.customer_id) AS customers,
    round(count(p.customer_id) / nullif(sum(count(p.customer_id)) OVER (), 0), 4) AS share_of_customers,
    sum(p.orders) AS orders,
    sum(p.revenue) AS revenue,
    round(sum(p.revenue) / nullif(sum(sum(p.revenue)) OVER (), 0), 4) AS share
FROM placed AS p
GROUP BY p.orders_placed
ORDER BY p.orders_placed = 'walk-in', min(p.orders);
