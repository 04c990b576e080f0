-- How many customers bought in a period, how often, and for how much.
-- Grain: one row. Walk-ins are no customers: their revenue is left out here.
WITH buyers AS (
    SELECT
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.detailed_sales AS s
    WHERE
        s.customer_id IS NOT NULL
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
    HAVING bool_or(s.kind = 'sale')
)

SELECT
    count(*) AS customers,
    count(*) FILTER (WHERE b.orders > 1) AS repeat_customers,
    round(sum(b.orders) / nullif(count(*), 0), 2) AS orders_per_customer,
    round(sum(b.revenue) / nullif(count(*), 0), 2) AS revenue_per_customer
FROM buyers AS b;
