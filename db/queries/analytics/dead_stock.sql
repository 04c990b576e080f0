-- Products that have been in stock for dead_days days to a period's last day and had no sale in them.
-- Grain: one row per product, most_rows at most, those with most pieces first; products counts them all. last_sold_on is up to the
-- period's last day. A country is that of the store, so the online shop has none.
WITH held AS (
    SELECT
        m.product_id,
        sum(m.quantity) AS on_hand
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
    HAVING sum(m.quantity) > 0 AND min(m.occurred_on) <= %(to_on)s::date - %(dead_days)s::integer
),

last_sales AS (
    SELECT
        s.product_id,
        max(s.sold_on) AS last_sold_on
    FROM analytics.detailed_sales AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    WHERE
        s.kind = 'sale'
        AND s.sold_on <= %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.product_id
)

SELECT
    p.product_id,
    p.sku,
    p.name,
    h.on_hand,
    l.last_sold_on,
    %(to_on)s::date - l.last_sold_on AS days_since_last,
    count(*) OVER () AS products
FROM held AS h
INNER JOIN crpm.products AS p ON h.product_id = p.product_id
LEFT JOIN last_sales AS l ON h.product_id = l.product_id
WHERE l.last_sold_on IS NULL OR l.last_sold_on <= %(to_on)s::date - %(dead_days)s::integer
ORDER BY h.on_hand DESC, p.product_id
LIMIT %(most_rows)s::integer;
