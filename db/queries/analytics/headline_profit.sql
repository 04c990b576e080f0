-- Revenue, cost and gross profit of a period.
-- Grain: one row. Cost is the unit cost at the moment of each sale; margin is gross profit by revenue, a share.
SELECT
    coalesce(sum(s.revenue), 0) AS revenue,
    coalesce(sum(s.cost), 0) AS cost,
    coalesce(sum(s.gross_profit), 0) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s;
