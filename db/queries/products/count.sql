-- How many products products/search finds in all, counted up to 10,001.
-- Grain: one row.
SELECT count(*) AS found
FROM (
    SELECT p.product_id
    FROM crpm.products AS p
    WHERE
        (
            %(pattern)s::text IS NULL
            OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
            OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
            OR p.subcategory_id = any(%(called)s::bigint[])
        )
        AND (
            %(category_id)s::bigint IS NULL
            OR p.subcategory_id IN (SELECT x.subcategory_id FROM crpm.subcategories AS x WHERE x.category_id = %(category_id)s)
        )
        AND (%(subcategory_id)s::bigint IS NULL OR p.subcategory_id = %(subcategory_id)s)
        AND (%(brand)s::text IS NULL OR p.brand = %(brand)s)
        AND (%(is_active)s::boolean IS NULL OR p.is_active = %(is_active)s)
        AND (%(nearly)s::text IS NULL OR crpm.is_nearly(%(nearly)s::text, p.search_text))
        AND CASE %(availability)s::text
            WHEN 'available'
                THEN
                    p.is_active AND (
                        SELECT l.product_id
                        FROM crpm.stock_levels AS l
                        WHERE l.product_id = p.product_id AND l.on_hand > 0 AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
                        LIMIT 1
                    ) IS NOT NULL
            WHEN 'out'
                THEN (
                    SELECT l.product_id
                    FROM crpm.stock_levels AS l
                    WHERE l.product_id = p.product_id AND l.on_hand > 0 AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
                    LIMIT 1
                ) IS NULL
            WHEN 'low'
                THEN
                    p.is_active AND (
                        SELECT l.product_id
                        FROM crpm.stock_levels AS l
                        WHERE
                            l.product_id = p.product_id
                            AND l.on_hand <= p.reorder_point
                            AND l.store_id = any(array(SELECT st.store_id FROM crpm.stores AS st WHERE st.is_active))
                            AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
                        LIMIT 1
                    ) IS NOT NULL
            ELSE TRUE
        END
        AND CASE WHEN %(never_sold)s::boolean THEN (
            SELECT l.product_id
            FROM crpm.order_lines AS l
            WHERE
                l.product_id = p.product_id
                AND (l.store_id, l.order_id) NOT IN (
                    SELECT
                        o.store_id,
                        o.order_id
                    FROM crpm.orders AS o
                    WHERE o.cancelled_at IS NOT NULL
                )
            LIMIT 1
        ) IS NULL ELSE TRUE END
    LIMIT 10001
) AS counted
