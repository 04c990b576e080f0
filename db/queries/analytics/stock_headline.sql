-- What is on the shelves at the end of a period, how long it lasts, what to reorder and what does not sell.
-- Grain: one row. days_of_cover is what is on hand by the pieces sold on an average day of the period, less returns; below the reorder
-- point are active products of active stores now, a product in two stores twice. Dead is what has been in stock for dead_days days to
-- the period's last and had no sale in them. A country is that of the store, so the online shop has none.
WITH held AS (
    SELECT
        m.product_id,
        sum(m.quantity) AS on_hand,
        min(m.occurred_on) AS since_on
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.stores AS st ON m.store_id = st.store_id
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        m.occurred_on <= %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR m.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    GROUP BY m.product_id
),

-- A country is that of the store, which the rollup of products does not know: then the orders tell.
sold AS (
    SELECT
        s.product_id,
        s.units
    FROM analytics.sales_of_products(%(from_on)s, %(to_on)s, %(store_id)s, NULL, %(category_id)s, NULL) AS s
    WHERE %(country_code)s::text IS NULL
    UNION ALL
    SELECT
        s.product_id,
        s.units
    FROM analytics.detailed_sales AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    WHERE
        st.country_code = %(country_code)s
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

alive AS (
    SELECT s.product_id
    FROM analytics.sales_of_products(%(to_on)s::date - %(dead_days)s::integer + 1, %(to_on)s, %(store_id)s, NULL, %(category_id)s, NULL) AS s
    WHERE %(country_code)s::text IS NULL AND s.kind = 'sale'
    UNION
    SELECT s.product_id
    FROM analytics.detailed_sales AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    WHERE
        st.country_code = %(country_code)s
        AND s.kind = 'sale'
        AND s.sold_on BETWEEN %(to_on)s::date - %(dead_days)s::integer + 1 AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
),

sales AS (
    SELECT
        s.product_id,
        sum(s.units) AS units_sold
    FROM sold AS s
    GROUP BY s.product_id
),

products AS (
    SELECT
        coalesce(h.on_hand, 0) AS on_hand,
        coalesce(s.units_sold, 0) AS units_sold,
        h.on_hand > 0
        AND h.since_on <= %(to_on)s::date - %(dead_days)s::integer
        AND a.product_id IS NULL AS is_dead
    FROM held AS h
    FULL JOIN sales AS s ON h.product_id = s.product_id
    LEFT JOIN alive AS a ON h.product_id = a.product_id
),

short AS (
    SELECT count(*) AS places
    FROM analytics.stock AS l
    INNER JOIN crpm.stores AS st ON l.store_id = st.store_id
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        l.is_below_reorder_point
        AND st.is_active
        AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
),

totals AS (
    SELECT
        coalesce(sum(p.on_hand), 0) AS on_hand,
        count(*) FILTER (WHERE p.on_hand > 0) AS products_in_stock,
        coalesce(sum(p.units_sold), 0) AS units_sold,
        count(*) FILTER (WHERE p.is_dead) AS dead_products,
        coalesce(sum(p.on_hand) FILTER (WHERE p.is_dead), 0) AS dead_pieces
    FROM products AS p
)

SELECT
    t.on_hand,
    t.products_in_stock,
    t.units_sold,
    CASE WHEN t.units_sold > 0 THEN round(t.on_hand * (%(to_on)s::date - %(from_on)s::date + 1) / t.units_sold, 1) END AS days_of_cover,
    s.places AS places_below_reorder_point,
    t.dead_products,
    t.dead_pieces
FROM totals AS t
CROSS JOIN short AS s;
