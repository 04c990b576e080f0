-- Who bought in a period for the first time, and who had bought before.
-- Grain: one row for new, one for returning customers, each with its share of both. Walk-ins are no customers; the first
-- purchase is the first one anywhere, whatever the filters.
WITH bought AS (
    SELECT
        s.customer_id,
        sum(s.orders)::bigint AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    WHERE s.customer_id IS NOT NULL
    GROUP BY s.customer_id
    HAVING bool_or(s.kind = 'sale')
),

first_purchases AS (
    SELECT
        s.customer_id,
        min(s.sold_on) AS first_on
    FROM analytics.sales_of_customers('-infinity', 'infinity', NULL, NULL, NULL, NULL) AS s
    WHERE s.kind = 'sale' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id
),

kinds AS (
    SELECT
        f.first_on < %(from_on)s AS is_returning,
        b.orders,
        b.revenue
    FROM bought AS b
    INNER JOIN first_purchases AS f ON b.customer_id = f.customer_id
)

SELECT
    CASE WHEN w.is_returning THEN 'returning' ELSE 'new' END AS kind,
    count(k.orders) AS customers,
    coalesce(sum(k.orders), 0) AS orders,
    coalesce(sum(k.revenue), 0) AS revenue,
    round(sum(k.revenue) / nullif(sum(sum(k.revenue)) OVER (), 0), 4) AS share,
    round(sum(k.revenue) / nullif(sum(k.orders), 0), 2) AS average_order_value
FROM (VALUES (FALSE), (TRUE)) AS w (is_returning)
LEFT JOIN kinds AS k ON w.is_returning = k.is_returning
GROUP BY w.is_returning
ORDER BY w.is_returning;
