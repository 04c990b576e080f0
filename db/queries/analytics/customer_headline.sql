-- How many customers bought in a period, how often, and for how much.
-- Grain: one row. Walk-ins are no customers: their revenue is left out here.
WITH buyers AS (
    SELECT
        s.customer_id,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    WHERE s.customer_id IS NOT NULL
    GROUP BY s.customer_id
    HAVING bool_or(s.kind = 'sale')
)

SELECT
    count(*) AS customers,
    count(*) FILTER (WHERE b.orders > 1) AS repeat_customers,
    round(sum(b.orders) / nullif(count(*), 0), 2) AS orders_per_customer,
    round(sum(b.revenue) / nullif(count(*), 0), 2) AS revenue_per_customer
FROM buyers AS b;
