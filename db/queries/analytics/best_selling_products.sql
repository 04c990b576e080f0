-- The products that sold most in a period: by pieces, or (rank_products_by) by revenue or by how many customers bought them.
-- Grain: one row per product, most_rows at most. share is of the revenue of all products; walk-ins are no customers.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units)::bigint AS units,
        sum(s.revenue) AS revenue,
        round(sum(s.revenue) / nullif(sum(sum(s.revenue)) OVER (), 0), 4) AS share,
        bool_or(s.kind = 'sale') AS is_sold
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY s.product_id
),

-- Customers of all products are counted only to rank by them.
buyers AS (
    SELECT
        s.product_id,
        count(DISTINCT s.customer_id) AS customers
    FROM analytics.detailed_sales AS s
    WHERE
        %(rank_products_by)s::text = 'customers'
        AND s.kind = 'sale'
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
        AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY s.product_id
),

ranked AS (
    SELECT
        s.product_id,
        s.units,
        s.revenue,
        s.share,
        CASE %(rank_products_by)s::text WHEN 'revenue' THEN s.revenue WHEN 'customers' THEN coalesce(b.customers, 0) ELSE s.units END AS ranked_by
    FROM sold AS s
    LEFT JOIN buyers AS b ON s.product_id = b.product_id
    WHERE s.is_sold
    ORDER BY ranked_by DESC, s.revenue DESC, s.product_id ASC
    LIMIT %(most_rows)s::integer
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    r.units,
    c.customers,
    r.revenue,
    r.share
FROM ranked AS r
INNER JOIN crpm.products AS p ON r.product_id = p.product_id
CROSS JOIN
    LATERAL (
        SELECT count(DISTINCT s.customer_id) AS customers
        FROM analytics.detailed_sales AS s
        WHERE
            s.product_id = r.product_id
            AND s.kind = 'sale'
            AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
            AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
            AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
            AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
            AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    ) AS c
ORDER BY r.ranked_by DESC, r.revenue DESC, r.product_id ASC;
