-- Revenue, cost and gross profit of each category in a period.
-- Grain: one row per category with sales. Cost is the unit cost at the moment of each sale; margin is gross profit by revenue.
SELECT
    c.name AS category,
    sum(s.revenue) AS revenue,
    sum(s.cost) AS cost,
    sum(s.gross_profit) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
GROUP BY c.category_id
ORDER BY gross_profit DESC, c.category_id ASC
LIMIT 1000;
