-- How customers buy: what one is worth to date, days between purchases, and what is in a basket.
-- Grain: one row. lifetime_value is the revenue to the period's last day of each customer who has bought by then; a gap is the
-- days from one day with a purchase to the customer's next, of those that end in the period; a basket is what was in an order of
-- the period, walk-ins' included, before returns. The median is the value of the one in the middle.
WITH sales AS (
    SELECT
        s.customer_id,
        s.sold_on,
        s.kind,
        s.orders,
        s.lines,
        s.units,
        s.revenue
    FROM analytics.sales_of_customers('-infinity', %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

customers AS (
    SELECT
        s.customer_id,
        sum(s.revenue) AS lifetime_value,
        coalesce(sum(s.orders) FILTER (WHERE s.sold_on >= %(from_on)s), 0) AS orders
    FROM sales AS s
    WHERE s.customer_id IS NOT NULL
    GROUP BY s.customer_id
),

worth AS (
    SELECT
        count(*) AS customers_to_date,
        round(avg(c.lifetime_value), 2) AS lifetime_value,
        round((percentile_disc(0.5) WITHIN GROUP (ORDER BY c.lifetime_value) + percentile_disc(0.5) WITHIN GROUP (ORDER BY c.lifetime_value DESC)) / 2, 2) AS lifetime_value_median,
        round(sum(c.orders) / nullif(count(*) FILTER (WHERE c.orders > 0), 0), 2) AS orders_per_customer
    FROM customers AS c
),

purchase_days AS (
    SELECT
        s.customer_id,
        s.sold_on
    FROM sales AS s
    WHERE s.kind = 'sale' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id, s.sold_on
),

steps AS (
    SELECT
        d.sold_on,
        d.sold_on - lag(d.sold_on) OVER (PARTITION BY d.customer_id ORDER BY d.sold_on) AS days
    FROM purchase_days AS d
),

gaps AS (
    SELECT
        count(*) AS gaps,
        round(avg(s.days), 1) AS days_between,
        round((percentile_disc(0.5) WITHIN GROUP (ORDER BY s.days) + percentile_disc(0.5) WITHIN GROUP (ORDER BY s.days DESC)) / 2.0, 1) AS days_between_median
    FROM steps AS s
    WHERE s.days IS NOT NULL AND s.sold_on >= %(from_on)s
),

baskets AS (
    SELECT
        round(sum(s.units) / nullif(sum(s.orders), 0), 2) AS pieces_per_order,
        round(sum(s.lines) / nullif(sum(s.orders), 0), 2) AS lines_per_order
    FROM sales AS s
    WHERE s.kind = 'sale' AND s.sold_on >= %(from_on)s
)

SELECT
    w.customers_to_date,
    w.lifetime_value,
    w.lifetime_value_median,
    w.orders_per_customer,
    g.gaps,
    g.days_between,
    g.days_between_median,
    b.pieces_per_order,
    b.lines_per_order
FROM worth AS w
CROSS JOIN gaps AS g
CROSS JOIN baskets AS b;
