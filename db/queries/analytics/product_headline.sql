-- How many products sold in a period, and how many active ones did not.
-- Grain: one row. A product has sold when it has a sale in the period, returned or not.
-- products_never_sold are active ones without a sale so far, at any store.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.product_id
    HAVING bool_or(s.kind = 'sale')
),

never_sold AS (
    SELECT p.product_id
    FROM crpm.products AS p
    WHERE p.is_active AND NOT EXISTS (SELECT 1 FROM analytics.sales AS s WHERE s.product_id = p.product_id AND s.kind = 'sale')
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
