-- How many products products/search finds in all, counted up to 10,001. Stock is read only where it is asked for.
-- Grain: one row.
SELECT count(*) AS found
FROM (
    SELECT p.product_id
    FROM crpm.products AS p
    INNER JOIN LATERAL (
        SELECT
            coalesce(sum(l.on_hand), 0) AS on_hand,
            coalesce(bool_or(l.is_below_reorder_point AND st.is_active), FALSE) AS is_low
        FROM analytics.stock AS l
        INNER JOIN crpm.stores AS st ON l.store_id = st.store_id
        WHERE
            %(availability)s::text IS NOT NULL
            AND l.product_id = p.product_id
            AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
    ) AS stock ON TRUE
    WHERE
        (
            %(pattern)s::text IS NULL
            OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
            OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
        )
        AND (
            %(category_id)s::bigint IS NULL
            OR p.subcategory_id IN (SELECT x.subcategory_id FROM crpm.subcategories AS x WHERE x.category_id = %(category_id)s)
        )
        AND (%(subcategory_id)s::bigint IS NULL OR p.subcategory_id = %(subcategory_id)s)
        AND (%(brand)s::text IS NULL OR p.brand = %(brand)s)
        AND (%(is_active)s::boolean IS NULL OR p.is_active = %(is_active)s)
        AND CASE %(availability)s::text
            WHEN 'available' THEN p.is_active AND stock.on_hand > 0
            WHEN 'low' THEN stock.is_low
            WHEN 'out' THEN stock.on_hand = 0
            ELSE TRUE
        END
        AND CASE WHEN %(never_sold)s::boolean THEN NOT EXISTS (
            SELECT 1
            FROM crpm.order_lines AS l
            INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
            WHERE l.product_id = p.product_id AND o.status = 'recorded'
        ) ELSE TRUE END
    LIMIT 10001
) AS counted
