-- Revenue, cost and gross profit of each brand in a period.
-- Grain: one row per brand with a sale or return, and one for products without a brand. Cost is the unit cost at the moment of each
-- sale; margin is gross profit by revenue.
SELECT
    coalesce(p.brand, 'no brand') AS brand,
    sum(s.revenue) AS revenue,
    sum(s.cost) AS cost,
    sum(s.gross_profit) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.detailed_profits AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY p.brand
ORDER BY gross_profit DESC, brand ASC
LIMIT 1000;
