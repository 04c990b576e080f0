-- How many products sold in a period, and how many active ones did not.
-- Grain: one row. A product has sold when it has a sale in the period, returned or not.
-- products_never_sold are active ones without a sale so far, at any store.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units)::bigint AS units,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY s.product_id
    HAVING bool_or(s.kind = 'sale')
),

never_sold AS (
    SELECT p.product_id
    FROM crpm.products AS p
    LEFT JOIN LATERAL (
        SELECT TRUE AS is_sold
        FROM crpm.order_lines AS l
        INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
        WHERE l.product_id = p.product_id AND o.status = 'recorded'
        LIMIT 1
    ) AS sales ON TRUE
    WHERE p.is_active AND sales.is_sold IS NULL
)

SELECT
    count(s.product_id) AS products_sold,
    count(*) FILTER (WHERE s.product_id IS NULL AND p.is_active) AS products_not_sold,
    count(n.product_id) AS products_never_sold,
    round(sum(s.units) / nullif(count(s.product_id), 0), 1) AS units_per_product,
    round(sum(s.revenue) / nullif(count(s.product_id), 0), 2) AS revenue_per_product
FROM crpm.products AS p
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
LEFT JOIN sold AS s ON p.product_id = s.product_id
LEFT JOIN never_sold AS n ON p.product_id = n.product_id
WHERE %(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s;
