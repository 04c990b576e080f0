-- The orders of each category, subcategory and brand, and of each brand in a category, that are counted in the rollup of products are
-- those that have a line of it, but in months with a day noted as changed.
-- Grain: one row per month, country and category, subcategory, brand, or brand in a category; brand '' has the products without one.
WITH rolled_up AS (
    SELECT
        r.month,
        coalesce(r.country_code, '') AS country_code,
        g.kind,
        g.name,
        sum(g.orders) AS orders
    FROM analytics.folded_months AS m
    INNER JOIN crpm.sales_by_month AS r ON m.month = r.month
    INNER JOIN crpm.products AS p ON r.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    CROSS JOIN
        LATERAL (
            VALUES
            ('category', sc.category_id::text, r.orders_of_category),
            ('subcategory', p.subcategory_id::text, r.orders_of_subcategory),
            ('brand', coalesce(p.brand, ''), r.orders_of_brand),
            ('brand in category', concat_ws(' ', sc.category_id, p.brand), r.orders_of_brand_in_category)
        ) AS g (kind, name, orders)
    WHERE r.kind = 'sale'
    GROUP BY r.month, coalesce(r.country_code, ''), g.kind, g.name
),

sold AS (
    SELECT
        m.month,
        coalesce(s.country_code, '') AS country_code,
        g.kind,
        g.name,
        count(DISTINCT s.order_id) AS orders
    FROM analytics.folded_months AS m
    INNER JOIN analytics.detailed_sales AS s ON m.month = date_trunc('month', s.sold_on::timestamp)::date
    CROSS JOIN
        LATERAL (
            VALUES
            ('category', s.category_id::text),
            ('subcategory', s.subcategory_id::text),
            ('brand', coalesce(s.brand, '')),
            ('brand in category', concat_ws(' ', s.category_id, s.brand))
        ) AS g (kind, name)
    WHERE s.kind = 'sale'
    GROUP BY m.month, coalesce(s.country_code, ''), g.kind, g.name
)

SELECT
    coalesce(r.month, s.month) AS month,
    coalesce(r.country_code, s.country_code) AS country_code,
    coalesce(r.kind, s.kind) AS kind,
    coalesce(r.name, s.name) AS name,
    r.orders AS rolled_up_orders,
    s.orders,
    r.orders <> s.orders AS is_wrong
FROM rolled_up AS r
FULL JOIN sold AS s
    ON
        r.month = s.month
        AND r.country_code = s.country_code
        AND r.kind = s.kind
        AND r.name = s.name
