-- The products that sold most in a period: by pieces, or (rank_products_by) by revenue or by how many customers bought them.
-- Grain: one row per product, most_rows at most. share is of the revenue of all products; walk-ins are no customers.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue,
        count(DISTINCT s.customer_id) FILTER (WHERE s.kind = 'sale') AS customers,
        round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share,
        bool_or(s.kind = 'sale') AS is_sold
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.product_id
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    s.units,
    s.customers,
    s.revenue,
    s.share
FROM sold AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
WHERE s.is_sold
ORDER BY
    CASE %(rank_products_by)s::text WHEN 'revenue' THEN s.revenue WHEN 'customers' THEN s.customers ELSE s.units END DESC,
    s.revenue DESC, p.product_id ASC
LIMIT %(most_rows)s::integer;
