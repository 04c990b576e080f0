-- Products in three classes by what they bring: A the largest up to 80 %% of revenue, B the next up to 95 %%, C the rest.
-- Grain: one row per class, and one for active products without a sale or return in the period. The product that passes a bound
-- belongs to the class before it; who brought nothing is in C.
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
),

unsold AS (
    SELECT count(*) AS products
    FROM crpm.products AS p
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    LEFT JOIN sold AS s ON p.product_id = s.product_id
    WHERE
        s.product_id IS NULL
        AND p.is_active
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
),

classes AS (
    SELECT
        k.class,
        k.rule,
        count(c.product_id) AS products,
        coalesce(sum(c.units), 0) AS units,
        coalesce(sum(c.revenue), 0) AS revenue
    FROM (VALUES ('A', 'up to 80 %% of revenue'), ('B', 'up to 95 %%'), ('C', 'the rest')) AS k (class, rule)
    LEFT JOIN classed AS c ON k.class = c.class
    GROUP BY k.class, k.rule
    UNION ALL
    SELECT
        'Not sold' AS class,
        'active ones' AS rule,
        u.products,
        0 AS units,
        0 AS revenue
    FROM unsold AS u
)

SELECT
    c.class,
    c.rule,
    c.products,
    round(c.products / nullif(sum(c.products) OVER (), 0), 4) AS share_of_products,
    c.units,
    c.revenue,
    round(c.revenue / nullif(sum(c.revenue) OVER (), 0), 4) AS share
FROM classes AS c
ORDER BY c.class;
