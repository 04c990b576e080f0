-- Revenue, cost and gross profit of each category in a period.
-- Grain: one row per category with sales. Cost is the unit cost at the moment of each sale; margin is gross profit by revenue.
SELECT
    c.name AS category,
    sum(s.revenue) AS revenue,
    sum(s.cost) AS cost,
    sum(s.gross_profit) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.detailed_profits AS s
INNER JOIN crpm.categories AS c ON s.category_id = c.category_id
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
GROUP BY c.category_id
ORDER BY gross_profit DESC, c.category_id ASC
LIMIT 1000;
