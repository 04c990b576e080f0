-- What exchange rates did to revenue: at the rates of each order's day, and at the rates of the period compared with.
-- Grain: one row. The constant rate of a currency is what a unit of it was worth in the sales of the period compared with, on average
-- (returns are at the rates of older sales); what was charged in a currency not charged then is worth what it was, and is
-- revenue_without_rate. Each currency is rounded to the cent, so that the effects by currency add up to exchange_effect.
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
        sum(s.charged_amount) FILTER (WHERE s.is_now) AS charged_amount,
        sum(s.revenue) FILTER (WHERE s.is_now) AS revenue,
        sum(s.revenue) FILTER (WHERE NOT s.is_now AND s.kind = 'sale')
        / nullif(sum(s.charged_amount) FILTER (WHERE NOT s.is_now AND s.kind = 'sale'), 0) AS worth_before
    FROM sales AS s
    GROUP BY s.currency_code
),

totals AS (
    SELECT
        coalesce(sum(c.revenue), 0) AS revenue,
        coalesce(sum(coalesce(round(c.charged_amount * c.worth_before, 2), c.revenue)), 0) AS revenue_at_constant_rates,
        coalesce(sum(c.revenue) FILTER (WHERE c.currency_code <> st.base_currency_code), 0) AS revenue_in_other_currencies,
        coalesce(sum(c.revenue) FILTER (WHERE c.worth_before IS NULL), 0) AS revenue_without_rate
    FROM currencies AS c
    CROSS JOIN crpm.settings AS st
)

SELECT
    t.revenue,
    t.revenue_at_constant_rates,
    t.revenue - t.revenue_at_constant_rates AS exchange_effect,
    t.revenue_in_other_currencies,
    t.revenue_without_rate,
    round(t.revenue_in_other_currencies / nullif(t.revenue, 0), 4) AS share_in_other_currencies
FROM totals AS t;
