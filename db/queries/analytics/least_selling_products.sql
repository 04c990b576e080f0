-- The products of which fewest pieces sold in a period; with include_unsold also the active ones that did not sell at all.
-- Grain: one row per product, 20 at most. last_sold_on is of all time.
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

ranked AS (
    SELECT
        p.product_id,
        p.sku,
        p.name,
        coalesce(s.units, 0) AS units,
        coalesce(s.revenue, 0) AS revenue
    FROM crpm.products AS p
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    LEFT JOIN sold AS s ON p.product_id = s.product_id
    WHERE
        (s.product_id IS NOT NULL OR (%(include_unsold)s AND p.is_active))
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    ORDER BY units, revenue, p.product_id
    LIMIT 20
)

SELECT
    r.product_id,
    r.sku,
    r.name,
    r.units,
    r.revenue,
    last_sale.sold_on AS last_sold_on
FROM ranked AS r
LEFT JOIN LATERAL (
    SELECT max(o.order_date) AS sold_on
    FROM crpm.order_lines AS l
    INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
    WHERE l.product_id = r.product_id AND o.status = 'recorded'
) AS last_sale ON TRUE
ORDER BY r.units, r.revenue, r.product_id;
