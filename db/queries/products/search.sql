-- Products by name, SKU, brand, category or whole barcode, by category, brand, status and availability, with what is on hand.
-- Grain: one row per product; a filter that is null is off. on_hand is that of the one store, or of all.
-- availability: available (active and on hand), low (active and at or below the reorder point in an active store), out (none on hand).
-- never_sold is no sale but cancelled ones. Both look for one row of each product: any other way reads all stock or all sales.
-- nearly is text of which most is in the words, for what was typed wrong.
-- The orders by keys are for any number of products, the others for at most 10,000.
-- Keys name: p.sort_name; p.product_id
-- Keys sku: p.sku
-- Anchor: crpm.products AS p WHERE p.product_id = %(anchor)s::bigint
-- Sort category: crpm.fold(c.name), crpm.fold(sc.name), p.sort_name, p.product_id
-- Sort category descending: crpm.fold(c.name) DESC, crpm.fold(sc.name) DESC, p.sort_name, p.product_id
-- Sort unit_price: unit_price, p.sort_name, p.product_id
-- Sort unit_price descending: unit_price DESC NULLS LAST, p.sort_name, p.product_id
-- Sort on_hand: stock.on_hand, p.sort_name, p.product_id
-- Sort on_hand descending: stock.on_hand DESC, p.sort_name, p.product_id
SELECT
    p.product_id,
    p.sku,
    p.name,
    p.brand,
    c.name AS category,
    sc.name AS subcategory,
    (
        SELECT x.unit_price
        FROM crpm.product_prices AS x
        WHERE x.product_id = p.product_id AND x.currency_code = s.base_currency_code AND x.valid_from <= now()
        ORDER BY x.valid_from DESC
        LIMIT 1
    ) AS unit_price,
    stock.on_hand,
    CASE
        WHEN NOT p.is_active THEN 'inactive'
        WHEN stock.on_hand = 0 THEN 'out of stock'
        WHEN stock.least <= p.reorder_point THEN 'low stock'
        ELSE 'active'
    END AS status
FROM crpm.products AS p
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
LEFT JOIN crpm.settings AS s ON TRUE
INNER JOIN LATERAL (
    SELECT
        coalesce(sum(l.on_hand), 0) AS on_hand,
        min(l.on_hand) FILTER (WHERE l.store_id = any(array(SELECT st.store_id FROM crpm.stores AS st WHERE st.is_active))) AS least
    FROM crpm.stock_levels AS l
    WHERE l.product_id = p.product_id AND (%(store_id)s::bigint IS NULL OR l.store_id = %(store_id)s)
) AS stock ON TRUE
WHERE
    (
        %(pattern)s::text IS NULL
        OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
        OR p.subcategory_id = any(%(called)s::bigint[])
    )
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
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
    -- after
ORDER BY p.sort_name, p.product_id -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
