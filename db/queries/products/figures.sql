-- What a product has sold over all time and in the last 90 days, today included; net of tax and returns, in base currency.
-- Grain: one row, zero for a product never sold.
SELECT
    coalesce(sum(x.units), 0) AS units,
    coalesce(sum(x.revenue), 0) AS revenue,
    coalesce(sum(x.units) FILTER (WHERE x.sold_on > current_date - 90), 0) AS recent_units,
    coalesce(sum(x.revenue) FILTER (WHERE x.sold_on > current_date - 90), 0) AS recent_revenue,
    max(x.sold_on) FILTER (WHERE x.kind = 'sale') AS last_sold_on
FROM analytics.sales AS x
WHERE x.product_id = %(product_id)s
