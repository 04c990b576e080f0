-- Revenue, cost and gross profit of a period.
-- Grain: one row. Cost is the unit cost at the moment of each sale; margin is gross profit by revenue, a share.
SELECT
    coalesce(sum(s.revenue), 0) AS revenue,
    coalesce(sum(s.cost), 0) AS cost,
    coalesce(sum(s.gross_profit), 0) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.detailed_profits AS s
WHERE
    s.sold_on BETWEEN %(from_on)s AND %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s);
