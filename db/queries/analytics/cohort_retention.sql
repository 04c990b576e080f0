-- How many of those who first bought in one month (a cohort) bought again in each month after it.
-- Grain: one row per cohort that begins in the period and month after its first (number_after), up to the period's last day;
-- number 0 is the first month itself. A cohort goes by the first purchase within the filters. In long periods cohort_step makes
-- quarters or years of the months. share is of the cohort's customers. The last month may not be over.
WITH purchases AS (
    SELECT
        s.customer_id,
        date_trunc(%(cohort_step)s::text, s.sold_on::timestamp)::date AS starts_on,
        min(s.sold_on) AS first_on
    FROM analytics.sales_of_customers('-infinity', %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    WHERE s.kind = 'sale' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id, starts_on
),

beginnings AS (
    SELECT
        p.customer_id,
        min(p.starts_on) AS cohort_on
    FROM purchases AS p
    GROUP BY p.customer_id
    HAVING min(p.first_on) >= %(from_on)s
),

sizes AS (
    SELECT
        b.cohort_on,
        count(*) AS cohort_customers
    FROM beginnings AS b
    GROUP BY b.cohort_on
),

active AS (
    SELECT
        b.cohort_on,
        p.starts_on,
        count(*) AS customers
    FROM purchases AS p
    INNER JOIN beginnings AS b ON p.customer_id = b.customer_id
    GROUP BY b.cohort_on, p.starts_on
),

calendar AS (
    SELECT
        c.starts_on::date AS starts_on,
        c.place
    FROM
        generate_series(
            date_trunc(%(cohort_step)s::text, %(from_on)s::timestamp),
            %(to_on)s::timestamp,
            CASE %(cohort_step)s::text WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || %(cohort_step)s::text)::interval END
        ) WITH ORDINALITY AS c (starts_on, place)
)

SELECT
    to_char(z.cohort_on, CASE %(cohort_step)s::text WHEN 'month' THEN 'YYYY-MM' WHEN 'quarter' THEN 'YYYY "Q"Q' ELSE 'YYYY' END) AS cohort,
    z.cohort_on,
    z.cohort_customers,
    later.place - first_one.place AS number_after,
    coalesce(a.customers, 0) AS customers,
    round(coalesce(a.customers, 0)::numeric / z.cohort_customers, 4) AS share
FROM sizes AS z
INNER JOIN calendar AS first_one ON z.cohort_on = first_one.starts_on
INNER JOIN calendar AS later ON z.cohort_on <= later.starts_on
LEFT JOIN active AS a ON z.cohort_on = a.cohort_on AND later.starts_on = a.starts_on
ORDER BY z.cohort_on, number_after;
