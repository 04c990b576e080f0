-- What each of some customers has bought over all time, net of tax and returns, in base currency.
-- Grain: one row per customer who has bought, with what was merged into it. average_order_value is revenue by orders.
SELECT
    s.customer_id,
    count(DISTINCT s.order_id) AS orders,
    sum(s.revenue) AS revenue,
    round(sum(s.revenue) / count(DISTINCT s.order_id), 2) AS average_order_value,
    min(s.sold_on) AS first_bought_on,
    max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_bought_on
FROM analytics.sales AS s
WHERE
    s.recorded_customer_id = any(array(
        SELECT c.customer_id
        FROM crpm.customers AS c
        WHERE
            c.customer_id = any(%(customer_ids)s::bigint[])
            OR c.merged_into_customer_id = any(%(customer_ids)s::bigint[])
    ))
GROUP BY s.customer_id
