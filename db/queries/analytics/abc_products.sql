-- Products by revenue with the class each is in: A the largest up to 80 %% of revenue, B the next up to 95 %%, C the rest.
-- Grain: one row per product with a sale or return in the period, most_rows at most. share_so_far is of the revenue of all
-- products, this one's and all before it.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units)::bigint AS units,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY s.product_id
),

cumulated AS (
    SELECT
        s.product_id,
        s.units,
        s.revenue,
        sum(s.revenue) OVER () AS total,
        sum(s.revenue) OVER (ORDER BY s.revenue DESC, s.product_id ROWS UNBOUNDED PRECEDING) AS revenue_so_far
    FROM sold AS s
),

classed AS (
    SELECT
        c.product_id,
        c.units,
        c.revenue,
        c.total,
        c.revenue_so_far,
        CASE
            WHEN c.revenue > 0 AND c.revenue_so_far - c.revenue < 0.8 * c.total THEN 'A'
            WHEN c.revenue > 0 AND c.revenue_so_far - c.revenue < 0.95 * c.total THEN 'B'
            ELSE 'C'
        END AS class
    FROM cumulated AS c
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    c.class,
    c.units,
    c.revenue,
    round(c.revenue_so_far / nullif(c.total, 0), 4) AS share_so_far
FROM classed AS c
INNER JOIN crpm.products AS p ON c.product_id = p.product_id
ORDER BY c.revenue DESC, p.product_id ASC
LIMIT %(most_rows)s::integer;
