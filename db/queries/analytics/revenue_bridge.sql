-- From the revenue of the period compared with to that of the period: what volume, mix, prices, exchange rates, and new and lost
-- products have added or taken.
-- Grain: one row per step, in the order of the bridge; the amounts between the two periods add up to their difference.
-- A product is continuing when more pieces of it were sold than came back in both periods, new when in this one alone, else lost.
-- Of continuing products: the exchange rates' part is revenue less what was charged at the worth that a unit of the currency had in the
-- sales of the period compared with (returns are at the rates of older sales); the price's is that revenue less the pieces at their
-- average revenue of the period compared with; volume is the growth in pieces of all of them together, and mix the rest: pieces that
-- moved between dear and cheap products, and what rounding leaves.
WITH sales AS (
    SELECT
        TRUE AS is_now,
        s.*
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    UNION ALL
    SELECT
        FALSE AS is_now,
        s.*
    FROM analytics.sales_of_products(%(compared_from)s, %(compared_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

worth AS (
    SELECT
        s.currency_code,
        sum(s.revenue) / nullif(sum(s.charged_amount), 0) AS worth_before
    FROM sales AS s
    WHERE NOT s.is_now AND s.kind = 'sale'
    GROUP BY s.currency_code
),

products AS (
    SELECT
        s.product_id,
        coalesce(sum(s.units) FILTER (WHERE NOT s.is_now), 0) AS units_before,
        coalesce(sum(s.units) FILTER (WHERE s.is_now), 0) AS units_now,
        coalesce(sum(s.revenue) FILTER (WHERE NOT s.is_now), 0) AS revenue_before,
        coalesce(sum(s.revenue) FILTER (WHERE s.is_now), 0) AS revenue_now,
        -- What was charged in a currency that was not charged before is worth what it was.
        coalesce(sum(coalesce(s.charged_amount * w.worth_before, s.revenue)) FILTER (WHERE s.is_now), 0) AS revenue_at_previous_rates
    FROM sales AS s
    LEFT JOIN worth AS w ON s.currency_code = w.currency_code
    GROUP BY s.product_id
),

classed AS (
    SELECT
        p.*,
        CASE
            WHEN p.units_before > 0 AND p.units_now > 0 THEN 'continuing'
            WHEN p.units_now > 0 THEN 'new'
            ELSE 'lost'
        END AS class
    FROM products AS p
),

totals AS (
    SELECT
        coalesce(sum(c.revenue_before), 0) AS revenue_before,
        coalesce(sum(c.revenue_now), 0) AS revenue_now,
        coalesce(sum(c.revenue_now - c.revenue_before) FILTER (WHERE c.class = 'continuing'), 0) AS continuing,
        coalesce(sum(c.revenue_now - c.revenue_before) FILTER (WHERE c.class = 'new'), 0) AS new_products,
        coalesce(sum(c.revenue_now - c.revenue_before) FILTER (WHERE c.class = 'lost'), 0) AS lost_products,
        round(coalesce(sum(c.revenue_now - c.revenue_at_previous_rates) FILTER (WHERE c.class = 'continuing'), 0), 2) AS exchange,
        round(
            coalesce(
                sum(c.revenue_at_previous_rates - c.units_now * c.revenue_before / nullif(c.units_before, 0)) FILTER (WHERE c.class = 'continuing'),
                0
            ),
            2
        ) AS price,
        round(
            coalesce(
                sum(c.revenue_before) FILTER (WHERE c.class = 'continuing')
                * (
                    sum(c.units_now) FILTER (WHERE c.class = 'continuing')
                    / nullif(sum(c.units_before) FILTER (WHERE c.class = 'continuing'), 0)
                    - 1
                ),
                0
            ),
            2
        ) AS volume
    FROM classed AS c
)

SELECT
    step.place,
    step.step,
    step.amount,
    round(step.amount / nullif(t.revenue_before, 0), 4) AS share
FROM totals AS t
CROSS JOIN
    LATERAL (
        VALUES
        (1, 'Before', t.revenue_before),
        (2, 'Volume', t.volume),
        (3, 'Mix', t.continuing - t.volume - t.price - t.exchange),
        (4, 'Prices', t.price),
        (5, 'Exchange', t.exchange),
        (6, 'New', t.new_products),
        (7, 'Lost', t.lost_products),
        (8, 'This period', t.revenue_now)
    ) AS step (place, step, amount)
WHERE t.revenue_before <> 0 AND t.revenue_now <> 0
ORDER BY step.place;
