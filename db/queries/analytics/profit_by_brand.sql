-- Revenue, cost and gross profit of each brand in a period.
-- Grain: one row per brand with a sale or return, and one for products without a brand. Cost is the unit cost at the moment of each
-- sale; margin is gross profit by revenue.
SELECT
    coalesce(p.brand, 'no brand') AS brand,
    sum(s.revenue) AS revenue,
    sum(s.cost) AS cost,
    sum(s.gross_profit) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
GROUP BY p.brand
ORDER BY gross_profit DESC, brand ASC
LIMIT 1000;
