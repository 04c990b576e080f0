-- Which category and product each segment of customers prefers in a period: those that it has bought and kept most pieces of.
-- Grain: one row per segment with customers; who bought without being a customer is left out. Of two alike the one worth more counts.
WITH grouped AS (
    SELECT
        'Segment' AS kind,
        c.segment AS name,
        s.category_id,
        s.product_id,
        s.units,
        s.revenue
    FROM analytics.detailed_sales AS s
    INNER JOIN analytics.customer_scores(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s) AS c
        ON s.customer_id = c.customer_id
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
        AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
),

products AS (
    SELECT
        g.kind,
        g.name,
        g.category_id,
        g.product_id,
        sum(g.units) AS units,
        sum(g.revenue) AS revenue
    FROM grouped AS g
    GROUP BY g.kind, g.name, g.category_id, g.product_id
),

categories AS (
    SELECT
        p.kind,
        p.name,
        p.category_id,
        c.name AS category,
        sum(p.units) AS units,
        sum(p.revenue) AS revenue
    FROM products AS p
    INNER JOIN crpm.categories AS c ON p.category_id = c.category_id
    GROUP BY p.kind, p.name, p.category_id, c.name
),

groups AS (
    SELECT
        c.kind,
        c.name,
        sum(c.units) AS units,
        sum(c.revenue) AS revenue
    FROM categories AS c
    GROUP BY c.kind, c.name
),

first_categories AS (
    SELECT DISTINCT ON (c.kind, c.name)
        c.kind,
        c.name,
        c.category,
        c.units
    FROM categories AS c
    WHERE c.units > 0
    ORDER BY c.kind, c.name, c.units DESC, c.revenue DESC, c.category
),

first_products AS (
    SELECT DISTINCT ON (x.kind, x.name)
        x.kind,
        x.name,
        x.product_id,
        p.name AS product,
        x.units
    FROM products AS x
    INNER JOIN crpm.products AS p ON x.product_id = p.product_id
    WHERE x.units > 0
    ORDER BY x.kind, x.name, x.units DESC, x.revenue DESC, x.product_id
)

SELECT
    g.kind,
    g.name,
    g.units,
    g.revenue,
    c.category,
    round(c.units / nullif(g.units, 0), 4) AS category_share,
    p.product_id,
    p.product,
    p.units AS product_units
FROM groups AS g
LEFT JOIN first_categories AS c ON g.kind = c.kind AND g.name = c.name
LEFT JOIN first_products AS p ON g.kind = p.kind AND g.name = p.name
ORDER BY array_position(ARRAY['Champions', 'Loyal', 'New or promising', 'Need attention', 'At risk', 'Gone quiet'], g.name);
