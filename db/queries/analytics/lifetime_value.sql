-- What customers have brought to date, from the tenth of them who brought most to the tenth who brought least.
-- Grain: one row per tenth of the customers who have bought by the period's last day. Revenue is over all time to that day,
-- within the filters.
WITH worth AS (
    SELECT
        s.customer_id,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_customers('-infinity', %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    WHERE s.customer_id IS NOT NULL
    GROUP BY s.customer_id
),

ranked AS (
    SELECT
        w.revenue,
        ntile(10) OVER (ORDER BY w.revenue DESC, w.customer_id) AS tenth
    FROM worth AS w
)

SELECT
    r.tenth,
    count(*) AS customers,
    max(r.revenue) AS most,
    min(r.revenue) AS least,
    round(avg(r.revenue), 2) AS lifetime_value,
    sum(r.revenue) AS revenue,
    round(sum(r.revenue) / nullif(sum(sum(r.revenue)) OVER (), 0), 4) AS share
FROM ranked AS r
GROUP BY r.tenth
ORDER BY r.tenth;
