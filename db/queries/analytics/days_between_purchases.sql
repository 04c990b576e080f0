-- How many days pass between a customer's purchases.
-- Grain: one row per band of days. A gap is from one day with a purchase to the same customer's next, within the filters; those
-- that end in the period count. Purchases on one day count as one.
WITH purchase_days AS (
    SELECT
        s.customer_id,
        s.sold_on
    FROM analytics.sales_of_customers('-infinity', %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    WHERE s.kind = 'sale' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id, s.sold_on
),

steps AS (
    SELECT
        d.sold_on,
        d.sold_on - lag(d.sold_on) OVER (PARTITION BY d.customer_id ORDER BY d.sold_on) AS days
    FROM purchase_days AS d
),

bands (place, days, from_days, to_days) AS (
    VALUES
    (1, '1-7', 1, 7),
    (2, '8-30', 8, 30),
    (3, '31-90', 31, 90),
    (4, '91-180', 91, 180),
    (5, '181-365', 181, 365),
    (6, 'over 365', 366, 1000000)
)

SELECT
    b.days,
    count(s.days) AS gaps,
    round(count(s.days) / nullif(sum(count(s.days)) OVER (), 0), 4) AS share
FROM bands AS b
LEFT JOIN steps AS s ON s.days BETWEEN b.from_days AND b.to_days AND s.sold_on >= %(from_on)s
GROUP BY b.place, b.days
ORDER BY b.place;
