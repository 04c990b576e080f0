-- What each of some customers has bought over all time, net of tax and returns, in base currency.
-- Grain: one row per customer who has bought. average_order_value is revenue by orders.
SELECT
    s.customer_id,
    s.orders,
    s.revenue,
    round(s.revenue / s.orders, 2) AS average_order_value,
    s.first_bought_on,
    s.last_bought_on
FROM analytics.customer_sales AS s
WHERE s.customer_id = any(%(customer_ids)s::bigint[])
