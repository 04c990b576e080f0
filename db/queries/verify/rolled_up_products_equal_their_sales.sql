-- The sales rolled up by month, kind, product, currency and country are those of the orders, but in months with a day noted as changed.
-- Grain: one row per such group, in the rollup or among the sales of the months that are rolled up or not noted.
WITH changed AS (
    SELECT DISTINCT date_trunc('month', c.sold_on::timestamp)::date AS month
    FROM crpm.changed_days AS c
),

rolled_up AS (
    SELECT
        r.month,
        r.kind,
        r.product_id,
        r.currency_code,
        coalesce(r.country_code, '') AS country_code,
        sum(r.units) AS units,
        sum(r.revenue) AS revenue,
        sum(r.charged_amount) AS charged_amount,
        sum(r.cost) AS cost,
        max(m.last_sold_on) AS last_sold_on
    FROM crpm.sales_by_month AS r
    LEFT JOIN crpm.folded_months AS m ON r.month = m.month
    WHERE NOT EXISTS (SELECT 1 FROM changed AS c WHERE c.month = r.month)
    GROUP BY r.month, r.kind, r.product_id, r.currency_code, coalesce(r.country_code, '')
),

days AS (
    SELECT
        date_trunc('month', s.sold_on::timestamp)::date AS month,
        max(s.sold_on) AS last_sold_on
    FROM analytics.sales AS s
    GROUP BY date_trunc('month', s.sold_on::timestamp)
),

sold AS (
    SELECT
        date_trunc('month', s.sold_on::timestamp)::date AS month,
        s.kind,
        s.product_id,
        s.currency_code,
        coalesce(s.country_code, '') AS country_code,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue,
        sum(s.charged_amount) AS charged_amount,
        sum(s.cost) AS cost,
        max(d.last_sold_on) AS last_sold_on
    FROM analytics.detailed_profits AS s
    INNER JOIN days AS d ON date_trunc('month', s.sold_on::timestamp)::date = d.month
    WHERE NOT EXISTS (SELECT 1 FROM changed AS c WHERE c.month = d.month)
    GROUP BY date_trunc('month', s.sold_on::timestamp), s.kind, s.product_id, s.currency_code, coalesce(s.country_code, '')
)

SELECT
    coalesce(r.month, s.month) AS month,
    coalesce(r.kind, s.kind) AS kind,
    coalesce(r.product_id, s.product_id) AS product_id,
    coalesce(r.currency_code, s.currency_code) AS currency_code,
    coalesce(r.country_code, s.country_code) AS country_code,
    r.revenue AS rolled_up_revenue,
    s.revenue,
    r.last_sold_on AS rolled_up_last_sold_on,
    s.last_sold_on,
    (r.units, r.revenue, r.charged_amount, r.cost, r.last_sold_on) <> (s.units, s.revenue, s.charged_amount, s.cost, s.last_sold_on) AS is_wrong
FROM rolled_up AS r
FULL JOIN sold AS s
    ON
        r.month = s.month
        AND r.kind = s.kind
        AND r.product_id = s.product_id
        AND r.currency_code = s.currency_code
        AND r.country_code = s.country_code
