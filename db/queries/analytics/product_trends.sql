-- Which products sell more from month to month, and which less: a straight line through the pieces of each month.
-- Grain: one row per product with a sale in the whole months of the period; of each trend the most_rows steepest. slope is the
-- line's pieces a month more, by least squares over all the period's whole months, those without a sale included with zero; growth
-- is slope by the average month; fit (R squared) is how much of the ups and downs the line explains, 1 for all. Rising and falling
-- are a slope of 1 %% of the average month or more that is at least twice its standard error, so hardly by chance (of n months:
-- fit * (n - 2) >= 4 * (1 - fit)); all else is steady. Without three whole months there is none.
WITH months AS (
    SELECT
        m.starts_on::date AS starts_on,
        m.place
    FROM
        generate_series(
            date_trunc('month', %(from_on)s::date::timestamp - interval '1 day') + interval '1 month',
            %(to_on)s::date::timestamp + interval '1 day' - interval '1 month',
            interval '1 month'
        ) WITH ORDINALITY AS m (starts_on, place)
),

basis AS (
    SELECT
        count(*) AS months,
        sum(m.place) AS sum_x,
        count(*) * sum(m.place * m.place) - sum(m.place) * sum(m.place) AS spread_x
    FROM months AS m
    HAVING count(*) >= 3
),

sold AS (
    SELECT
        s.product_id,
        m.place,
        sum(s.units)::bigint AS units
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    INNER JOIN months AS m ON date_trunc('month', s.sold_on::timestamp)::date = m.starts_on
    GROUP BY s.product_id, m.place
),

lines AS (
    SELECT
        s.product_id,
        b.months,
        b.spread_x,
        sum(s.units) AS units,
        b.months * sum(s.place * s.units) - b.sum_x * sum(s.units) AS spread_xy,
        b.months * sum(s.units * s.units) - sum(s.units) * sum(s.units) AS spread_y
    FROM sold AS s
    CROSS JOIN basis AS b
    GROUP BY s.product_id, b.months, b.sum_x, b.spread_x
),

slopes AS (
    SELECT
        l.product_id,
        l.months,
        l.units,
        l.spread_xy / l.spread_x AS slope,
        l.spread_xy / l.spread_x / nullif(l.units / l.months, 0) AS growth,
        coalesce(l.spread_xy * l.spread_xy / nullif(l.spread_x * l.spread_y, 0), 0) AS fit
    FROM lines AS l
),

told AS (
    SELECT
        s.product_id,
        s.months,
        s.units,
        s.slope,
        s.growth,
        s.fit,
        CASE
            WHEN s.fit * (s.months - 2) < 4 * (1 - s.fit) THEN 'steady'
            WHEN s.growth >= 0.01 THEN 'rising'
            WHEN s.growth <= -0.01 THEN 'falling'
            ELSE 'steady'
        END AS trend
    FROM slopes AS s
),

ranked AS (
    SELECT
        t.product_id,
        t.months,
        t.units,
        t.slope,
        t.growth,
        t.fit,
        t.trend,
        row_number() OVER (PARTITION BY t.trend ORDER BY abs(t.slope) DESC, t.product_id) AS place,
        count(*) OVER (PARTITION BY t.trend) AS products
    FROM told AS t
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    r.trend,
    r.products,
    r.months,
    r.units,
    round(r.units / r.months, 1) AS units_a_month,
    round(r.slope, 2) AS slope,
    round(r.growth, 4) AS growth,
    round(r.fit, 2) AS fit
FROM ranked AS r
INNER JOIN crpm.products AS p ON r.product_id = p.product_id
WHERE r.place <= %(most_rows)s::integer
ORDER BY array_position(ARRAY['rising', 'falling', 'steady'], r.trend), r.place;
