-- The sales rolled up by day, kind, store, currency and country are those of the orders, but on days noted as changed since.
-- Grain: one row per such group, in the rollup or among the sales.
WITH rolled_up AS (
    SELECT
        r.sold_on,
        r.kind,
        r.store_id,
        r.currency_code,
        coalesce(r.country_code, '') AS country_code,
        sum(r.orders) AS orders,
        sum(r.units) AS units,
        sum(r.revenue) AS revenue,
        sum(r.charged_amount) AS charged_amount
    FROM crpm.sales_by_day AS r
    WHERE NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE c.sold_on = r.sold_on)
    GROUP BY r.sold_on, r.kind, r.store_id, r.currency_code, coalesce(r.country_code, '')
),

sold AS (
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.currency_code,
        coalesce(s.country_code, '') AS country_code,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue,
        sum(s.charged_amount) AS charged_amount
    FROM analytics.detailed_sales AS s
    WHERE NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE c.sold_on = s.sold_on)
    GROUP BY s.sold_on, s.kind, s.store_id, s.currency_code, coalesce(s.country_code, '')
)

SELECT
    coalesce(r.sold_on, s.sold_on) AS sold_on,
    coalesce(r.kind, s.kind) AS kind,
    coalesce(r.store_id, s.store_id) AS store_id,
    coalesce(r.currency_code, s.currency_code) AS currency_code,
    coalesce(r.country_code, s.country_code) AS country_code,
    r.orders AS rolled_up_orders,
    s.orders,
    r.revenue AS rolled_up_revenue,
    s.revenue,
    (r.orders, r.units, r.revenue, r.charged_amount) <> (s.orders, s.units, s.revenue, s.charged_amount) AS is_wrong
FROM rolled_up AS r
FULL JOIN sold AS s
    ON
        r.sold_on = s.sold_on
        AND r.kind = s.kind
        AND r.store_id = s.store_id
        AND r.currency_code = s.currency_code
        AND r.country_code = s.country_code
