-- What a product has earned in the last 90 days, today included; net of returns, in base currency. For managers.
-- Grain: one row. margin is gross profit by revenue, a share, null without revenue.
SELECT
    coalesce(sum(x.gross_profit), 0) AS gross_profit,
    round(sum(x.gross_profit) / nullif(sum(x.revenue), 0), 4) AS margin
FROM analytics.profits AS x
WHERE x.product_id = %(product_id)s AND x.sold_on > current_date - 90
