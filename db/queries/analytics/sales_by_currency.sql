-- What was sold in each currency in a period: as charged, its worth in base currency at the rate of each order, and at the rates of
-- the period compared with: what a unit charged was worth then, on average over the sales (returns are at the rates of older sales).
-- Grain: one row per currency with sales. share is of revenue, in base currency; a currency not charged then has no rate, and
-- exchange_effect is null.
WITH sales AS (
    SELECT
        TRUE AS is_now,
        s.*
    FROM analytics.sales_of_days(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    UNION ALL
    SELECT
        FALSE AS is_now,
        s.*
    FROM analytics.sales_of_days(%(compared_from)s, %(compared_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

currencies AS (
    SELECT
        s.currency_code,
        coalesce(sum(s.orders) FILTER (WHERE s.is_now), 0)::bigint AS orders,
        sum(s.charged_amount) FILTER (WHERE s.is_now) AS charged_amount,
        sum(s.revenue) FILTER (WHERE s.is_now) AS revenue,
        sum(s.revenue) FILTER (WHERE NOT s.is_now AND s.kind = 'sale')
        / nullif(sum(s.charged_amount) FILTER (WHERE NOT s.is_now AND s.kind = 'sale'), 0) AS worth_before
    FROM sales AS s
    GROUP BY s.currency_code
)

SELECT
    c.currency_code,
    c.orders,
    c.charged_amount,
    c.revenue,
    round(c.charged_amount * c.worth_before, 2) AS revenue_at_previous_rates,
    c.revenue - round(c.charged_amount * c.worth_before, 2) AS exchange_effect,
    round(c.revenue / nullif(sum(c.revenue) OVER (), 0), 4) AS share
FROM currencies AS c
WHERE c.revenue IS NOT NULL
ORDER BY c.revenue DESC, c.currency_code ASC
LIMIT 1000;
