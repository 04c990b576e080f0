-- What a product has sold month by month over the last 24 months, this one included; net of returns, in base currency.
-- Grain: one row per month, zero for one without sales.
WITH sold AS (
    SELECT
        date_trunc('month', x.sold_on)::date AS month,
        sum(x.units) AS units,
        sum(x.revenue) AS revenue
    FROM analytics.sales AS x
    WHERE x.product_id = %(product_id)s AND x.sold_on >= date_trunc('month', current_date) - interval '23 months'
    GROUP BY date_trunc('month', x.sold_on)
)

SELECT
    m.month::date AS month,
    coalesce(s.units, 0) AS units,
    coalesce(s.revenue, 0) AS revenue
FROM generate_series(date_trunc('month', current_date) - interval '23 months', current_date, interval '1 month') AS m (month)
LEFT JOIN sold AS s ON s.month = m.month::date
ORDER BY m.month
LIMIT 24
