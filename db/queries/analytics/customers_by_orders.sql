-- Customers by how many orders they placed in a period.
-- Grain: one row per number of orders, from 5 on in bands, and one for walk-ins, so that revenue adds up. Who only returned
-- something has 0 orders.
WITH bought AS (
    SELECT
        s.customer_id,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
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
