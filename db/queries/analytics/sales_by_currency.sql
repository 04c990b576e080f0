-- What was sold in each currency in a period: as charged, its worth in base currency at the rate of each order, and at the rates of
-- the period compared with: what a unit charged was worth then, on average over the sales (returns are at the rates of older sales).
-- Grain: one row per currency with sales. share is of revenue, in base currency; a currency not charged then has no rate, and
-- exchange_effect is null.
WITH sales AS (
    SELECT
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s AS is_now,
        s.sold_on BETWEEN %(compared_from)s AND %(compared_to)s AS is_previous,
        s.kind,
        s.currency_code,
        CASE WHEN s.kind = 'sale' THEN s.order_id END AS order_id,
        s.charged_amount,
        s.revenue
    FROM analytics.detailed_sales AS s
    WHERE
        (s.sold_on BETWEEN %(from_on)s AND %(to_on)s OR s.sold_on BETWEEN %(compared_from)s AND %(compared_to)s)
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

currencies AS (
    SELECT
        s.currency_code,
        count(DISTINCT s.order_id) FILTER (WHERE s.is_now) AS orders,
        sum(s.charged_amount) FILTER (WHERE s.is_now) AS charged_amount,
        sum(s.revenue) FILTER (WHERE s.is_now) AS revenue,
        sum(s.revenue) FILTER (WHERE s.is_previous AND s.kind = 'sale')
        / nullif(sum(s.charged_amount) FILTER (WHERE s.is_previous AND s.kind = 'sale'), 0) AS worth_before
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
