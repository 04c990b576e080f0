-- The products that sold least in a period: by pieces, or (rank_products_by) by revenue or by how many customers bought them;
-- with include_unsold also the active ones that did not sell at all.
-- Grain: one row per product, most_rows at most. last_sold_on is of all time; walk-ins are no customers.
WITH sold AS (
    SELECT
        s.product_id,
        sum(s.units)::bigint AS units,
        sum(s.revenue) AS revenue
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    GROUP BY s.product_id
    HAVING bool_or(s.kind = 'sale')
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

compared AS (
    SELECT
        p.product_id,
        p.sku,
        p.name,
        coalesce(s.units, 0) AS units,
        coalesce(s.revenue, 0) AS revenue,
        CASE %(rank_products_by)s::text
            WHEN 'revenue' THEN coalesce(s.revenue, 0)
            WHEN 'customers' THEN coalesce(b.customers, 0)
            ELSE coalesce(s.units, 0)
        END AS ranked_by
    FROM crpm.products AS p
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    LEFT JOIN sold AS s ON p.product_id = s.product_id
    LEFT JOIN buyers AS b ON p.product_id = b.product_id
    WHERE
        (s.product_id IS NOT NULL OR (%(include_unsold)s AND p.is_active))
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    ORDER BY ranked_by, revenue, p.product_id
    LIMIT %(most_rows)s::integer
)

SELECT
    c.product_id,
    c.sku,
    c.name,
    c.units,
    b.customers,
    c.revenue,
    last_sale.sold_on AS last_sold_on
FROM compared AS c
LEFT JOIN LATERAL (
    SELECT max(o.order_date) AS sold_on
    FROM crpm.order_lines AS l
    INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
    WHERE l.product_id = c.product_id AND o.status = 'recorded'
) AS last_sale ON TRUE
CROSS JOIN
    LATERAL (
        SELECT count(DISTINCT s.customer_id) AS customers
        FROM analytics.detailed_sales AS s
        WHERE
            s.product_id = c.product_id
            AND s.kind = 'sale'
            AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
            AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
            AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
            AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
            AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    ) AS b
ORDER BY c.ranked_by, c.revenue, c.product_id;
