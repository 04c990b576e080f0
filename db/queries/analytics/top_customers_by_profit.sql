-- The customers who brought most gross profit in a period.
-- Grain: one row per customer, most_rows at most. share is of all gross profit, walk-ins included; margin is gross profit by revenue.
WITH bought AS (
    SELECT
        s.customer_id,
        sum(s.revenue) AS revenue,
        sum(s.gross_profit) AS gross_profit,
        round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin,
        round(sum(s.gross_profit) / nullif(sum(sum(s.gross_profit)) OVER (), 0), 4) AS share
    FROM analytics.profits_of_customers(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY s.customer_id
)

SELECT
    c.customer_id,
    c.name,
    b.revenue,
    b.gross_profit,
    b.margin,
    b.share
FROM bought AS b
INNER JOIN crpm.customers AS c ON b.customer_id = c.customer_id
ORDER BY b.gross_profit DESC, c.customer_id ASC
LIMIT %(most_rows)s::integer;
