-- The products of which most pieces sold in a period.
-- Grain: one row per product, 20 at most. share is of the revenue of all products.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue,
        round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.product_id
    HAVING bool_or(s.kind = 'sale')
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    s.units,
    s.revenue,
    s.share
FROM sold AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
ORDER BY s.units DESC, s.revenue DESC, p.product_id ASC
LIMIT 20;
